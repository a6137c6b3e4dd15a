import type { Fault } from '~/api/client';
import { faultText } from '~/messages';

export interface Toast {
  id: number;
  kind: 'done' | 'fault';
  text: string;
  detail: string;
}

/** Short notices in a corner. Those about a fault stay longer. */
class Toasts {
  items = $state<Toast[]>([]);
  #next = 1;

  done(text: string, detail = ''): void {
    this.#add({ id: this.#next++, kind: 'done', text, detail }, 4000);
  }

  fault(text: string, fault: Fault): void {
    const { title, detail } = faultText(fault);
    this.#add({ id: this.#next++, kind: 'fault', text, detail: detail || title }, 9000);
  }

  dismiss(id: number): void {
    this.items = this.items.filter((toast) => toast.id !== id);
  }

  #add(toast: Toast, ms: number): void {
    this.items = [...this.items.slice(-3), toast];
    setTimeout(() => {
      this.dismiss(toast.id);
    }, ms);
  }
}

export const toasts = new Toasts();

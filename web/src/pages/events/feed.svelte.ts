import type { Fault } from '~/api/client';
import { listEvents } from '~/api/endpoints';
import { serverNow } from '~/api/serverTime';
import type { Event, Severity } from '~/api/types';
import { live } from '~/state/live.svelte';

export interface EventFilter {
  source: string;
  severity: readonly Severity[];
  /** Only of this kind; all when absent. */
  kind?: string;
  /** Only those of the last seconds; all when absent. */
  seconds?: number;
}

const page = 60;

/** The newest events that pass a filter, more of them on demand, and new ones as they come. */
export class EventFeed {
  items = $state.raw<readonly Event[]>([]);
  loaded = $state(false);
  fault = $state.raw<Fault | undefined>(undefined);
  more = $state(false);

  #filter: EventFilter;
  #cursor = '';
  #closed = false;
  #stop: () => void;

  constructor(filter: EventFilter) {
    this.#filter = filter;
    this.#stop = live.subscribe(
      { sources: [filter.source || '*'], topics: ['event'] },
      (message) => {
        if (message.type === 'event') this.#add(message.event);
      },
      () => void this.load(),
    );
    void this.load();
  }

  /** Begins again at the newest. */
  async load(): Promise<void> {
    await this.#ask('');
  }

  async loadMore(): Promise<void> {
    if (this.more) await this.#ask(this.#cursor);
  }

  close(): void {
    this.#closed = true;
    this.#stop();
  }

  async #ask(cursor: string): Promise<void> {
    const { source, severity, kind, seconds } = this.#filter;
    const result = await listEvents({
      source,
      severity,
      ...(kind ? { kind: [kind] } : {}),
      ...(seconds ? { since: new Date(serverNow() - seconds * 1000).toISOString() } : {}),
      cursor,
      limit: page,
    });
    if (this.#closed) return;
    this.loaded = true;
    if (!result.ok) {
      this.fault = result.fault;
      return;
    }
    this.fault = undefined;
    this.items = cursor ? [...this.items, ...result.data.items] : result.data.items;
    this.#cursor = result.data.next_cursor ?? '';
    this.more = this.#cursor !== '';
  }

  #add(event: Event): void {
    const { source, severity, kind } = this.#filter;
    if (kind && event.kind !== kind) return;
    if (source && event.source !== source) return;
    if (severity.length > 0 && !severity.includes(event.severity)) return;
    if (this.items.some((known) => known.id === event.id)) return;
    this.items = [event, ...this.items];
  }
}

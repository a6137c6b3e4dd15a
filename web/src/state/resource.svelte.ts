import type { Fault, Result } from '~/api/client';

/**
 * Something that is asked of the server: loading, there, or a fault. What is
 * there stays while it is asked for again; answers that come late are dropped.
 */
export class Resource<T> {
  data = $state.raw<T | undefined>(undefined);
  fault = $state.raw<Fault | undefined>(undefined);
  loading = $state(false);
  #ask: () => Promise<Result<T>>;
  #turn = 0;
  /** What was changed since the answer that is on its way was asked for. */
  #changes: ((data: T) => T)[] = [];

  constructor(ask: () => Promise<Result<T>>) {
    this.#ask = ask;
  }

  async load(): Promise<void> {
    const turn = ++this.#turn;
    this.loading = true;
    this.#changes = [];
    const result = await this.#ask();
    if (turn !== this.#turn) return;
    this.loading = false;
    if (result.ok) {
      this.data = this.#changes.reduce((data, change) => change(data), result.data);
      this.fault = undefined;
    } else {
      this.fault = result.fault;
    }
  }

  /** Changes what is there, and what is on its way when it comes. */
  change(change: (data: T) => T): void {
    if (this.loading) this.#changes.push(change);
    if (this.data !== undefined) this.data = change(this.data);
  }

  /** Puts in data that is known otherwise. */
  set(data: T): void {
    this.#turn++;
    this.loading = false;
    this.data = data;
    this.fault = undefined;
  }
}

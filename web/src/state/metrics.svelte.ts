import { listMetrics, type MetricInfo } from '~/api/prometheus';
import { Resource } from './resource.svelte';

/** What plugins declare of their metrics. It does not change while the server runs, so it is asked for once. */
class Metrics {
  #list = new Resource<MetricInfo[]>(listMetrics);
  #asked = false;
  readonly #byName = $derived(new Map((this.#list.data ?? []).map((metric) => [metric.name, metric])));
  readonly ready: boolean = $derived(this.#list.data !== undefined || this.#list.fault !== undefined);

  get items(): readonly MetricInfo[] {
    return this.#list.data ?? [];
  }

  /** Loads the declarations unless they are there or on their way. */
  need(): void {
    if (this.#asked) return;
    this.#asked = true;
    void this.#list.load().then(() => {
      if (this.#list.fault) this.#asked = false;
    });
  }

  get(name: string): MetricInfo | undefined {
    return this.#byName.get(name);
  }

  readonly unitOf = (name: string): string | undefined => this.get(name)?.unit;
  readonly isCounter = (name: string): boolean => this.get(name)?.kind === 'counter';
}

export const metrics = new Metrics();

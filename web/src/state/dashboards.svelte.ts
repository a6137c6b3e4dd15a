import { listDashboards, type DashboardSummary } from '~/api/dashboards';
import type { List } from '~/api/types';
import { Resource } from './resource.svelte';

/** Every dashboard, made by people or by Unity. */
class Dashboards {
  #list = new Resource<List<DashboardSummary>>(listDashboards);
  #asked = false;

  get items(): readonly DashboardSummary[] {
    return this.#list.data?.items ?? [];
  }

  get ready(): boolean {
    return this.#list.data !== undefined;
  }

  get fault() {
    return this.#list.fault;
  }

  /** Loads the list unless it is there or on its way. */
  need(): void {
    if (!this.#asked) void this.reload();
  }

  async reload(): Promise<void> {
    this.#asked = true;
    await this.#list.load();
    if (this.fault) this.#asked = false;
  }
}

export const dashboards = new Dashboards();

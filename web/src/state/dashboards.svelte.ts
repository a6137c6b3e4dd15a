import { getDashboard, listDashboards, type DashboardPanel, type DashboardSummary } from '~/api/dashboards';
import type { List } from '~/api/types';
import { Resource } from './resource.svelte';

/** Every dashboard, made by people or by Unity. */
class Dashboards {
  #list = new Resource<List<DashboardSummary>>(listDashboards);
  #asked = false;
  #layouts = $state.raw<Readonly<Record<string, readonly DashboardPanel[]>>>({});
  #wanted = new Set<string>();

  get items(): readonly DashboardSummary[] {
    return this.#list.data?.items ?? [];
  }

  get ready(): boolean {
    return this.#list.data !== undefined;
  }

  get fault() {
    return this.#list.fault;
  }

  /** The panels of a dashboard in a revision; undefined until they are there. */
  layoutOf(dashboard: DashboardSummary): readonly DashboardPanel[] | undefined {
    return this.#layouts[keyOf(dashboard)];
  }

  /** Loads the panels of a dashboard unless they are there or on their way. */
  needLayout(dashboard: DashboardSummary): void {
    const key = keyOf(dashboard);
    if (this.#wanted.has(key)) return;
    this.#wanted.add(key);
    void getDashboard(dashboard.id).then((result) => {
      if (result.ok) this.#layouts = { ...this.#layouts, [key]: result.data.panels };
      else this.#wanted.delete(key);
    });
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

const keyOf = (dashboard: DashboardSummary) => `${dashboard.id} ${dashboard.revision} ${dashboard.updated}`;

export const dashboards = new Dashboards();

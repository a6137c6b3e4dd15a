import type { Fault } from '~/api/client';
import { getPlugin, listPlugins } from '~/api/endpoints';
import type { List, PluginDetail, PluginSummary } from '~/api/types';
import { Resource } from './resource.svelte';

/** How long a manifest waits for others, in milliseconds. */
const together = 20;

/** What is known about plugins. Manifests do not change while the server runs, so each is asked for once. */
class Plugins {
  #list = new Resource<List<PluginSummary>>(() => listPlugins());
  #details = $state.raw<Readonly<Record<string, PluginDetail | Fault>>>({});
  #asked = new Set<string>();
  /** What came and is not shown yet. */
  #come: Record<string, PluginDetail | Fault> = {};

  get items(): PluginSummary[] {
    return this.#list.data?.items ?? [];
  }

  get list() {
    return this.#list;
  }

  /** The manifest of a plugin; undefined until it is there. Asking for it loads it. */
  get(id: string | undefined): PluginDetail | undefined {
    const known = id === undefined ? undefined : this.#details[id];
    return known && 'panels' in known ? known : undefined;
  }

  faultOf(id: string | undefined): Fault | undefined {
    const known = id === undefined ? undefined : this.#details[id];
    return known && 'status' in known ? known : undefined;
  }

  /** Loads a manifest unless it is there or on its way. */
  need(id: string): void {
    if (this.#asked.has(id)) return;
    this.#asked.add(id);
    void getPlugin(id).then((result) => {
      if (!result.ok) this.#asked.delete(id);
      // Those that come at about the same time are shown at once: all that shows one looks at each.
      if (Object.keys(this.#come).length === 0) setTimeout(this.#show, together);
      this.#come[id] = result.ok ? result.data : result.fault;
    });
  }

  #show = () => {
    this.#details = { ...this.#details, ...this.#come };
    this.#come = {};
  };
}

export const plugins = new Plugins();

import { getSummary } from '~/api/endpoints';
import type { Summary } from '~/api/types';
import { Resource } from './resource.svelte';

const refresh = 5_000;

/** The figures of the overview, and whether storing works, which every page says when it does not. */
class SummaryState extends Resource<Summary> {
  /** Begins to ask again and again while the page is looked at; called once. */
  follow(): void {
    void this.load();
    setInterval(() => {
      if (!document.hidden) void this.load();
    }, refresh);
  }
}

export const summary = new SummaryState(getSummary);

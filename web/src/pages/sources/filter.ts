import type { Source, Status } from '~/api/types';
import { matches } from '~/format/text';
import { badness } from '~/pages/overview/sentence';

/** What the list shows, as the address has it. */
export interface Filter {
  typed: string;
  status: Status | '';
  category: string;
}

const statuses: readonly Status[] = ['failing', 'degraded', 'unknown', 'healthy', 'paused'];

export function readFilter(query: URLSearchParams): Filter {
  const status = query.get('status') as Status | null;
  return {
    typed: query.get('q') ?? '',
    status: status && statuses.includes(status) ? status : '',
    category: query.get('category') ?? '',
  };
}

/** The sources that pass, the worst first, then by name. */
export function filterSources(sources: readonly Source[], filter: Filter): Source[] {
  return sources
    .filter(
      (source) =>
        (!filter.status || source.status.status === filter.status) &&
        (!filter.category || source.category === filter.category) &&
        matches(filter.typed, source.name, source.id, source.plugin, source.host, ...source.tags),
    )
    .sort(
      (a, b) =>
        Math.max(badness[b.status.status], 1) - Math.max(badness[a.status.status], 1) ||
        a.name.localeCompare(b.name),
    );
}

/** How many sources have each status that occurs, the worst first. */
export function statusCounts(sources: readonly Source[]): { status: Status; count: number }[] {
  return statuses
    .map((status) => ({ status, count: sources.filter((source) => source.status.status === status).length }))
    .filter((each) => each.count > 0);
}

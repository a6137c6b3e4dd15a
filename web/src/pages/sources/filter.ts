import type { Source, Status } from '~/api/types';
import { matches } from '~/format/text';
import { parseTime } from '~/format/time';
import { badness } from '~/pages/overview/sentence';

/** The orders of the list. */
export const sorts = ['trouble', 'name', 'host', 'category', 'run'] as const;
export type Sort = (typeof sorts)[number];

/** What the list shows, as the address has it. */
export interface Filter {
  typed: string;
  status: Status | '';
  category: string;
  tag: string;
  host: string;
  sort: Sort;
}

const statuses: readonly Status[] = ['failing', 'degraded', 'unknown', 'healthy', 'paused'];

export function readFilter(query: URLSearchParams): Filter {
  const status = query.get('status') as Status | null;
  return {
    typed: query.get('q') ?? '',
    status: status && statuses.includes(status) ? status : '',
    category: query.get('category') ?? '',
    tag: query.get('tag') ?? '',
    host: query.get('host') ?? '',
    sort: sorts.find((each) => each === query.get('sort')) ?? 'trouble',
  };
}

const byName = (a: Source, b: Source) => a.name.localeCompare(b.name) || a.id.localeCompare(b.id);

const orders: Record<Sort, (a: Source, b: Source) => number> = {
  // Paused and healthy ones are one group: nothing has to be done about either.
  trouble: (a, b) => Math.max(badness[b.status.status], 1) - Math.max(badness[a.status.status], 1),
  name: () => 0,
  host: (a, b) => a.host.localeCompare(b.host),
  category: (a, b) => a.category.localeCompare(b.category),
  run: (a, b) => (parseTime(b.status.last_run) ?? 0) - (parseTime(a.status.last_run) ?? 0),
};

/** The sources that pass, in the order of the filter and then by name. */
export function filterSources(sources: readonly Source[], filter: Filter): Source[] {
  const order = orders[filter.sort];
  return sources
    .filter(
      (source) =>
        (!filter.status || source.status.status === filter.status) &&
        (!filter.category || source.category === filter.category) &&
        (!filter.tag || source.tags.includes(filter.tag)) &&
        (!filter.host || source.host === filter.host) &&
        matches(filter.typed, source.name, source.id, source.plugin, source.host, ...source.tags),
    )
    .sort((a, b) => order(a, b) || byName(a, b));
}

/** How many sources have each status that occurs, the worst first. */
export function statusCounts(sources: readonly Source[]): { status: Status; count: number }[] {
  return statuses
    .map((status) => ({ status, count: sources.filter((source) => source.status.status === status).length }))
    .filter((each) => each.count > 0);
}

/** Every word that one of the sources has, in the order of the alphabet. */
export function wordsOf(sources: readonly Source[], of: (source: Source) => readonly string[]): string[] {
  return [...new Set(sources.flatMap(of))].sort((a, b) => a.localeCompare(b));
}

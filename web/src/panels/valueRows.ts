import type { DashboardQuery } from '~/api/dashboards';
import type { Labels } from '~/api/types';
import { compareNames } from '~/format/text';
import { differing, seriesKey } from './legend';
import { lastValue, type Line } from './points';

/** A table of the latest values: a row for each set of labels, a column for each query. */
export interface ValueTable {
  labels: string[];
  columns: string[];
  rows: { key: string; labels: Labels; values: (number | null)[] }[];
}

/** The values of several queries whose labels are the same stand in one row. */
export function valueTable(
  lines: readonly Line[],
  queries: readonly DashboardQuery[],
  nameOf: (query: DashboardQuery) => string,
): ValueTable {
  const rows = new Map<string, ValueTable['rows'][number]>();
  for (const line of lines) {
    const query = Number(line.key.slice(0, line.key.indexOf(':')));
    const labels = { ...line.labels };
    if (queries.length > 1) delete labels['__name__'];
    const key = seriesKey(labels);
    const row = rows.get(key) ?? { key, labels, values: queries.map(() => null) };
    row.values[query] = lastValue(line);
    rows.set(key, row);
  }
  const all = [...rows.values()];
  const names = differing(all.map((row) => row.labels));
  // Of a single row everything tells something.
  const shown =
    all.length === 1 ? Object.keys(all[0]?.labels ?? {}).filter((name) => name !== '__name__') : names;
  return { labels: shown, columns: queries.map(nameOf), rows: all };
}

/** Sorts rows by a label, or by the value of a column; what is absent comes last. */
export function sortRows(rows: ValueTable['rows'], by: string | number, down: boolean): ValueTable['rows'] {
  const sign = down ? -1 : 1;
  return [...rows].sort((a, b) => {
    if (typeof by === 'string') {
      return sign * compareNames(a.labels[by] ?? '', b.labels[by] ?? '');
    }
    const [x, y] = [a.values[by] ?? null, b.values[by] ?? null];
    if (x === null || y === null) return Number(x === null) - Number(y === null);
    return sign * (x - y);
  });
}

import type { DashboardPanel, DashboardQuery } from '~/api/dashboards';
import type { Series } from '~/api/prometheus';
import type { Labels, Point } from '~/api/types';
import { nameSeries, seriesKey } from './legend';
import { largest, withGaps, type Line } from './points';

/** More lines than this make no picture; a table may have more. */
export const mostLines = 40;
export const mostRows = 500;

/** The labels of a series without its name, which functions take away anyway. */
function identity(labels: Labels): Labels {
  const rest = { ...labels };
  delete rest['__name__'];
  return rest;
}

/** Tells the lines of a panel apart: the query, and the labels. */
export const lineKey = (query: number, labels: Labels): string => `${query}:${seriesKey(labels)}`;

/** The lines of what queries gave, the largest of each where there are too many. */
export function linesOf(
  panel: Pick<DashboardPanel, 'title' | 'queries'>,
  results: readonly (readonly Series[])[],
  step: number,
  helpOf: (metric: string) => string | undefined,
  most = mostLines,
): { lines: Line[]; hidden: number } {
  const lines: Line[] = [];
  let hidden = 0;
  panel.queries.forEach((query, n) => {
    const made = (results[n] ?? []).map((series): Line => ({
      key: lineKey(n, series.labels),
      name: '',
      labels: series.labels,
      negative: query.negative ?? false,
      points: withGaps(series.points, { step, interval: 0 }),
      weight: 1,
    }));
    const kept = largest(made, Math.min(query.top || most, most));
    hidden += query.top ? 0 : made.length - kept.length;
    const fallback = fallbackName(panel, query, helpOf);
    const names = nameSeries(
      query.legend,
      kept.map((line) => line.labels),
      fallback,
    );
    kept.forEach((line, i) => (line.name = names[i] ?? fallback));
    lines.push(...kept);
  });
  return { lines, hidden };
}

function fallbackName(
  panel: Pick<DashboardPanel, 'title' | 'queries'>,
  query: DashboardQuery,
  helpOf: (metric: string) => string | undefined,
): string {
  if (panel.queries.length === 1 && panel.title) return panel.title;
  return helpOf(query.metric ?? '')?.replace(/\.$/, '') || query.metric || query.expr || panel.title;
}

/**
 * Puts newer points to lines: from a time on, theirs are replaced. A line of
 * which nothing was given ends there. False when there are series that have no
 * line yet, and everything is to be asked for again.
 */
export function extend(
  lines: readonly Line[],
  results: readonly (readonly Series[])[],
  since: number,
  begin: number,
  step: number,
): boolean {
  const fresh = new Map<string, readonly Point[]>();
  results.forEach((series, n) => {
    for (const each of series) fresh.set(lineKey(n, each.labels), each.points);
  });
  const known = new Set(lines.map((line) => line.key));
  for (const key of fresh.keys()) if (!known.has(key)) return false;
  for (const line of lines) {
    const points = line.points.filter((point) => point[0] < since && point[0] >= begin - step);
    line.points = withGaps([...points, ...(fresh.get(line.key) ?? [])], { step, interval: 0 });
  }
  return true;
}

/** Puts the least and the most of each step around the lines of a query. */
export function addBands(
  lines: readonly Line[],
  query: number,
  low: readonly Series[],
  high: readonly Series[],
): void {
  const byLabels = (series: readonly Series[]) =>
    new Map(series.map((each) => [seriesKey(identity(each.labels)), each.points]));
  const lows = byLabels(low);
  const highs = byLabels(high);
  for (const line of lines) {
    if (!line.key.startsWith(`${query}:`) || line.negative) continue;
    const key = seriesKey(identity(line.labels));
    const [least, most] = [lows.get(key), highs.get(key)];
    if (least && most) line.band = { low: least.slice(), high: most.slice() };
  }
}

import { differing, seriesKey } from './legend';
import type { Line } from './points';

/** A time during which a row had one state. */
export interface Span {
  from: number;
  to: number;
  /** The state's name for one-hot metrics; "1" or "0" for others. */
  state: string;
}

export interface Row {
  name: string;
  spans: Span[];
}

/** Whether lines are the states of something, one of which is 1 at a time. */
export function isOneHot(lines: readonly Line[]): boolean {
  // A query that picks one state asks whether, not which.
  return new Set(lines.map((line) => line.labels['state'])).size > 1;
}

/** The rows of a timeline: a row for each thing, a span for each time in one state. */
export function timelineRows(lines: readonly Line[], until: number, limit: number): Row[] {
  if (!isOneHot(lines)) {
    return lines.map((line) => ({
      name: line.name,
      spans: spansOf(
        line.points.map(([time, value]) => [time, value === null ? null : value >= 0.5 ? '1' : '0']),
        until,
        limit,
      ),
    }));
  }
  const rows = new Map<string, { labels: Record<string, string>; lines: Line[] }>();
  for (const line of lines) {
    const labels = { ...line.labels };
    delete labels['state'];
    const key = seriesKey(labels);
    const row = rows.get(key) ?? { labels, lines: [] };
    row.lines.push(line);
    rows.set(key, row);
  }
  const names = differing([...rows.values()].map((row) => row.labels));
  return [...rows.values()].map((row) => ({
    name: names.map((name) => row.labels[name] ?? '').join(' '),
    spans: spansOf(current(row.lines), until, limit),
  }));
}

/** At each time the state with the largest share; null where none is known. */
function current(lines: readonly Line[]): [number, string | null][] {
  const at = new Map<number, { state: string | null; value: number }>();
  for (const line of lines) {
    for (const [time, value] of line.points) {
      const best = at.get(time);
      if (value !== null && value > (best?.value ?? 0))
        at.set(time, { state: line.labels['state'] ?? '', value });
      else if (!best) at.set(time, { state: null, value: 0 });
    }
  }
  return [...at.entries()].sort((a, b) => a[0] - b[0]).map(([time, { state }]) => [time, state]);
}

function spansOf(points: readonly [number, string | null][], until: number, limit: number): Span[] {
  const spans: Span[] = [];
  let open: Span | null = null;
  for (const [time, state] of points) {
    if (open) {
      const broken = state === null || time - open.to > limit;
      if (!broken) open.to = time;
      if (broken || state !== open.state) open = null;
    }
    if (state !== null && !open) {
      open = { from: time, to: time, state };
      spans.push(open);
    }
  }
  // What was seen last holds until it is late.
  if (open && until - open.to <= limit) open.to = Math.max(open.to, until);
  return spans;
}

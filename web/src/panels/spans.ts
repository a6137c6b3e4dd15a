import { seriesKey, telling } from './legend';
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
  /** Whether its spans are states of a one-hot metric. */
  oneHot: boolean;
  spans: Span[];
}

/** The lines that are the states of something, one of which is 1 at a time. */
function statesOf(lines: readonly Line[]): readonly Line[] {
  const named = lines.filter((line) => line.labels['state']);
  // A query that picks one state asks whether, not which.
  return new Set(named.map((line) => line.labels['state'])).size > 1 ? named : [];
}

/** The rows of a timeline: a row for each thing, a span for each time in one state. */
export function timelineRows(lines: readonly Line[], until: number, limit: number): Row[] {
  const states = statesOf(lines);
  const plain = lines
    .filter((line) => !states.includes(line))
    .map((line): Row => {
      const points = line.points.map(([time, value]): [number, string | null] => [
        time,
        value === null ? null : value >= 0.5 ? '1' : '0',
      ]);
      return { name: line.name, oneHot: false, spans: spansOf(points, until, limit) };
    });
  const things = new Map<string, { labels: Record<string, string>; lines: Line[] }>();
  for (const line of states) {
    const labels = { ...line.labels };
    delete labels['state'];
    const key = seriesKey(labels);
    const thing = things.get(key) ?? { labels, lines: [] };
    thing.lines.push(line);
    things.set(key, thing);
  }
  const names = rowNames([...things.values()].map((thing) => thing.labels));
  return [
    ...[...things.values()].map((thing, n): Row => ({
      name: names[n] ?? '',
      oneHot: true,
      spans: spansOf(current(thing.lines), until, limit),
    })),
    ...plain,
  ];
}

/** What rows are called: the values that tell them apart, and of those that have none of these all they have. */
function rowNames(sets: readonly Line['labels'][]): string[] {
  if (sets.length < 2) return sets.map(() => '');
  const names = telling(sets);
  return sets.map((labels) => {
    const values = (some: readonly string[]) =>
      some.flatMap((name) => (labels[name] ? [labels[name]] : [])).join(' ');
    return values(names) || values(Object.keys(labels).filter((name) => name !== '__name__'));
  });
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

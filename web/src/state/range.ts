/** The time that the charts of a page show. */
export type Range =
  /** The last seconds up to now; moves on. */
  | { kind: 'last'; seconds: number }
  /** Two fixed moments in milliseconds since 1970; stands still. */
  | { kind: 'fixed'; from: number; to: number };

/**
 * How a page moves on: with each value as it comes, not at all, or by asking
 * again every so many seconds.
 */
export type Refresh = 'live' | 'off' | number;

/** The choices for how a page moves on. */
export const refreshes: readonly Refresh[] = ['live', 5, 10, 30, 60, 300, 'off'];

/** The choices of the picker. */
export const presets: readonly { text: string; seconds: number }[] = [
  { text: '5m', seconds: 300 },
  { text: '15m', seconds: 900 },
  { text: '1h', seconds: 3600 },
  { text: '6h', seconds: 6 * 3600 },
  { text: '24h', seconds: 86400 },
  { text: '7d', seconds: 7 * 86400 },
  { text: '30d', seconds: 30 * 86400 },
];

/**
 * The range where the address names none: an hour, or less while there is not
 * that much to see yet, so that a young source does not draw a thin line at an
 * edge.
 */
export function standardRange(ageSeconds: number): Range {
  return { kind: 'last', seconds: ageSeconds < 600 ? 300 : ageSeconds < 2400 ? 900 : 3600 };
}

/** Reads a range from the address; null where it names none. */
export function readRange(query: URLSearchParams): Range | null {
  const from = Number(query.get('from'));
  const to = Number(query.get('to'));
  if (Number.isFinite(from) && Number.isFinite(to) && from > 0 && to > from && to < 8.64e15) {
    return { kind: 'fixed', from, to };
  }
  const seconds = readLength(query.get('range') ?? '');
  return seconds === null || seconds > longest ? null : { kind: 'last', seconds };
}

/** Writes a range to the address, next to what else is there; null takes it away. */
export function writeRange(query: URLSearchParams, range: Range | null): URLSearchParams {
  const out = new URLSearchParams(query);
  for (const name of ['range', 'from', 'to']) out.delete(name);
  if (range === null) return out;
  if (range.kind === 'fixed') {
    out.set('from', String(Math.round(range.from)));
    out.set('to', String(Math.round(range.to)));
    return out;
  }
  out.set('range', lengthText(range.seconds));
  return out;
}

/** Reads how the page moves on from the address; null where it does not say. */
export function readRefresh(query: URLSearchParams): Refresh | null {
  const text = query.get('refresh');
  if (text === 'live' || text === 'off') return text;
  const seconds = readLength(text ?? '');
  return seconds === null || seconds > 86400 ? null : seconds;
}

/** Writes how the page moves on to the address; null takes it away. */
export function writeRefresh(query: URLSearchParams, refresh: Refresh | null): URLSearchParams {
  const out = new URLSearchParams(query);
  if (refresh === null) out.delete('refresh');
  else out.set('refresh', typeof refresh === 'number' ? lengthText(refresh) : refresh);
  return out;
}

const units: readonly (readonly [string, number])[] = [
  ['d', 86400],
  ['h', 3600],
  ['m', 60],
  ['s', 1],
];

/** No store keeps more than this. */
const longest = 20 * 365 * 86400;

/** Seconds in the largest unit that they are a whole number of: "90s", "2h", "7d". */
export function lengthText(seconds: number): string {
  const whole = Math.max(1, Math.round(seconds));
  // A day is known as 24 hours.
  if (whole === 86400) return '24h';
  const [name, factor] = units.find(([, each]) => whole % each === 0) ?? ['s', 1];
  return `${whole / factor}${name}`;
}

/** Reads what lengthText writes; null for anything else. */
function readLength(text: string): number | null {
  const match = /^(\d{1,9})([smhd])$/.exec(text);
  const factor = units.find(([name]) => name === match?.[2])?.[1];
  const seconds = factor === undefined ? 0 : Number(match?.[1]) * factor;
  return seconds > 0 ? seconds : null;
}

/** The moments that a range stands for now. */
export function boundsOf(range: Range, now: number): { from: number; to: number } {
  return range.kind === 'fixed' ? range : { from: now - range.seconds * 1000, to: now };
}

const roundSteps = [
  1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10800, 21600, 43200, 86400,
];

/** The range that lies a part of its length before (negative) or after another, no later than now. */
export function moved(range: Range, part: number, now: number): Range {
  const { from, to } = boundsOf(range, now);
  const by = Math.min((to - from) * part, Math.max(0, now - to));
  return { kind: 'fixed', from: from + by, to: to + by };
}

/** Seconds between points: a round number that gives a chart enough of them, no finer than the source's. */
export function stepFor(range: Range, intervalSeconds: number, points = 360): number {
  const length = range.kind === 'fixed' ? (range.to - range.from) / 1000 : range.seconds;
  const wanted = length / points;
  if (wanted <= intervalSeconds) return Math.max(1, intervalSeconds);
  return roundSteps.find((step) => step >= wanted) ?? Math.ceil(wanted / 86400) * 86400;
}

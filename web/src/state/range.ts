/** The time that the charts of a page show. */
export type Range =
  /** The last seconds up to now; moves on. */
  | { kind: 'last'; seconds: number }
  /** Two fixed moments in milliseconds since 1970; stands still. */
  | { kind: 'fixed'; from: number; to: number };

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
  const preset = presets.find((each) => each.text === query.get('range'));
  return preset ? { kind: 'last', seconds: preset.seconds } : null;
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
  const preset = presets.find((each) => each.seconds === range.seconds);
  if (preset) out.set('range', preset.text);
  return out;
}

/** The moments that a range stands for now. */
export function boundsOf(range: Range, now: number): { from: number; to: number } {
  return range.kind === 'fixed' ? range : { from: now - range.seconds * 1000, to: now };
}

const roundSteps = [
  1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10800, 21600, 43200, 86400,
];

/** Seconds between points: a round number that gives a chart enough of them, no finer than the source's. */
export function stepFor(range: Range, intervalSeconds: number, points = 360): number {
  const length = range.kind === 'fixed' ? (range.to - range.from) / 1000 : range.seconds;
  const wanted = length / points;
  if (wanted <= intervalSeconds) return Math.max(1, intervalSeconds);
  return roundSteps.find((step) => step >= wanted) ?? Math.ceil(wanted / 86400) * 86400;
}

import type { Point } from '~/api/types';

/** A sparkline as SVG paths: the line, broken at gaps, and the area below it. */
export interface SparkPaths {
  line: string;
  area: string;
}

/** Draws points into a box; zero is at the bottom unless the values are far from it. */
export function sparkPaths(points: readonly Point[], width: number, height: number): SparkPaths {
  const known = points.filter((point): point is [number, number] => point[1] !== null);
  const first = known[0];
  const last = known.at(-1);
  if (!first || !last) return { line: '', area: '' };
  let low = Infinity;
  let high = -Infinity;
  for (const [, value] of known) {
    low = Math.min(low, value);
    high = Math.max(high, value);
  }
  if (low >= 0 && low < high * 0.8) low = 0;
  // What hardly changes is drawn as such.
  const least = Math.max(Math.abs(low), Math.abs(high)) * 0.15 || 2;
  if (high - low < least) {
    const middle = (low + high) / 2;
    low = middle - least / 2;
    high = middle + least / 2;
  }
  const span = last[0] - first[0] || 1;
  const x = (time: number) => round(((time - first[0]) / span) * width);
  const y = (value: number) => round(height - 1.5 - ((value - low) / (high - low)) * (height - 3));
  let line = '';
  let area = '';
  let open: number | null = null;
  let at = 0;
  const close = () => {
    if (open !== null) area += `L${at} ${height}L${open} ${height}Z`;
    open = null;
  };
  for (const [time, value] of points) {
    if (value === null) {
      close();
      continue;
    }
    at = x(time);
    const to = `${at} ${y(value)}`;
    line += `${open === null ? 'M' : 'L'}${to}`;
    area += `${open === null ? 'M' : 'L'}${to}`;
    open ??= at;
  }
  close();
  return { line, area };
}

const round = (value: number) => Math.round(value * 10) / 10;

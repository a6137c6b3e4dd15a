import type { Line } from './points';

/** The cells of a heatmap: a row for each line, a column for each part of the time. */
export interface Cells {
  rows: (number | null)[][];
  low: number;
  high: number;
}

/** Puts the points of lines into columns of equal length; several points in one become their mean. */
export function cellsOf(lines: readonly Line[], from: number, to: number, columns: number): Cells {
  let low = Infinity;
  let high = -Infinity;
  const length = (to - from) / columns;
  const rows = lines.map((line) => {
    const sums = new Array<number>(columns).fill(0);
    const counts = new Array<number>(columns).fill(0);
    for (const [time, value] of line.points) {
      if (value === null || time < from || time > to) continue;
      const at = Math.min(columns - 1, Math.floor((time - from) / length));
      sums[at] = (sums[at] ?? 0) + value;
      counts[at] = (counts[at] ?? 0) + 1;
    }
    return sums.map((sum, n) => {
      const count = counts[n] ?? 0;
      if (count === 0) return null;
      const mean = sum / count;
      low = Math.min(low, mean);
      high = Math.max(high, mean);
      return mean;
    });
  });
  return { rows, low: Number.isFinite(low) ? low : 0, high: Number.isFinite(high) ? high : 0 };
}

/** How strong a colour is for a value between two bounds, from 0 to 1. */
export function strength(value: number, low: number, high: number): number {
  if (high <= low) return value > 0 ? 0.6 : 0;
  return Math.min(1, Math.max(0, (value - low) / (high - low)));
}

import type { Point } from '~/api/types';

/** How live points are put to those of the history. */
export interface Grid {
  /** Milliseconds between the points of the history. */
  step: number;
  /** Milliseconds between the samples of the source. */
  interval: number;
}

/** One line of a panel. Points are in order of time. */
export interface Line {
  /** Tells the series apart within the panel. */
  key: string;
  name: string;
  labels: Readonly<Record<string, string>>;
  negative: boolean;
  points: Point[];
  /** How many live samples the last point stands for. */
  weight: number;
  /** The least and the most of what each point stands for, where that is known. */
  band?: { low: Point[]; high: Point[] };
  /** It is there to compare others with, and stands back. */
  faded?: boolean;
}

/** Milliseconds that a line may lack points before it is broken. */
export function gapLimit(grid: Grid): number {
  return Math.max(1.5 * grid.step, 2.5 * grid.interval);
}

/** Puts a null where points are missing for longer than the grid explains. */
export function withGaps(points: readonly Point[], grid: Grid): Point[] {
  const limit = gapLimit(grid);
  const out: Point[] = [];
  let before: Point | undefined;
  for (const point of points) {
    if (before && before[1] !== null && point[1] !== null && point[0] - before[0] > limit) {
      out.push([before[0] + 1, null]);
    }
    out.push(point);
    before = point;
  }
  return out;
}

/**
 * Adds a live sample to a line, on the grid that the history has: each point
 * stands for the step that begins at its time. Where the steps are coarser than
 * the samples, the samples of one become their mean. What is older than the end
 * of the line is left out.
 */
export function append(line: Line, sampled: number, value: number, grid: Grid): void {
  const time = grid.step > 0 ? Math.floor(sampled / grid.step) * grid.step : sampled;
  const last = line.points.at(-1);
  if (last && time < last[0]) return;
  if (last && last[1] !== null && time === last[0]) {
    const coarse = grid.step > 1.5 * grid.interval;
    last[1] = coarse ? (last[1] * line.weight + value) / (line.weight + 1) : value;
    line.weight++;
    return;
  }
  if (last && last[1] !== null && time - last[0] > gapLimit(grid)) line.points.push([last[0] + 1, null]);
  line.points.push([time, value]);
  line.weight = 1;
}

/** Ends a line whose next point is overdue; whether it did. */
export function lapse(line: Line, now: number, grid: Grid): boolean {
  const last = line.points.at(-1);
  // The sample of this moment may still be on its way.
  if (!last || last[1] === null || now - last[0] <= gapLimit(grid) + grid.interval) return false;
  line.points.push([last[0] + 1, null]);
  return true;
}

/** Drops the points that have left the window, but for one that a line begins at. */
export function trim(line: Line, from: number): void {
  let first = 0;
  while (first + 1 < line.points.length && (line.points[first + 1]?.[0] ?? Infinity) < from) first++;
  if (first > 0) line.points.splice(0, first);
}

/** Turns raw values of a counter into its increase per second. */
export class Rates {
  #before = new Map<string, Point>();

  /** The rate since the value before; null at the first. A counter that fell began again at 0. */
  next(key: string, time: number, value: number): number | null {
    const before = this.#before.get(key);
    if (before && time <= before[0]) return null;
    this.#before.set(key, [time, value]);
    if (!before || before[1] === null) return null;
    const increase = value >= before[1] ? value - before[1] : value;
    return (increase * 1000) / (time - before[0]);
  }
}

/** Columns as the chart wants them: the times, then one column for each line. */
export interface Columns {
  times: number[];
  values: (number | null | undefined)[][];
}

/**
 * Puts lines on the union of their times. A time that a line does not have is
 * undefined, which draws through; null is a gap.
 */
export function align(lines: readonly Line[]): Columns {
  const all = new Set<number>();
  for (const line of lines) for (const point of line.points) all.add(point[0]);
  const times = [...all].sort((a, b) => a - b);
  const values = lines.map((line) => {
    const column = new Array<number | null | undefined>(times.length);
    let next = 0;
    for (let i = 0; i < times.length; i++) {
      const point = line.points[next];
      if (point?.[0] !== times[i] || !point) continue;
      column[i] = point[1] === null ? null : line.negative ? -point[1] : point[1];
      next++;
    }
    return column;
  });
  return { times, values };
}

/** The edges of the bands around lines, as lines: for each line that has one, the lower and the upper. */
export function bandLines(lines: readonly Line[]): Line[] {
  return lines.flatMap((line) =>
    line.band
      ? [
          { ...line, points: line.band.low },
          { ...line, points: line.band.high },
        ]
      : [],
  );
}

/** Adds each column to the ones before it. What is negative is stacked downwards. */
export function stack(columns: Columns, lines: readonly Pick<Line, 'negative'>[]): Columns {
  const up = new Array<number>(columns.times.length).fill(0);
  const down = new Array<number>(columns.times.length).fill(0);
  const values = columns.values.map((column, n) => {
    const sum = lines[n]?.negative ? down : up;
    let before = 0;
    return column.map((value, i) => {
      if (value === null) return null;
      before = value ?? before;
      sum[i] = (sum[i] ?? 0) + before;
      return sum[i];
    });
  });
  return { times: columns.times, values };
}

/** The last value of a line, null when it ended in a gap. */
export function lastValue(line: Line): number | null {
  return line.points.at(-1)?.[1] ?? null;
}

/** Whether a line has nothing but zeros, or nothing at all. */
const isIdle = (line: Line): boolean => line.points.every(([, value]) => value === null || value === 0);

/** The places of lines in a legend: as they come, but idle ones last where not all can be seen at once. */
export function legendOrder(lines: readonly Line[], fitting: number): number[] {
  const places = lines.map((_, n) => n);
  if (lines.length <= fitting) return places;
  const idle = lines.map(isIdle);
  return [...places.filter((n) => !idle[n]), ...places.filter((n) => idle[n])];
}

/** The largest lines by their mean, in the order they had. */
export function largest(lines: readonly Line[], count: number): Line[] {
  if (lines.length <= count) return [...lines];
  const size = (line: Line) => {
    let sum = 0;
    let known = 0;
    for (const [, value] of line.points) {
      if (value === null) continue;
      sum += Math.abs(value);
      known++;
    }
    return known ? sum / known : -1;
  };
  const ranked = lines.map((line) => ({ line, size: size(line) })).sort((a, b) => b.size - a.size);
  const kept = new Set(ranked.slice(0, count).map((each) => each.line));
  return lines.filter((line) => kept.has(line));
}

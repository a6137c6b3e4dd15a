import type { Point } from '~/api/types';
import type { Line } from '~/panels/points';

/** What a time is compared with. */
export type Comparison = 'day' | 'week';

/** Milliseconds between a time and what it is compared with. */
export const offsets: Record<Comparison, number> = { day: 86_400_000, week: 7 * 86_400_000 };

/** Reads a comparison from the address. */
export function readComparison(text: string | null): Comparison | null {
  return text === 'day' || text === 'week' ? text : null;
}

/** Lines of an earlier time, moved onto the later one and drawn so that they stand back. */
export function before(lines: readonly Line[], by: Comparison, says: string): Line[] {
  return lines.map((line) => ({
    ...line,
    key: `before ${line.key}`,
    name: `${line.name}, ${says}`,
    points: line.points.map(([time, value]): Point => [time + offsets[by], value]),
    faded: true,
  }));
}

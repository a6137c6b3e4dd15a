import type { Picture } from './picture';

/** The ends of the value axis for values between two bounds. */
export function axisRange(
  lowest: number | null,
  highest: number | null,
  panel: Pick<Picture, 'kind' | 'unit' | 'min' | 'max'>,
): [number, number] {
  const low = lowest ?? 0;
  const high = highest ?? 0;
  // Zero belongs to the picture unless the values are far from it and near each other.
  const fromZero =
    low >= 0 &&
    (panel.kind !== 'line' || panel.unit === 'ratio' || panel.unit === 'bool' || low <= high * 0.7);
  const start = fromZero ? 0 : low;
  const size = high - start || Math.abs(high) * 0.2 || smallest(panel.unit);
  if (!fromZero && low === high) return [panel.min ?? low - size / 2, panel.max ?? high + size / 2];
  const bottom = fromZero ? 0 : Math.min(low - size * 0.08, low >= 0 ? Math.max(0, low - size * 0.08) : low);
  const top = high <= 0 && low < 0 ? Math.max(0, high) : start + size * 1.08;
  // A value beyond a declared bound must still be seen.
  return [
    panel.min !== undefined && low >= panel.min ? panel.min : bottom,
    panel.max !== undefined && high <= panel.max ? panel.max : top,
  ];
}

/** What an axis of nothing but zeros goes up to. */
function smallest(unit: string): number {
  switch (unit) {
    case 'bytes':
      return 1024;
    case 'bytes_per_second':
    case 'bits_per_second':
      return 1000;
    case 'ratio':
      return 0.01;
    default:
      return 1;
  }
}

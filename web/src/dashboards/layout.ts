import type { Place } from '~/api/dashboards';

// The grid of a dashboard: twelve columns, rows as many as are needed. Panels
// do not overlap, and fall up until they rest on something.

export const columns = 12;
/** Pixels of one row, without the space between two. */
export const rowHeight = 40;
export const rowGap = 12;
const smallest = { w: 1, h: 1 };
const largestHeight = 40;

interface Placed {
  id: string;
  grid: Place;
}

/** The pixels that a number of rows take. */
export function heightOf(rows: number): number {
  return rows * rowHeight + (rows - 1) * rowGap;
}

/** Whether two places share a cell. */
export function overlap(a: Place, b: Place): boolean {
  return a.x < b.x + b.w && b.x < a.x + a.w && a.y < b.y + b.h && b.y < a.y + a.h;
}

/** A place within the grid. */
export function within(place: Place): Place {
  const w = clamp(Math.round(place.w), smallest.w, columns);
  return {
    w,
    h: clamp(Math.round(place.h), smallest.h, largestHeight),
    x: clamp(Math.round(place.x), 0, columns - w),
    y: Math.max(0, Math.round(place.y)),
  };
}

const clamp = (value: number, least: number, most: number) =>
  Number.isFinite(value) ? Math.min(most, Math.max(least, value)) : least;

/** The panels in the order they are read: by rows, then from the left. */
export function inOrder<T extends Placed>(panels: readonly T[]): T[] {
  return [...panels].sort((a, b) => a.grid.y - b.grid.y || a.grid.x - b.grid.x);
}

/**
 * Lets every panel fall up until it rests on another. The one that is named
 * keeps its place before the others do, so that what was moved stays there.
 */
export function compact<T extends Placed>(panels: readonly T[], first?: string): T[] {
  const kept = panels.find((panel) => panel.id === first);
  const placed: Placed[] = kept ? [{ id: kept.id, grid: within(kept.grid) }] : [];
  for (const panel of inOrder(panels)) {
    if (panel !== kept) placed.push({ id: panel.id, grid: risen(within(panel.grid), placed) });
  }
  const grids = new Map(placed.map((each) => [each.id, each.grid]));
  const settled = panels.map((panel) => ({ ...panel, grid: grids.get(panel.id) ?? panel.grid }));
  // When the others have made room, what was moved falls up as well.
  return kept ? compact(settled) : settled;
}

/** The highest place at which one fits, beginning at its own or below it where that is taken. */
function risen(place: Place, others: readonly Placed[]): Place {
  let y = place.y;
  const hit = (at: number) => others.filter((other) => overlap({ ...place, y: at }, other.grid));
  for (let found = hit(y); found.length > 0; found = hit(y)) {
    y = Math.max(...found.map((other) => other.grid.y + other.grid.h));
  }
  while (y > 0 && hit(y - 1).length === 0) y--;
  return { ...place, y };
}

/** Moves or resizes one panel; the others make room. */
export function place<T extends Placed>(panels: readonly T[], id: string, change: Partial<Place>): T[] {
  const changed = panels.map((panel) =>
    panel.id === id ? { ...panel, grid: within({ ...panel.grid, ...change }) } : panel,
  );
  const moved = changed.find((panel) => panel.id === id);
  const old = panels.find((panel) => panel.id === id);
  if (!moved || !old) return [...panels];
  // Moved down, a panel changes places with what is below it; there it would fall back up.
  const down = moved.grid.y > old.grid.y;
  const shifted = changed.map((panel) =>
    down && panel.id !== id && overlap(panel.grid, moved.grid)
      ? { ...panel, grid: { ...panel.grid, y: Math.max(0, Math.min(panel.grid.y, old.grid.y)) } }
      : panel,
  );
  return compact(shifted, id);
}

/** Where a new panel of a size goes: the first free place in reading order. */
export function freePlace(panels: readonly Placed[], size: { w: number; h: number }): Place {
  const bottom = panels.reduce((most, panel) => Math.max(most, panel.grid.y + panel.grid.h), 0);
  for (let y = 0; y <= bottom; y++) {
    for (let x = 0; x + size.w <= columns; x++) {
      const candidate = { x, y, ...size };
      if (!panels.some((panel) => overlap(candidate, panel.grid))) return candidate;
    }
  }
  return { x: 0, y: bottom, ...size };
}

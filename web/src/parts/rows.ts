/**
 * Which of a number of equally high rows are in the window, and some spare ones
 * beyond it, so that scrolling does not show holes. top is where the first
 * begins, seen from the window's upper edge.
 */
export function visibleRows(
  top: number,
  windowHeight: number,
  rowHeight: number,
  rows: number,
  spare = 4,
): { first: number; last: number } {
  const first = Math.floor(-top / rowHeight) - spare;
  const last = Math.ceil((windowHeight - top) / rowHeight) + spare;
  const clamp = (row: number) => Math.min(rows, Math.max(0, row));
  return { first: clamp(first), last: clamp(last) };
}

/** Rows or items that follow each other: the number of the first, and the one behind the last. */
export interface Span {
  first: number;
  last: number;
}

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
  spare: number,
): Span {
  const first = Math.floor(-top / rowHeight) - spare;
  const last = Math.ceil((windowHeight - top) / rowHeight) + spare;
  const clamp = (row: number) => Math.min(rows, Math.max(0, row));
  return { first: clamp(first), last: clamp(last) };
}

/** The items of rows. */
export function itemsOf(rows: Span, columns: number, items: number): Span {
  return { first: Math.min(items, rows.first * columns), last: Math.min(items, rows.last * columns) };
}

/**
 * What is in the page after one more frame: all that is seen, and of what is
 * wanted beyond it, or no more, at most so many at each end, because a frame has
 * no time for a whole row of cards.
 */
export function nextItems(now: Span, seen: Span, wanted: Span, most: number): Span {
  const from = now.first < seen.last && now.last > seen.first ? now : seen;
  const toward = (begin: number, end: number) => begin + Math.min(most, Math.max(-most, end - begin));
  return {
    first: Math.min(seen.first, toward(from.first, wanted.first)),
    last: Math.max(seen.last, toward(from.last, wanted.last)),
  };
}

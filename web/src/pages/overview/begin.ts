let shown = false;

/**
 * Whether a page is drawn whole at once: one that was left further down is shown
 * there again, and only the first page of a visit is waited for.
 */
export function begun(): boolean {
  const before = shown;
  shown = true;
  const [visit] = performance.getEntriesByType('navigation') as PerformanceNavigationTiming[];
  return before || visit?.type !== 'navigate';
}

/** Calls once after each of the next frames is painted, so many times; the returned function ends that. */
export function eachFrame(times: number, call: () => void): () => void {
  let frame = 0;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const next = (left: number) => {
    if (left === 0) return;
    // What waits for a frame runs before it is painted; a timer set there runs behind it.
    frame = requestAnimationFrame(() => {
      timer = setTimeout(() => {
        call();
        next(left - 1);
      }, 0);
    });
  };
  next(times);
  return () => {
    cancelAnimationFrame(frame);
    clearTimeout(timer);
  };
}

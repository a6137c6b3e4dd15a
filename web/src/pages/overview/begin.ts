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

/** Calls after each of the next frames is painted for as long as that returns true; the returned function ends it. */
export function eachFrame(call: () => boolean): () => void {
  let frame = 0;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const next = () => {
    // What waits for a frame runs before it is painted; a timer set there runs behind it.
    frame = requestAnimationFrame(() => {
      timer = setTimeout(() => {
        if (call()) next();
      }, 0);
    });
  };
  next();
  return () => {
    cancelAnimationFrame(frame);
    clearTimeout(timer);
  };
}

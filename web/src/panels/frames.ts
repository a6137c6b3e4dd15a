const waiting = new Set<() => void>();
let asked = false;

/**
 * Runs what draws in the next frame, each once however often it is asked for.
 * The browser makes no frames for a hidden page, so nothing is drawn there.
 */
export function nextFrame(draw: () => void): void {
  waiting.add(draw);
  if (asked) return;
  asked = true;
  requestAnimationFrame(() => {
    asked = false;
    const now = [...waiting];
    waiting.clear();
    for (const each of now) each();
  });
}

/** Takes back what was asked for. */
export function cancelFrame(draw: () => void): void {
  waiting.delete(draw);
}

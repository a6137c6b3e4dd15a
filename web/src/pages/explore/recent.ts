const key = 'unity.explore';
const most = 12;

/** The expressions that were asked before, the last one first. */
export function recentExprs(): string[] {
  try {
    const kept: unknown = JSON.parse(localStorage.getItem(key) ?? '[]');
    return Array.isArray(kept) ? kept.filter((each): each is string => typeof each === 'string') : [];
  } catch {
    return [];
  }
}

/** Keeps an expression among those that were asked; the list with it. */
export function keepExpr(expr: string): string[] {
  const kept = [expr, ...recentExprs().filter((each) => each !== expr)].slice(0, most);
  store(kept);
  return kept;
}

export function forgetExprs(): void {
  store([]);
}

function store(kept: readonly string[]): void {
  try {
    localStorage.setItem(key, JSON.stringify(kept));
  } catch {
    // Storage may be forbidden; then nothing is remembered.
  }
}

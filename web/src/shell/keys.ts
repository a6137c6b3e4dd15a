/** What a key press asks for. */
export type Command =
  | 'overview'
  | 'sources'
  | 'dashboards'
  | 'explore'
  | 'events'
  | 'plugins'
  | 'settings'
  | 'add'
  | 'search'
  | 'palette'
  | 'help'
  | 'theme'
  | 'earlier'
  | 'later'
  | 'wider'
  | 'now'
  | 'again'
  | 'hold';

const after: Record<string, Command> = {
  o: 'overview',
  s: 'sources',
  d: 'dashboards',
  x: 'explore',
  e: 'events',
  p: 'plugins',
  t: 'settings',
  a: 'add',
};

const single: Record<string, Command> = {
  '/': 'search',
  '?': 'help',
  k: 'palette',
  m: 'theme',
  '[': 'earlier',
  ']': 'later',
  '-': 'wider',
  n: 'now',
  r: 'again',
  h: 'hold',
};

/** How long after g the second key counts. */
const patience = 1200;

/** Reads keys one after the other: "g o" is two of them. */
export class KeyReader {
  #prefixAt = -Infinity;

  /** The command that a key completes; null for none. */
  press(key: string, time: number): Command | null {
    const second = time - this.#prefixAt <= patience;
    this.#prefixAt = -Infinity;
    if (second) {
      const command = after[key];
      if (command) return command;
    }
    if (key === 'g') this.#prefixAt = time;
    return single[key] ?? null;
  }
}

/** The keys that lead to a command, for the help sheet. */
export function keysOf(command: Command): string[] {
  const second = Object.entries(after).find(([, each]) => each === command)?.[0];
  if (second) return ['g', second];
  const key = Object.entries(single).find(([, each]) => each === command)?.[0];
  return key ? [key] : [];
}

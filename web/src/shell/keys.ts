/** What a key press asks for. */
export type Command = 'overview' | 'sources' | 'events' | 'add' | 'search' | 'help';

const after: Record<string, Command> = { o: 'overview', s: 'sources', e: 'events', a: 'add' };

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
    if (key === '/') return 'search';
    return key === '?' ? 'help' : null;
  }
}

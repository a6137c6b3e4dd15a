/** Something that can be searched for by its name. */
export interface Named {
  name: string;
  /** Other words that it is known by. */
  words?: string;
}

/**
 * How well a name suits what was typed; 0 when it does not. Each typed word
 * has to be in it: best at the beginning, then at the beginning of a word, then
 * anywhere, then with letters left out. Words beside the name count less.
 */
export function score(typed: string, item: Named): number {
  const name = item.name.toLowerCase();
  const beside = item.words?.toLowerCase() ?? '';
  let total = 0;
  for (const word of typed.toLowerCase().split(/\s+/).filter(Boolean)) {
    const inName = wordScore(word, name);
    const best = Math.max(inName, besideScore(word, beside));
    if (best === 0) return 0;
    total += best;
  }
  // Of two that suit equally, the shorter name is meant more often.
  return total > 0 ? total - Math.min(name.length, 60) / 100 : 0;
}

function wordScore(word: string, name: string): number {
  if (name === word) return 100;
  if (name.startsWith(word)) return 60;
  const at = name.indexOf(word);
  if (at > 0) return /[a-z0-9]/.test(name.charAt(at - 1)) ? 25 : 40;
  return word.length > 1 && isScattered(word, name) ? 5 : 0;
}

/** One or two letters may stand anywhere by chance; then they count at the beginning of a word only. */
function besideScore(word: string, beside: string): number {
  const found = word.length > 2 ? beside.includes(word) : ` ${beside}`.includes(` ${word}`);
  return found ? 12 : 0;
}

/** Whether the letters of a word come in this order, each a word's first or next to the one before. */
function isScattered(word: string, name: string): boolean {
  let from = 0;
  let last = -2;
  for (const letter of word) {
    let found = -1;
    for (let at = from; at < name.length; at++) {
      if (name.charAt(at) !== letter) continue;
      if (at === last + 1 || at === 0 || !/[a-z0-9]/.test(name.charAt(at - 1))) {
        found = at;
        break;
      }
    }
    if (found < 0) return false;
    last = found;
    from = found + 1;
  }
  return true;
}

/** The items that suit what was typed, best first, no more than a number of each kind. */
export function ranked<T extends Named & { kind: string }>(
  typed: string,
  items: readonly T[],
  mostOfKind: number,
): T[] {
  const scores = new Map<T, number>();
  for (const item of items) {
    const points = score(typed, item);
    if (points > 0) scores.set(item, points);
  }
  const counts = new Map<string, number>();
  return [...scores.keys()]
    .sort((a, b) => (scores.get(b) ?? 0) - (scores.get(a) ?? 0) || a.name.localeCompare(b.name))
    .filter((item) => {
      const count = (counts.get(item.kind) ?? 0) + 1;
      counts.set(item.kind, count);
      return count <= mostOfKind;
    });
}

/** More of a value than this is not read in a table. */
const longest = 120;

/** A value of a document in one line. */
export function shortValue(value: unknown): string {
  if (value === undefined) return '–';
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  return text.length > longest ? `${text.slice(0, longest)}…` : text;
}

/**
 * A JSONPath as people read it: $.containers[?@.name=="web"].state is
 * "containers › web › state".
 */
export function pathWords(path: string): string {
  const parts: string[] = [];
  const pattern =
    /\.([\p{L}_][\p{L}\p{N}_-]*)|\[\?@\.[^=\]]+==("(?:[^"\\]|\\.)*"|[^\]]+)\]|\[('[^']*'|"(?:[^"\\]|\\.)*"|\d+)\]/gu;
  for (const [, name, match, index] of path.matchAll(pattern)) {
    parts.push((name ?? match ?? index ?? '').replace(/^["']|["']$/g, '').replaceAll('_', ' '));
  }
  return parts.length > 0 ? parts.join(' › ') : path;
}

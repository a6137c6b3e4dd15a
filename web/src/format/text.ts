/** Labels as one text for people: "sda", or "device sda, mode read" for several. */
export function labelText(labels: Readonly<Record<string, string>>, names = Object.keys(labels)): string {
  const present = names.filter((name) => labels[name] !== undefined && labels[name] !== '');
  if (present.length === 1) return labels[present[0] ?? ''] ?? '';
  return present.map((name) => `${words(name)} ${labels[name] ?? ''}`).join(', ');
}

/** A name in snake_case as words. */
export function words(name: string): string {
  return name.replaceAll('_', ' ');
}

/** words, beginning with a capital; known abbreviations are in capitals. */
export function sentenceCase(name: string): string {
  return /^(tls|http|dns|api|ip|ssh|url)$/.test(name) ? name.toUpperCase() : capital(words(name));
}

/** A text with a capital at its beginning. */
export function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

/** Made when it is first used: its tables are large. */
let collator: Intl.Collator | undefined;

/** The order of names as people count: Gi0/2 comes before Gi0/10. */
export function compareNames(a: string, b: string): number {
  collator ??= new Intl.Collator(undefined, { numeric: true, sensitivity: 'base' });
  return collator.compare(a, b);
}

/** A list in the reader's language: "a, b and c". */
export function listText(items: readonly string[]): string {
  return new Intl.ListFormat('en', { type: 'conjunction' }).format(items);
}

/** Whether every word of what was typed is in one of the texts. */
export function matches(typed: string, ...texts: (string | undefined)[]): boolean {
  const all = texts.join(' ').toLowerCase();
  return typed
    .toLowerCase()
    .split(/\s+/)
    .every((word) => all.includes(word));
}

import { labelText } from '~/format/text';

type Labels = Readonly<Record<string, string>>;

/** Fills a template: {device} stands for the value of a label. */
export function fillLegend(template: string, labels: Labels): string {
  const text = template.replace(/\{(\w+)\}/g, (_, name: string) => labels[name] ?? '');
  return text.replace(/\s+/g, ' ').trim();
}

/** The names of labels that do not have the same value in all sets. */
export function differing(sets: readonly Labels[]): string[] {
  const names = new Set(sets.flatMap((labels) => Object.keys(labels)));
  return [...names].filter((name) => new Set(sets.map((labels) => labels[name])).size > 1).sort();
}

/** Labels that say where a series is from, the ones first that say the least beside others. */
const origins = ['plugin', 'host', '__name__', 'source'];

/** The names of labels that tell sets apart, without those of their origin where others are enough. */
export function telling(sets: readonly Labels[]): string[] {
  let names = differing(sets);
  const apart = (some: readonly string[]) =>
    new Set(sets.map((labels) => some.map((name) => labels[name] ?? '').join('\u0001'))).size === sets.length;
  for (const origin of origins) {
    const without = names.filter((name) => name !== origin);
    if (without.length > 0 && without.length < names.length && apart(without)) names = without;
  }
  return names;
}

/** A name for each series of a query: its legend, the labels that differ, or what the metric is. */
export function nameSeries(
  template: string | undefined,
  sets: readonly Labels[],
  fallback: string,
): string[] {
  if (template) return sets.map((labels) => fillLegend(template, labels) || fallback);
  const names = telling(sets);
  return sets.map((labels) => labelText(labels, names) || fallback);
}

/** A text that tells the labels of a series apart from all others. */
export function seriesKey(labels: Labels): string {
  return Object.keys(labels)
    .sort()
    .map((name) => `${name}=${labels[name] ?? ''}`)
    .join('\u0001');
}

/** Whether labels have every value that is asked for. */
export function hasLabels(labels: Labels, match: Labels | undefined): boolean {
  return Object.entries(match ?? {}).every(([name, value]) => (labels[name] ?? '') === value);
}

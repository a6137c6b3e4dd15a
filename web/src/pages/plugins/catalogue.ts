import type { PluginSummary } from '~/api/types';
import { matches } from '~/format/text';
import { categories } from '~/messages';

/** Which plugins of the catalogue are shown: all, those with sources, those that something was found for. */
export type Which = 'all' | 'used' | 'found';

export interface Choice {
  typed: string;
  which: Which;
  /** The plugins that something was found for. */
  found: ReadonlySet<string>;
  /** The name of a category. */
  name: (category: string) => string;
}

/** The plugins that suit a choice. */
export function choose(items: readonly PluginSummary[], choice: Choice): PluginSummary[] {
  return items.filter(
    (plugin) =>
      (choice.which === 'all' ||
        (choice.which === 'used' ? plugin.sources > 0 : choice.found.has(plugin.id))) &&
      matches(
        choice.typed,
        plugin.name,
        plugin.id,
        plugin.summary,
        choice.name(plugin.category),
        ...plugin.tags,
      ),
  );
}

/** Plugins by category, both in the order that people read them. */
export function byCategory(items: readonly PluginSummary[]): { category: string; items: PluginSummary[] }[] {
  const place = (category: string) => (categories.includes(category) ? categories.indexOf(category) : 99);
  return [...new Set(items.map((plugin) => plugin.category))]
    .sort((a, b) => place(a) - place(b) || a.localeCompare(b))
    .map((category) => ({
      category,
      items: items
        .filter((plugin) => plugin.category === category)
        // What cannot run here comes last.
        .sort((a, b) => Number(b.supported) - Number(a.supported) || a.name.localeCompare(b.name)),
    }));
}

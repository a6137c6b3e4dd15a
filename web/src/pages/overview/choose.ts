import type { Panel, Source } from '~/api/types';

/** The categories that say how a machine itself is doing, and how many of a source's panels are shown first. */
const ofTheHost: readonly (readonly [string, number])[] = [
  ['system', 3],
  ['storage', 2],
  ['network', 2],
  ['container', 2],
  ['hardware', 1],
  ['power', 1],
  ['virtualization', 1],
];

/** A host shows no more charts than this; the rest is on the pages of the sources. */
const most = 6;

/** How many panels of each source of a host the overview shows, by the source's ID, in order. */
export function hostPanels(
  sources: readonly Source[],
  panelsOf: (plugin: string) => readonly Panel[] | undefined,
): { source: Source; panels: Panel[] }[] {
  const out: { source: Source; panels: Panel[] }[] = [];
  const plugins = new Set<string>();
  let room = most;
  // What is collected most often comes first: it was meant to be looked at most closely.
  const ordered = [...sources].sort(
    (a, b) => a.interval_seconds - b.interval_seconds || a.id.localeCompare(b.id),
  );
  for (const [category, count] of ofTheHost) {
    let left = count;
    for (const source of ordered) {
      // A second source of a plugin shows the same kind of picture again.
      if (source.category !== category || !source.enabled || plugins.has(source.plugin)) continue;
      const panels = (panelsOf(source.plugin) ?? [])
        .filter((panel) => panel.kind !== 'timeline')
        .slice(0, Math.min(left, room));
      if (panels.length === 0) continue;
      plugins.add(source.plugin);
      out.push({ source, panels });
      room -= panels.length;
      left -= panels.length;
      if (left === 0 || room === 0) break;
    }
    if (room === 0) break;
  }
  return out;
}

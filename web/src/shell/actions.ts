import Copy from '@lucide/svelte/icons/copy';
import Keyboard from '@lucide/svelte/icons/keyboard';
import LogOut from '@lucide/svelte/icons/log-out';
import Monitor from '@lucide/svelte/icons/monitor';
import Moon from '@lucide/svelte/icons/moon';
import Play from '@lucide/svelte/icons/play';
import RotateCw from '@lucide/svelte/icons/rotate-cw';
import Sun from '@lucide/svelte/icons/sun';
import { runSource } from '~/api/endpoints';
import { text } from '~/messages';
import { troubled } from '~/pages/overview/sentence';
import { pageTime } from '~/state/range.svelte';
import { session } from '~/state/session.svelte';
import { sources } from '~/state/sources.svelte';
import { theme, type Theme } from '~/state/theme.svelte';
import { toasts } from '~/state/toasts.svelte';
import type { Item } from './items';
import { overlays } from './palette.svelte';

const themes: readonly { theme: Theme; icon: Item['icon'] }[] = [
  { theme: 'light', icon: Sun },
  { theme: 'dark', icon: Moon },
  { theme: 'system', icon: Monitor },
];

/** What can be done from everywhere. */
export function actions(here: URL): Item[] {
  const action = (name: string, icon: Item['icon'], run: () => void): Item => ({
    key: `action ${name}`,
    kind: 'action',
    name,
    icon,
    run,
  });
  const time = pageTime.active;
  return [
    ...(session.mayEdit ? [action(text.palette.runAll, Play, () => void runTroubled())] : []),
    ...(time
      ? [
          action(text.palette.again, RotateCw, () => {
            time.again();
          }),
        ]
      : []),
    action(text.palette.copy, Copy, () => void copyLink(here)),
    ...themes
      .filter((each) => each.theme !== theme.chosen)
      .map((each) =>
        action(text.palette.theme(text.theme[each.theme]), each.icon, () => {
          theme.choose(each.theme);
        }),
      ),
    action(text.palette.shortcuts, Keyboard, () => {
      overlays.help = true;
    }),
    action(text.palette.signOut, LogOut, () => void session.leave()),
  ];
}

async function copyLink(here: URL): Promise<void> {
  try {
    await navigator.clipboard.writeText(here.href);
    toasts.done(text.palette.copied);
  } catch {
    // Without HTTPS there is no clipboard; the address is in the browser's bar.
    toasts.done(here.href);
  }
}

async function runTroubled(): Promise<void> {
  const all = troubled(sources.items);
  if (all.length === 0) {
    toasts.done(text.palette.ranNone);
    return;
  }
  const results = await Promise.all(all.map((source) => runSource(source.id)));
  const bad = results.find((result) => !result.ok);
  if (bad && !bad.ok) toasts.fault(text.palette.runAll, bad.fault);
  else toasts.done(text.palette.ranAll(all.length));
}

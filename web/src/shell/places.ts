import type { Component } from 'svelte';
import ChartLine from '@lucide/svelte/icons/chart-line';
import CirclePlus from '@lucide/svelte/icons/circle-plus';
import House from '@lucide/svelte/icons/house';
import LayoutDashboard from '@lucide/svelte/icons/layout-dashboard';
import ListTree from '@lucide/svelte/icons/list-tree';
import Puzzle from '@lucide/svelte/icons/puzzle';
import ScrollText from '@lucide/svelte/icons/scroll-text';
import Settings from '@lucide/svelte/icons/settings';
import { text } from '~/messages';
import type { Command } from './keys';

/** A page that can be gone to from everywhere. */
export interface Place {
  command: Command;
  href: string;
  name: string;
  icon: Component<{ size?: number; strokeWidth?: number; 'aria-hidden'?: 'true' }>;
  /** Whether an address belongs to it. */
  here: (path: string) => boolean;
  /** Only for those who may change things. */
  edits?: true;
  /** In the bar of a phone, where there is room for few. */
  first?: true;
}

const below = (start: string) => (path: string) => path === start || path.startsWith(`${start}/`);

/** Every page of the navigation, in its order. */
export const places: readonly Place[] = [
  {
    command: 'overview',
    href: '/',
    name: text.nav.overview,
    icon: House,
    here: (path) => path === '/',
    first: true,
  },
  {
    command: 'sources',
    href: '/sources',
    name: text.nav.sources,
    icon: ListTree,
    here: (path) => below('/sources')(path) && path !== '/sources/new',
    first: true,
  },
  {
    command: 'dashboards',
    href: '/dashboards',
    name: text.nav.dashboards,
    icon: LayoutDashboard,
    here: below('/dashboards'),
    first: true,
  },
  { command: 'explore', href: '/explore', name: text.nav.explore, icon: ChartLine, here: below('/explore') },
  {
    command: 'events',
    href: '/events',
    name: text.nav.events,
    icon: ScrollText,
    here: below('/events'),
    first: true,
  },
  { command: 'plugins', href: '/plugins', name: text.nav.plugins, icon: Puzzle, here: below('/plugins') },
  {
    command: 'add',
    href: '/sources/new',
    name: text.nav.add,
    icon: CirclePlus,
    here: (path) => path === '/sources/new',
    edits: true,
  },
  {
    command: 'settings',
    href: '/settings',
    name: text.nav.settings,
    icon: Settings,
    here: (path) => ['/settings', '/account', '/users', '/audit'].some((start) => below(start)(path)),
  },
];

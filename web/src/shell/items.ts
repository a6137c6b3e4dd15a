import type { Component } from 'svelte';
import type { Named } from './rank';

export type ItemKind = 'page' | 'source' | 'dashboard' | 'metric' | 'plugin' | 'action';

/** One line of the palette. */
export interface Item extends Named {
  /** Unlike every other item's. */
  key: string;
  kind: ItemKind;
  /** What stands small behind the name. */
  beside?: string;
  icon: Component<{ size?: number; strokeWidth?: number }>;
  run: () => void;
}

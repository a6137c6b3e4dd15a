import type { Component } from 'svelte';
import AlignLeft from '@lucide/svelte/icons/align-left';
import ChartArea from '@lucide/svelte/icons/chart-area';
import ChartBar from '@lucide/svelte/icons/chart-bar';
import ChartLine from '@lucide/svelte/icons/chart-line';
import ChartNoAxesGantt from '@lucide/svelte/icons/chart-no-axes-gantt';
import Gauge from '@lucide/svelte/icons/gauge';
import Grid3x3 from '@lucide/svelte/icons/grid-3x3';
import Hash from '@lucide/svelte/icons/hash';
import ScrollText from '@lucide/svelte/icons/scroll-text';
import Table from '@lucide/svelte/icons/table';
import type { DashboardKind } from '~/api/dashboards';

/** The icon of each kind of panel. */
export const kindIcons: Record<DashboardKind, Component<{ size?: number; strokeWidth?: number }>> = {
  line: ChartLine,
  area: ChartArea,
  stat: Hash,
  gauge: Gauge,
  bar: ChartBar,
  table: Table,
  status: ChartNoAxesGantt,
  heatmap: Grid3x3,
  text: AlignLeft,
  events: ScrollText,
};

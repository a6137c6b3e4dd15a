import type { DashboardPanel, Threshold } from '~/api/dashboards';
import type { Levels, PanelKind } from '~/api/types';

/** What is known of a picture before there are values: what a plugin declares, or a dashboard says. */
export interface Picture {
  title: string;
  kind: PanelKind | 'table' | 'heatmap';
  unit: string;
  decimals?: number;
  min?: number;
  max?: number;
  warning?: number;
  critical?: number;
  thresholds?: readonly Threshold[];
  /** How good the states of a timeline are. */
  levels?: Levels;
}

/** A panel of a dashboard as a picture; the unit is that of its metrics unless it says another. */
export function pictureOf(panel: DashboardPanel, declaredUnit: string): Picture {
  const { title, decimals, min, max, thresholds, levels } = panel;
  return {
    title,
    kind: kindOf(panel),
    unit: panel.unit ?? declaredUnit,
    ...(decimals === undefined ? {} : { decimals }),
    ...(min === undefined ? {} : { min }),
    ...(max === undefined ? {} : { max }),
    ...(thresholds.length > 0 ? { thresholds } : {}),
    ...(levels ? { levels } : {}),
  };
}

function kindOf(panel: DashboardPanel): Picture['kind'] {
  switch (panel.kind) {
    case 'area':
      return panel.stacked ? 'stacked' : 'area';
    case 'line':
      return panel.stacked ? 'stacked' : 'line';
    case 'status':
      return 'timeline';
    case 'text':
    case 'events':
      return 'line';
    default:
      return panel.kind;
  }
}

/** The lines at which a value changes its level, with the colour of each. */
export function thresholdsOf(panel: Picture): { value: number; level: Threshold['level'] }[] {
  if (panel.thresholds) return panel.thresholds.filter((each) => each.level !== 'ok');
  const out: { value: number; level: Threshold['level'] }[] = [];
  if (panel.warning !== undefined) out.push({ value: panel.warning, level: 'warning' });
  if (panel.critical !== undefined) out.push({ value: panel.critical, level: 'critical' });
  return out;
}

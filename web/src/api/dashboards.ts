import { request, type Result } from './client';
import type { List } from './types';

// Dashboards: pages of panels that somebody made, and those that Unity makes by
// itself for each host and plugin.

/** How a panel of a dashboard is drawn. */
export type DashboardKind =
  'line' | 'area' | 'stat' | 'gauge' | 'bar' | 'table' | 'status' | 'heatmap' | 'text' | 'events';
export type Func = 'avg' | 'min' | 'max' | 'last' | 'rate';
export type ThresholdLevel = 'ok' | 'warning' | 'critical';
export type VariableKind = 'host' | 'source' | 'label';

/** A place on the grid of twelve columns. */
export interface Place {
  x: number;
  y: number;
  w: number;
  h: number;
}

/** What a panel shows: an expression of PromQL, or a metric with what is done to it. */
export interface DashboardQuery {
  expr?: string;
  metric?: string;
  plugin?: string;
  match?: Record<string, string>;
  func?: Func;
  by?: string[];
  legend?: string;
  top?: number;
  /** Drawn below the axis: transmitted beside received. */
  negative?: boolean;
}

export interface Threshold {
  value: number;
  level: ThresholdLevel;
  /** It is for values up to this one: small ones are the bad ones. */
  below?: boolean;
}

export interface DashboardPanel {
  id: string;
  title: string;
  kind: DashboardKind;
  grid: Place;
  unit?: string;
  decimals?: number;
  min?: number;
  max?: number;
  stacked?: boolean;
  queries: DashboardQuery[];
  thresholds: Threshold[];
  /** Markdown, for a panel of text. */
  text?: string;
  /** How to read the picture. */
  help?: string;
}

export interface Variable {
  name: string;
  label: string;
  kind: VariableKind;
  plugin?: string;
  metric?: string;
  label_name?: string;
  multiple: boolean;
  default: string[];
}

/** What a person writes of a dashboard. */
export interface DashboardDocument {
  name: string;
  description: string;
  tags: string[];
  range_seconds: number;
  refresh_seconds: number;
  variables: Variable[];
  panels: DashboardPanel[];
}

export interface Dashboard extends DashboardDocument {
  id: string;
  origin: 'user' | 'generated';
  owner: string;
  revision: number;
  created: string;
  updated: string;
}

/** A dashboard as lists show it. */
export interface DashboardSummary extends Omit<
  Dashboard,
  'panels' | 'variables' | 'range_seconds' | 'refresh_seconds'
> {
  /** How many there are. */
  panels: number;
}

/** A dashboard as the server sends it: empty lists may be absent. */
type Sent<T> = Omit<
  T,
  'tags' | 'variables' | 'panels' | 'description' | 'range_seconds' | 'refresh_seconds'
> &
  Partial<
    Pick<Dashboard, 'tags' | 'description' | 'range_seconds' | 'refresh_seconds'> & {
      variables: (Omit<Variable, 'label' | 'multiple' | 'default'> & Partial<Variable>)[];
      panels: (Omit<DashboardPanel, 'title' | 'queries' | 'thresholds'> & Partial<DashboardPanel>)[];
    }
  >;

/** Fills in what the server leaves out. */
export function readDashboard(sent: Sent<Dashboard>): Dashboard {
  return {
    ...sent,
    description: sent.description ?? '',
    tags: sent.tags ?? [],
    range_seconds: sent.range_seconds ?? 0,
    refresh_seconds: sent.refresh_seconds ?? 0,
    variables: (sent.variables ?? []).map((variable) => ({
      ...variable,
      label: variable.label ?? '',
      multiple: variable.multiple ?? false,
      default: variable.default ?? [],
    })),
    panels: (sent.panels ?? []).map((panel) => ({
      ...panel,
      title: panel.title ?? '',
      queries: panel.queries ?? [],
      thresholds: panel.thresholds ?? [],
    })),
  };
}

const id = encodeURIComponent;

async function read(asked: Promise<Result<Sent<Dashboard>>>): Promise<Result<Dashboard>> {
  const result = await asked;
  return result.ok ? { ok: true, data: readDashboard(result.data) } : result;
}

export const listDashboards = () => request<List<DashboardSummary>>('GET', '/dashboards');
export const getDashboard = (dashboard: string) => read(request('GET', `/dashboards/${id(dashboard)}`));
export const createDashboard = (document: DashboardDocument) =>
  read(request('POST', '/dashboards', { body: document }));
export const updateDashboard = (dashboard: string, document: DashboardDocument & { revision: number }) =>
  read(request('PUT', `/dashboards/${id(dashboard)}`, { body: document }));
export const deleteDashboard = (dashboard: string) =>
  request<undefined>('DELETE', `/dashboards/${id(dashboard)}`);

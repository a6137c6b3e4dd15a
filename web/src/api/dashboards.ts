import { request, type Result } from './client';
import type { Filled, List, Schemas, With } from './types';

// Dashboards: pages of panels that somebody made, and those that Unity makes by
// itself for each host and plugin. The words are those of the OpenAPI document;
// here a list is there, if only an empty one.

/** A place on the grid of twelve columns. */
export type Place = Schemas['DashboardGrid'];

/** What a panel shows: an expression of PromQL, or a metric with what is done to it. */
export type DashboardQuery = Filled<Schemas['DashboardQuery']>;
export type Func = NonNullable<DashboardQuery['func']>;

export type Threshold = Schemas['DashboardThreshold'];
export type ThresholdLevel = Threshold['level'];

export type DashboardPanel = With<
  Schemas['DashboardPanel'],
  { title: string; queries: DashboardQuery[]; thresholds: Threshold[] }
>;
/** How a panel of a dashboard is drawn. */
export type DashboardKind = DashboardPanel['kind'];

export type Variable = With<
  Schemas['DashboardVariable'],
  { label: string; multiple: boolean; default: string[] }
>;
export type VariableKind = Variable['kind'];

/** A whole dashboard. */
export type Dashboard = With<
  Schemas['Dashboard'],
  {
    description: string;
    tags: string[];
    range_seconds: number;
    refresh_seconds: number;
    revision: number;
    variables: Variable[];
    panels: DashboardPanel[];
  }
>;

/** What a person writes of a dashboard. */
export type DashboardDocument = Pick<
  Dashboard,
  'name' | 'description' | 'tags' | 'range_seconds' | 'refresh_seconds' | 'variables' | 'panels'
>;

/** A dashboard as lists show it. */
export type DashboardSummary = Schemas['DashboardSummary'];

/** A dashboard as the server sends it: what is empty may be absent. */
export function readDashboard(sent: Schemas['Dashboard']): Dashboard {
  return {
    ...sent,
    description: sent.description ?? '',
    tags: sent.tags ?? [],
    range_seconds: sent.range_seconds ?? 0,
    refresh_seconds: sent.refresh_seconds ?? 0,
    revision: sent.revision ?? 0,
    variables: (sent.variables ?? []).map((variable) => ({
      ...variable,
      label: variable.label ?? '',
      multiple: variable.multiple ?? false,
      default: variable.default ?? [],
    })),
    panels: (sent.panels ?? []).map((panel) => ({
      ...panel,
      title: panel.title ?? '',
      queries: (panel.queries ?? []).map(readQuery),
      thresholds: panel.thresholds ?? [],
    })),
  };
}

function readQuery({ by, ...query }: Schemas['DashboardQuery']): DashboardQuery {
  return by ? { ...query, by } : query;
}

const id = encodeURIComponent;

async function read(asked: Promise<Result<Schemas['Dashboard']>>): Promise<Result<Dashboard>> {
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

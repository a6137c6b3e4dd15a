import type {
  Dashboard,
  DashboardDocument,
  DashboardKind,
  DashboardPanel,
  DashboardQuery,
  Func,
  Place,
  Threshold,
  ThresholdLevel,
  Variable,
  VariableKind,
} from '~/api/dashboards';
import { compact, freePlace, within } from './layout';

/** The kinds of panels in the order in which they are offered. */
export const kinds: readonly DashboardKind[] = [
  'line',
  'area',
  'stat',
  'gauge',
  'bar',
  'table',
  'status',
  'heatmap',
  'text',
  'events',
];
export const funcs: readonly Func[] = ['avg', 'min', 'max', 'last', 'rate'];
export const levels: readonly ThresholdLevel[] = ['ok', 'warning', 'critical'];
const variableKinds: readonly VariableKind[] = ['host', 'source', 'label'];

/** How large a panel of a kind is at first. */
const sizes: Record<DashboardKind, { w: number; h: number }> = {
  line: { w: 6, h: 5 },
  area: { w: 6, h: 5 },
  stat: { w: 3, h: 3 },
  gauge: { w: 3, h: 4 },
  bar: { w: 4, h: 5 },
  table: { w: 6, h: 6 },
  status: { w: 6, h: 4 },
  heatmap: { w: 6, h: 5 },
  text: { w: 4, h: 3 },
  events: { w: 6, h: 5 },
};

/** Whether panels of a kind are drawn from queries. */
export function asksQueries(kind: DashboardKind): boolean {
  return kind !== 'text' && kind !== 'events';
}

/** Whether a query asks for something. */
export function isFilled(query: DashboardQuery): boolean {
  return Boolean(query.expr?.trim() || query.metric);
}

export function emptyDocument(name: string): DashboardDocument {
  return {
    name,
    description: '',
    tags: [],
    range_seconds: 3600,
    refresh_seconds: 0,
    variables: [],
    panels: [],
  };
}

/** A new panel at the first free place. */
export function newPanel(
  panels: readonly DashboardPanel[],
  kind: DashboardKind,
  title: string,
  queries: DashboardQuery[] = [],
): DashboardPanel {
  return {
    id: freeID(panels),
    title,
    kind,
    grid: freePlace(panels, sizes[kind]),
    queries,
    thresholds: [],
    ...(kind === 'text' ? { text: '' } : {}),
  };
}

/** An ID that no panel has: p1, p2 and so on. */
export function freeID(panels: readonly { id: string }[]): string {
  const taken = new Set(panels.map((panel) => panel.id));
  let n = panels.length + 1;
  while (taken.has(`p${n}`)) n++;
  return `p${n}`;
}

/** A copy of a panel beside or below it. */
export function copyOf(panels: readonly DashboardPanel[], panel: DashboardPanel): DashboardPanel {
  const { w, h } = panel.grid;
  return { ...structuredClone(panel), id: freeID(panels), grid: freePlace(panels, { w, h }) };
}

/** What a person wrote of a dashboard, without what the server adds. */
export function documentOf(dashboard: DashboardDocument): DashboardDocument {
  const { name, description, tags, range_seconds, refresh_seconds, variables, panels } = dashboard;
  return { name, description, tags, range_seconds, refresh_seconds, variables, panels };
}

/** Whether two documents are the same, but for their identity. */
export function same(a: DashboardDocument, b: DashboardDocument): boolean {
  return JSON.stringify(documentOf(a), inKeyOrder) === JSON.stringify(documentOf(b), inKeyOrder);
}

const inKeyOrder = (_: string, value: unknown): unknown =>
  isRecord(value) ? Object.fromEntries(Object.entries(value).sort(([x], [y]) => (x < y ? -1 : 1))) : value;

/** The file that a dashboard is exported as. */
export function exportText(dashboard: Dashboard | DashboardDocument): string {
  return `${JSON.stringify({ unity: 'dashboard', version: 1, ...documentOf(dashboard) }, null, 2)}\n`;
}

/**
 * Reads an exported file. What is not understood of it is left out; null when
 * it is no dashboard at all. The server looks at it once more.
 */
export function readDocument(text: string): DashboardDocument | null {
  let sent: unknown;
  try {
    sent = JSON.parse(text);
  } catch {
    return null;
  }
  if (!isRecord(sent) || typeof sent['name'] !== 'string' || !Array.isArray(sent['panels'])) return null;
  const panels: DashboardPanel[] = [];
  for (const each of sent['panels'].slice(0, 100)) {
    const panel = readPanel(each, panels);
    if (panel) panels.push(panel);
  }
  return {
    name: sent['name'],
    description: textIn(sent, 'description') ?? '',
    tags: texts(sent['tags']),
    range_seconds: numberIn(sent, 'range_seconds') ?? 3600,
    refresh_seconds: numberIn(sent, 'refresh_seconds') ?? 0,
    variables: list(sent['variables']).flatMap((each) => readVariable(each) ?? []),
    panels: compact(panels),
  };
}

function readPanel(sent: unknown, before: readonly DashboardPanel[]): DashboardPanel | null {
  if (!isRecord(sent)) return null;
  const kind = kinds.find((each) => each === sent['kind']);
  if (!kind) return null;
  const id = textIn(sent, 'id') ?? '';
  const grid = isRecord(sent['grid']) ? sent['grid'] : {};
  const at = (name: keyof Place) => numberIn(grid, name) ?? (name === 'w' ? 6 : name === 'h' ? 5 : 0);
  const panel: DashboardPanel = {
    id: id !== '' && !before.some((each) => each.id === id) ? id : freeID(before),
    title: textIn(sent, 'title') ?? '',
    kind,
    grid: within({ x: at('x'), y: at('y'), w: at('w'), h: at('h') }),
    queries: list(sent['queries']).flatMap((each) => readQuery(each) ?? []),
    thresholds: list(sent['thresholds']).flatMap((each) => readThreshold(each) ?? []),
  };
  for (const name of ['decimals', 'min', 'max'] as const) {
    const value = numberIn(sent, name);
    if (value !== undefined) panel[name] = value;
  }
  for (const name of ['unit', 'text', 'help'] as const) {
    const value = textIn(sent, name);
    if (value !== undefined) panel[name] = value;
  }
  if (sent['stacked'] === true) panel.stacked = true;
  if (isRecord(sent['levels'])) {
    const words = sent['levels'];
    panel.levels = Object.fromEntries(levels.map((level) => [level, texts(words[level])]));
  }
  return panel;
}

function readQuery(sent: unknown): DashboardQuery | null {
  if (!isRecord(sent)) return null;
  const query: DashboardQuery = {};
  for (const name of ['expr', 'metric', 'plugin', 'legend'] as const) {
    const value = textIn(sent, name);
    if (value) query[name] = value;
  }
  const func = funcs.find((each) => each === sent['func']);
  if (func) query.func = func;
  const top = numberIn(sent, 'top');
  if (top) query.top = top;
  if (sent['negative'] === true) query.negative = true;
  if (Array.isArray(sent['by'])) query.by = texts(sent['by']);
  if (isRecord(sent['match'])) {
    query.match = Object.fromEntries(
      Object.entries(sent['match']).filter((pair): pair is [string, string] => typeof pair[1] === 'string'),
    );
  }
  return query.expr || query.metric || query.match ? query : null;
}

function readThreshold(sent: unknown): Threshold | null {
  if (!isRecord(sent)) return null;
  const value = numberIn(sent, 'value');
  const level = levels.find((each) => each === sent['level']);
  if (value === undefined || !level) return null;
  return sent['below'] === true ? { value, level, below: true } : { value, level };
}

function readVariable(sent: unknown): Variable | null {
  if (!isRecord(sent)) return null;
  const name = textIn(sent, 'name');
  const kind = variableKinds.find((each) => each === sent['kind']);
  if (!name || !kind) return null;
  const variable: Variable = {
    name,
    label: textIn(sent, 'label') ?? name,
    kind,
    multiple: sent['multiple'] === true,
    default: texts(sent['default']),
  };
  for (const key of ['plugin', 'metric', 'label_name'] as const) {
    const value = textIn(sent, key);
    if (value) variable[key] = value;
  }
  return variable;
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const list = (value: unknown): unknown[] => (Array.isArray(value) ? value : []);
const texts = (value: unknown): string[] =>
  list(value).filter((each): each is string => typeof each === 'string');

function textIn(record: Record<string, unknown>, name: string): string | undefined {
  const value = record[name];
  return typeof value === 'string' ? value : undefined;
}

function numberIn(record: Record<string, unknown>, name: string): number | undefined {
  const value = record[name];
  return typeof value === 'number' && Number.isFinite(value) ? value : undefined;
}

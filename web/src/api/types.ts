// The words of the REST interface, as the pages use them.

export type Status = 'unknown' | 'healthy' | 'degraded' | 'failing' | 'paused';
export type Severity = 'info' | 'warning' | 'critical';
export type Labels = Record<string, string>;
/** A time in milliseconds since 1970 and a value; null ends a line at a gap. */
export type Point = [number, number | null];

export interface ProblemNote {
  kind: string;
  message: string;
  hint?: string;
}

export interface SourceStatus {
  status: Status;
  since?: string;
  failures: number;
  last_run?: string;
  last_success?: string;
  next_run?: string;
  problem?: ProblemNote;
}

export interface Source {
  id: string;
  plugin: string;
  name: string;
  host: string;
  category: string;
  icon: string;
  enabled: boolean;
  interval_seconds: number;
  timeout_seconds: number;
  tags: string[];
  origin: 'detected' | 'user' | 'file';
  created: string;
  updated: string;
  revision: number;
  status: SourceStatus;
  spark?: Point[];
}

export interface SourceDetail extends Source {
  config: unknown;
}

export interface NewSource {
  plugin: string;
  id?: string;
  name?: string;
  enabled?: boolean;
  interval_seconds?: number;
  timeout_seconds?: number;
  tags?: string[];
  config: unknown;
}

export interface SourceChange {
  revision: number;
  name?: string;
  enabled?: boolean;
  interval_seconds?: number;
  timeout_seconds?: number;
  tags?: string[];
  config?: unknown;
}

export interface Metric {
  name: string;
  kind: 'gauge' | 'counter';
  unit: string;
  help: string;
  labels: string[];
}

export interface PanelQuery {
  metric: string;
  match?: Labels;
  rate?: boolean;
  legend?: string;
  negative?: boolean;
  top?: number;
}

export type PanelKind = 'line' | 'area' | 'stacked' | 'stat' | 'gauge' | 'bar' | 'timeline';

export interface Panel {
  title: string;
  kind: PanelKind;
  unit: string;
  queries: PanelQuery[];
  min?: number;
  max?: number;
  warning?: number;
  critical?: number;
  wide?: boolean;
  help?: string;
}

export type CellKind = 'text' | 'code' | 'number' | 'time' | 'duration' | 'flag' | 'status' | 'list';

export interface Column {
  key: string;
  title: string;
  kind: CellKind;
  unit?: string;
}

export interface Table {
  title: string;
  path: string;
  columns: Column[];
  empty?: string;
}

export interface Rule {
  id: string;
  name: string;
  expr: string;
  for_seconds: number;
  severity: Severity;
  summary: string;
  hint?: string;
}

export interface Rights {
  commands?: string[];
  paths?: string[];
  sockets?: string[];
  network?: boolean;
  notes?: string;
}

export interface PluginSummary {
  id: string;
  name: string;
  version: string;
  category: string;
  summary: string;
  icon: string;
  tags: string[];
  sources: number;
  can_detect: boolean;
  supported: boolean;
}

export interface PluginDetail extends PluginSummary {
  description: string;
  interval_seconds: number;
  timeout_seconds: number;
  rights: Rights;
  metrics: Metric[];
  panels: Panel[];
  tables: Table[];
  rules: Rule[];
  schema: unknown;
  defaults: unknown;
  documentation: string;
}

export interface Sample {
  name: string;
  labels: Labels;
  value: number;
}

export interface Measurements {
  time: string;
  samples: Sample[];
}

export interface Snapshot {
  time: string;
  document: unknown;
}

export interface SeriesHistory {
  labels: Labels;
  points: Point[];
}

export interface History {
  step_seconds: number;
  series: SeriesHistory[];
}

export interface Run {
  start: string;
  duration_seconds: number;
  attempts: number;
  outcome: string;
  samples: number;
  problem?: ProblemNote;
}

export interface Trial {
  ok: boolean;
  duration_seconds: number;
  samples: Sample[];
  snapshot?: unknown;
  problems: ProblemNote[];
}

export interface Event {
  id: string;
  time: string;
  kind: string;
  source?: string;
  host?: string;
  severity: Severity;
  title: string;
  detail?: Record<string, string>;
}

export interface Host {
  id: string;
  name: string;
  platform: string;
  created: string;
  last_seen: string;
}

export interface Detection {
  plugin: string;
  name: string;
  evidence: string;
  ready: boolean;
  missing?: string;
  config: unknown;
  source?: string;
}

export interface Summary {
  version: string;
  started: string;
  sources: Record<'total' | Status, number>;
  hosts: number;
  samples_per_second: number;
  series: number;
  storage: { bytes: number; journal_bytes: number };
}

export interface List<T> {
  items: T[];
  next_cursor?: string;
}

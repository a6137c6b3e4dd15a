// The words of the REST interface. They are made from its OpenAPI document
// (types.gen.ts); this file gives them names and says what the document cannot:
// which words a text may be, and that a point is a pair.
import type { components } from './types.gen';

export type Schemas = components['schemas'];
/** A type with other types for some of its properties. */
export type With<T, More> = Omit<T, keyof More> & More;
/** A property that may be left out is also allowed to be there without a value. */
export type Filled<T> = { [K in keyof T]: NonNullable<T[K]> };

export type Labels = Schemas['Sample']['labels'];
/** A time in milliseconds since 1970 and a value; null ends a line at a gap. */
export type Point = [number, number | null];

export type ProblemNote = Schemas['ProblemNote'];
export type SourceStatus = Schemas['Status'];
export type Status = SourceStatus['status'];
export type Source = With<Schemas['Source'], { spark?: Point[] | null }>;
export type SourceDetail = With<Schemas['SourceDetail'], { spark?: Point[] | null }>;
export type NewSource = Schemas['NewSource'];
export type SourceChange = Schemas['SourceChange'];

export type Metric = Schemas['Metric'];
export type PanelQuery = Schemas['Query'];
export type PanelKind = 'line' | 'area' | 'stacked' | 'stat' | 'gauge' | 'bar' | 'timeline';
/** How good words are that only those know who know the service. */
export type Levels = Schemas['Levels'];
export type Panel = With<Schemas['Panel'], { kind: PanelKind; queries: PanelQuery[] }>;
export type CellKind = 'text' | 'code' | 'number' | 'time' | 'duration' | 'flag' | 'status' | 'list';
export type Column = With<Schemas['Column'], { kind: CellKind }>;
export type Table = With<Schemas['Table'], { columns: Column[] }>;
export type Rule = Schemas['Rule'];
export type Rights = Partial<Filled<Schemas['Rights']>>;
export type PluginSummary = Schemas['PluginSummary'];
export type PluginDetail = With<
  Schemas['PluginDetail'],
  { panels: Panel[]; tables: Table[]; rights: Rights }
>;

export type Sample = Schemas['Sample'];
export type Measurements = Schemas['Measurements'];
export type Snapshot = Schemas['Snapshot'];
export type SeriesHistory = With<Schemas['SeriesHistory'], { points: Point[] }>;
export type History = With<Schemas['Range'], { series: SeriesHistory[] }>;
export type Run = Schemas['Run'];
export type Trial = Schemas['Trial'];
export type Event = Schemas['Event'];
export type Severity = Event['severity'];
export type Host = Schemas['Host'];
export type Detection = Schemas['Detection'];
export type Summary = Schemas['Summary'];

export type Role = 'viewer' | 'editor' | 'admin';
export type Me = With<Schemas['Me'], { role: Role }>;
export type AuthState = With<Schemas['AuthState'], { user?: Me }>;
export type LoginAnswer = With<Schemas['LoginAnswer'], { user?: Me }>;
export type MyAccount = Schemas['MyAccount'];
export type FactorOffer = Schemas['FactorOffer'];
export type Session = Schemas['Session'];
export type Token = Schemas['Token'];
export type MadeToken = Schemas['MadeToken'];
export type NewToken = Schemas['NewToken'];
export type User = With<Schemas['User'], { role: Role }>;
export type UserChange = Schemas['UserChange'];
export type AuditEntry = Schemas['AuditEntry'];

export interface List<T> {
  items: T[];
  next_cursor?: string;
}

/** A plugin as the server sends it: a list of a manifest may be absent, an unknown way to draw is a line. */
export function readPlugin(sent: Schemas['PluginDetail']): PluginDetail {
  const { commands, paths, sockets, ...rights } = sent.rights;
  return {
    ...sent,
    rights: {
      ...rights,
      ...(commands ? { commands } : {}),
      ...(paths ? { paths } : {}),
      ...(sockets ? { sockets } : {}),
    },
    panels: sent.panels.map((panel) => ({
      ...panel,
      kind: panelKinds.find((kind) => kind === panel.kind) ?? 'line',
      queries: panel.queries ?? [],
    })),
    tables: sent.tables.map((table) => ({
      ...table,
      columns: (table.columns ?? []).map((column) => ({
        ...column,
        kind: cellKinds.find((kind) => kind === column.kind) ?? 'text',
      })),
    })),
  };
}

const panelKinds: readonly PanelKind[] = ['line', 'area', 'stacked', 'stat', 'gauge', 'bar', 'timeline'];
const cellKinds: readonly CellKind[] = [
  'text',
  'code',
  'number',
  'time',
  'duration',
  'flag',
  'status',
  'list',
];

import { request, type Result } from './client';
import { readPlugin } from './types';
import type {
  Detection,
  Event,
  History,
  Host,
  List,
  Measurements,
  NewSource,
  PluginDetail,
  PluginSummary,
  Run,
  Snapshot,
  Source,
  SourceChange,
  SourceDetail,
  Summary,
  Trial,
} from './types';

/** What to ask the history of a metric for. */
export interface HistoryQuery {
  metric: string;
  match?: Readonly<Record<string, string>>;
  /** Milliseconds since 1970. */
  from: number;
  to: number;
  /** Seconds between points. */
  step: number;
  func: 'avg' | 'min' | 'max' | 'last' | 'rate';
}

const id = encodeURIComponent;
const time = (ms: number): string => new Date(ms).toISOString();

export const getSummary = () => request<Summary>('GET', '/summary');
export const listHosts = () => request<List<Host>>('GET', '/hosts');
export const listPlugins = () => request<List<PluginSummary>>('GET', '/plugins');

export async function getPlugin(plugin: string): Promise<Result<PluginDetail>> {
  const result = await request<Parameters<typeof readPlugin>[0]>('GET', `/plugins/${id(plugin)}`);
  return result.ok ? { ok: true, data: readPlugin(result.data) } : result;
}

export const listDetections = () => request<List<Detection>>('GET', '/detections');
export const listSources = (spark = true) => request<List<Source>>('GET', '/sources', { query: { spark } });
export const getSource = (source: string) => request<SourceDetail>('GET', `/sources/${id(source)}`);
export const createSource = (source: NewSource) =>
  request<SourceDetail>('POST', '/sources', { body: source });
export const updateSource = (source: string, change: SourceChange) =>
  request<SourceDetail>('PUT', `/sources/${id(source)}`, { body: change });
export const deleteSource = (source: string) => request<undefined>('DELETE', `/sources/${id(source)}`);
export const enableSource = (source: string, enabled: boolean) =>
  request<SourceDetail>('POST', `/sources/${id(source)}/${enabled ? 'enable' : 'disable'}`);
/** Lets a source rest until a time. */
export const pauseSource = (source: string, until: Date) =>
  request<SourceDetail>('POST', `/sources/${id(source)}/pause`, { body: { until: until.toISOString() } });
/** Copies a source with its secrets; the copy rests. */
export const duplicateSource = (source: string, name: string) =>
  request<SourceDetail>('POST', `/sources/${id(source)}/duplicate`, { body: { name } });
export const runSource = (source: string) => request<Run>('POST', `/sources/${id(source)}/run`);
export const testSource = (
  body: { plugin: string; source?: string; config: unknown },
  signal?: AbortSignal,
) => request<Trial>('POST', '/sources/test', signal ? { body, signal } : { body });
export const getLatest = (source: string) => request<Measurements>('GET', `/sources/${id(source)}/latest`);
export const getSnapshot = (source: string) => request<Snapshot>('GET', `/sources/${id(source)}/snapshot`);

export const listRuns = (source: string, query: { limit?: number; before?: string; failed?: boolean } = {}) =>
  request<List<Run>>('GET', `/sources/${id(source)}/runs`, { query });

export const listEvents = (
  query: {
    source?: string;
    severity?: readonly string[];
    kind?: readonly string[];
    since?: string;
    until?: string;
    cursor?: string;
    limit?: number;
  } = {},
) => request<List<Event>>('GET', '/events', { query });

export function getHistory(
  source: string,
  query: HistoryQuery,
  signal?: AbortSignal,
): Promise<Result<History>> {
  const match = Object.entries(query.match ?? {}).map(([name, value]) => `${name}:${value}`);
  return request<History>('GET', `/sources/${id(source)}/history`, {
    query: {
      metric: query.metric,
      match,
      from: time(query.from),
      to: time(query.to),
      step: query.step,
      func: query.func,
    },
    ...(signal ? { signal } : {}),
  });
}

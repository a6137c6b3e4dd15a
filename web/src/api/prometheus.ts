import { requestQuery, type Result } from './client';
import type { Labels, Point } from './types';

// Queries in the language of Prometheus, which Unity answers as Prometheus does.

/** A series of an answer. Its name is the label __name__. */
export interface Series {
  labels: Labels;
  points: Point[];
}

/** What a query gave. */
export interface Answer {
  series: Series[];
  kind: 'matrix' | 'vector' | 'scalar' | 'string';
  /** What it was made of: "raw", or the step of buckets such as "5m". */
  tier: string;
  warnings: string[];
}

/** What is declared of a metric. */
export interface MetricInfo {
  name: string;
  kind: 'gauge' | 'counter';
  help: string;
  unit: string;
}

type Pair = [number, string];

interface Sent<T> {
  data: T;
  warnings?: string[];
  infos?: string[];
}

interface SentAnswer {
  resultType: Answer['kind'];
  result: { metric: Labels; value?: Pair; values?: Pair[] }[] | Pair;
}

/** Queries beyond this wait here: the server runs four at once and turns away what is too many. */
const atOnce = 6;
let running = 0;
const waiting: (() => void)[] = [];

async function inTurn<T>(ask: () => Promise<T>): Promise<T> {
  if (running >= atOnce) await new Promise<void>((resolve) => waiting.push(resolve));
  else running++;
  try {
    return await ask();
  } finally {
    const next = waiting.shift();
    if (next) next();
    else running--;
  }
}

/** Asks a query for a range. The times are in milliseconds since 1970, the step in seconds. */
export async function queryRange(
  expr: string,
  from: number,
  to: number,
  step: number,
  signal?: AbortSignal,
): Promise<Result<Answer>> {
  const query = { query: expr, start: String(from / 1000), end: String(to / 1000), step: String(step) };
  return readAnswer(await inTurn(() => requestQuery<Sent<SentAnswer>>('/query_range', query, signal)));
}

/** Asks a query for one moment, in milliseconds since 1970. */
export async function queryAt(expr: string, time: number, signal?: AbortSignal): Promise<Result<Answer>> {
  const query = { query: expr, time: String(time / 1000) };
  return readAnswer(await inTurn(() => requestQuery<Sent<SentAnswer>>('/query', query, signal)));
}

/** The values that a label has, of all series or of those that match a selector. */
export async function labelValues(label: string, match?: string): Promise<Result<string[]>> {
  const query = match ? { 'match[]': match } : {};
  const answer = await requestQuery<Sent<string[]>>(`/label/${encodeURIComponent(label)}/values`, query);
  return answer.ok ? { ok: true, data: answer.data.body.data } : answer;
}

/** The names of labels, of all series or of those that match a selector. */
export async function labelNames(match?: string): Promise<Result<string[]>> {
  const answer = await requestQuery<Sent<string[]>>('/labels', match ? { 'match[]': match } : {});
  return answer.ok ? { ok: true, data: answer.data.body.data } : answer;
}

/** What plugins declare of their metrics, in the order of their names. */
export async function listMetrics(): Promise<Result<MetricInfo[]>> {
  type Declared = Record<string, { type: string; help: string; unit: string }[]>;
  const answer = await requestQuery<Sent<Declared>>('/metadata', {});
  if (!answer.ok) return answer;
  const data = Object.entries(answer.data.body.data).map(([name, declared]): MetricInfo => ({
    name,
    kind: declared[0]?.type === 'counter' ? 'counter' : 'gauge',
    help: declared[0]?.help ?? '',
    unit: declared[0]?.unit ?? '',
  }));
  return { ok: true, data };
}

function readAnswer(answer: Result<{ body: Sent<SentAnswer>; headers: Headers }>): Result<Answer> {
  if (!answer.ok) return answer;
  const { body, headers } = answer.data;
  return {
    ok: true,
    data: {
      series: readSeries(body.data),
      kind: body.data.resultType,
      tier: headers.get('Unity-Tier') ?? 'raw',
      warnings: [...(body.warnings ?? []), ...(body.infos ?? [])],
    },
  };
}

/** Reads the result of a query; a scalar is a series without labels. */
export function readSeries(sent: SentAnswer): Series[] {
  if (sent.resultType === 'string') return [];
  if (sent.resultType === 'scalar') return [{ labels: {}, points: [readPoint(sent.result as Pair)] }];
  return (sent.result as { metric: Labels; value?: Pair; values?: Pair[] }[]).map((series) => ({
    labels: series.metric,
    points: (series.values ?? (series.value ? [series.value] : [])).map(readPoint),
  }));
}

/** What is no finite number cannot be drawn, and is a gap. */
function readPoint([seconds, text]: Pair): Point {
  const value = Number(text);
  return [Math.round(seconds * 1000), Number.isFinite(value) ? value : null];
}

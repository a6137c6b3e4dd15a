import { takeEarly } from './early';
import { noteServerDate } from './serverTime';

/** What went wrong, as the server or the network says it. */
export interface Fault {
  /** A fault kind of the server, such as "config" or "unreachable". */
  kind: string;
  status: number;
  detail: string;
  hint: string;
  /** Problems of single fields, each with the path of the field. */
  fields: FieldFault[];
  /** The bytes of a query that are to blame. */
  at?: { start: number; end: number };
}

export interface FieldFault {
  path: string;
  message: string;
}

/** The answer to a request: the data, or what went wrong. */
export type Result<T> = { ok: true; data: T } | { ok: false; fault: Fault };

/** Carries requests to the server. The gallery has another one. */
export type Transport = (path: string, init: RequestInit) => Promise<Response>;

let transport: Transport = (path, init) => takeEarly(path, init) ?? fetch(path, init);

/** Sends every later request by another way. */
export function useTransport(other: Transport): void {
  transport = other;
}

let signedOut: () => void = () => undefined;

/** Is called when the server does not recognise the session any more. */
export function onSignedOut(run: () => void): void {
  signedOut = run;
}

const base = '/api/v1';
const prometheus = '/prometheus/api/v1';

/** Query parameters; what is undefined or empty is left out, lists are repeated. */
export type Query = Record<string, string | number | boolean | readonly string[] | undefined>;

/** Writes query parameters in the order they are given. */
export function queryText(query: Query): string {
  const out = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    if (value === undefined || value === '') continue;
    if (Array.isArray(value)) for (const each of value as readonly string[]) out.append(name, each);
    else out.append(name, String(value));
  }
  const text = out.toString();
  return text ? `?${text}` : '';
}

/** Sends a request and returns its answer or the fault; it never throws. */
export async function request<T>(
  method: 'GET' | 'POST' | 'PUT' | 'DELETE',
  path: string,
  options: { query?: Query; body?: unknown; signal?: AbortSignal } = {},
): Promise<Result<T>> {
  const init: RequestInit = { method, headers: { Accept: 'application/json' } };
  if (options.body !== undefined) {
    init.body = JSON.stringify(options.body);
    init.headers = { ...init.headers, 'Content-Type': 'application/json' };
  }
  if (options.signal) init.signal = options.signal;
  const answer = await exchange<T>(base + path + queryText(options.query ?? {}), init);
  // A login that is refused answers so, too, and is said where it is typed.
  if (!answer.ok && answer.fault.status === 401 && !path.startsWith('/auth/')) signedOut();
  return answer.ok ? { ok: true, data: answer.data } : answer;
}

/** Like request, for the queries that Unity answers as Prometheus does; the headers say what an answer was made of. */
export async function requestQuery<T>(
  path: string,
  query: Query,
  signal?: AbortSignal,
): Promise<Result<{ body: T; headers: Headers }>> {
  const text = queryText(query);
  const init: RequestInit = { method: 'GET', headers: { Accept: 'application/json' } };
  // What is too long for an address is sent as a form.
  const long = text.length > 4000;
  if (long) {
    init.method = 'POST';
    init.body = text.slice(1);
    init.headers = { ...init.headers, 'Content-Type': 'application/x-www-form-urlencoded' };
  }
  if (signal) init.signal = signal;
  const answer = await exchange<T>(prometheus + path + (long ? '' : text), init);
  if (!answer.ok && answer.fault.status === 401) signedOut();
  return answer.ok ? { ok: true, data: { body: answer.data, headers: answer.headers } } : answer;
}

async function exchange<T>(
  address: string,
  init: RequestInit,
): Promise<{ ok: true; data: T; headers: Headers } | { ok: false; fault: Fault }> {
  try {
    const response = await transport(address, init);
    noteServerDate(response.headers.get('Date'));
    const text = await response.text();
    if (!response.ok) return { ok: false, fault: faultOf(response.status, text) };
    return { ok: true, data: (text ? JSON.parse(text) : undefined) as T, headers: response.headers };
  } catch (reason) {
    const aborted = reason instanceof DOMException && reason.name === 'AbortError';
    return {
      ok: false,
      fault: {
        kind: aborted ? 'canceled' : reason instanceof SyntaxError ? 'bad_answer' : 'unreachable',
        status: 0,
        detail: '',
        hint: '',
        fields: [],
      },
    };
  }
}

/** Reads a problem+json document; anything else is a fault without a detail. */
export function faultOf(status: number, text: string): Fault {
  const fault: Fault = { kind: kindOf(status), status, detail: '', hint: '', fields: [] };
  let document: unknown;
  try {
    document = JSON.parse(text);
  } catch {
    return fault;
  }
  if (typeof document !== 'object' || document === null) return fault;
  const problem = document as Record<string, unknown>;
  if (typeof problem['kind'] === 'string') fault.kind = problem['kind'];
  if (typeof problem['detail'] === 'string') fault.detail = problem['detail'];
  if (typeof problem['hint'] === 'string') fault.hint = problem['hint'];
  // A query's answer says it as Prometheus does, and more in a field of its own.
  if (typeof problem['error'] === 'string') fault.detail = problem['error'];
  if (typeof problem['unity'] === 'object' && problem['unity'] !== null) {
    const more = problem['unity'] as Record<string, unknown>;
    if (typeof more['kind'] === 'string') fault.kind = more['kind'];
    if (typeof more['hint'] === 'string') fault.hint = more['hint'];
    const { start, end } = more;
    if (typeof start === 'number' && typeof end === 'number') fault.at = { start, end };
  }
  if (Array.isArray(problem['errors'])) {
    for (const each of problem['errors'] as Record<string, unknown>[]) {
      const path = each['path'] ?? each['location'];
      if (typeof each['message'] !== 'string') continue;
      fault.fields.push({ path: typeof path === 'string' ? path : '', message: each['message'] });
    }
  }
  return fault;
}

function kindOf(status: number): string {
  switch (status) {
    case 401:
      return 'auth';
    case 403:
      return 'permission';
    case 429:
      return 'rate_limited';
    case 404:
      return 'not_found';
    case 409:
      return 'conflict';
    case 502:
    case 503:
    case 504:
      return 'unreachable';
    default:
      return status >= 500 ? 'internal' : 'config';
  }
}

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
}

export interface FieldFault {
  path: string;
  message: string;
}

/** The answer to a request: the data, or what went wrong. */
export type Result<T> = { ok: true; data: T } | { ok: false; fault: Fault };

/** Carries requests to the server. The gallery has another one. */
export type Transport = (path: string, init: RequestInit) => Promise<Response>;

let transport: Transport = (path, init) => fetch(path, init);

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
  try {
    const response = await transport(base + path + queryText(options.query ?? {}), init);
    noteServerDate(response.headers.get('Date'));
    const text = await response.text();
    // A login that is refused answers so, too, and is said where it is typed.
    if (response.status === 401 && !path.startsWith('/auth/')) signedOut();
    if (!response.ok) return { ok: false, fault: faultOf(response.status, text) };
    return { ok: true, data: (text ? JSON.parse(text) : undefined) as T };
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

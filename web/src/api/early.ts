/**
 * The answer to a request that static/early.js sent before the interface was
 * there; undefined where it sent none. Each is used once: later it would be old.
 */
export function takeEarly(path: string, init: RequestInit): Promise<Response> | undefined {
  if (init.method !== 'GET') return undefined;
  const asked = globalThis.unityEarly;
  const answer = asked?.[path];
  // Only where there was one: every path that is ever asked for would be kept.
  if (asked && answer) asked[path] = undefined;
  return answer;
}

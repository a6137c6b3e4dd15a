import { request, type Fault, type Result } from '~/api/client';
import { runSource } from '~/api/endpoints';
import type { components } from '~/api/types.gen';

/** What can be done with many sources at once. */
export type BulkAction = 'run' | 'enable' | 'pause' | 'remove';

export interface BulkResult {
  /** How many it worked for. */
  good: number;
  /** The first that went wrong. */
  fault: Fault | undefined;
}

/** The server's answer: a result for each source. */
type Answer = Pick<components['schemas']['BulkResult'], 'items'>;

const words = { enable: 'enable', pause: 'pause', remove: 'delete' } as const;

/**
 * Does the same with every source; one that goes wrong does not hold up the
 * others. A pause lasts until a time, or until somebody enables them.
 */
export async function forAll(
  action: BulkAction,
  ids: readonly string[],
  until?: Date | null,
): Promise<BulkResult> {
  if (ids.length === 0) return { good: 0, fault: undefined };
  if (action === 'run') return each(ids, runSource);
  const body = until ? { until: until.toISOString() } : {};
  const word = action === 'pause' && !until ? 'disable' : words[action];
  const result = await request<Answer>('POST', '/sources/bulk', { body: { action: word, ids, ...body } });
  return result.ok ? summed(result.data) : { good: 0, fault: result.fault };
}

/** What the answer to a change of many comes to. */
export function summed(answer: Answer): BulkResult {
  const bad = answer.items.find((item) => !item.ok);
  const problem = bad?.problem;
  return {
    good: answer.items.filter((item) => item.ok).length,
    fault: bad && {
      kind: problem?.kind ?? 'internal',
      status: 0,
      detail: problem?.message ?? '',
      hint: problem?.hint ?? '',
      fields: [],
    },
  };
}

/** So many are under way at the same time: a hundred at once would only queue up. */
const together = 6;

/** Calls for each, a few at a time. */
export async function each(
  ids: readonly string[],
  call: (id: string) => Promise<Result<unknown>>,
): Promise<BulkResult> {
  const out: BulkResult = { good: 0, fault: undefined };
  const waiting = [...ids];
  const work = async () => {
    for (let id = waiting.shift(); id !== undefined; id = waiting.shift()) {
      const result = await call(id);
      if (result.ok) out.good++;
      else out.fault ??= result.fault;
    }
  };
  await Promise.all(Array.from({ length: Math.min(together, ids.length) }, work));
  return out;
}

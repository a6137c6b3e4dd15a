import type { Fault, Result } from '~/api/client';
import { deleteSource, enableSource, runSource } from '~/api/endpoints';

/** What can be done with many sources at once. */
export type BulkAction = 'run' | 'enable' | 'pause' | 'remove';

/** So many are under way at the same time: a hundred at once would only queue up. */
const together = 6;

const calls: Record<BulkAction, (id: string) => Promise<Result<unknown>>> = {
  run: runSource,
  enable: (id) => enableSource(id, true),
  pause: (id) => enableSource(id, false),
  remove: deleteSource,
};

export interface BulkResult {
  /** How many it worked for. */
  good: number;
  /** The first that went wrong. */
  fault: Fault | undefined;
}

/** Does the same with every source; one that goes wrong does not hold up the others. */
export async function forAll(
  action: BulkAction,
  ids: readonly string[],
  call: (id: string) => Promise<Result<unknown>> = calls[action],
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

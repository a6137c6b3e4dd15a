import { expect, it } from 'vitest';
import type { Result } from '~/api/client';
import { each, forAll, summed } from './bulk';

const fault = { kind: 'conflict', status: 409, detail: '', hint: '', fields: [] };

it('one that goes wrong does not hold up the others', async () => {
  const seen: string[] = [];
  const result = await each(['a', 'b', 'c'], (id): Promise<Result<unknown>> => {
    seen.push(id);
    return Promise.resolve(id === 'b' ? { ok: false, fault } : { ok: true, data: null });
  });
  expect(seen).toEqual(['a', 'b', 'c']);
  expect(result).toEqual({ good: 2, fault });
});

it('no more than six are under way at once', async () => {
  let now = 0;
  let most = 0;
  const ids = Array.from({ length: 40 }, (_, n) => String(n));
  const result = await each(ids, async () => {
    most = Math.max(most, ++now);
    await Promise.resolve();
    now--;
    return { ok: true, data: null };
  });
  expect(result.good).toBe(40);
  expect(most).toBeLessThanOrEqual(6);
});

it('nothing is done for nobody', async () => {
  expect(await forAll('remove', [])).toEqual({ good: 0, fault: undefined });
});

it('the answer of the server counts what worked and keeps what did not', () => {
  expect(summed({ items: [{ id: 'a', ok: true }] })).toEqual({ good: 1, fault: undefined });
  const { good, fault: first } = summed({
    items: [
      { id: 'a', ok: true },
      { id: 'b', ok: false, problem: { kind: 'not_found', message: 'there is no source b' } },
      { id: 'c', ok: false, problem: { kind: 'conflict', message: 'it was changed' } },
    ],
  });
  expect(good).toBe(1);
  expect(first).toMatchObject({ kind: 'not_found', detail: 'there is no source b' });
});

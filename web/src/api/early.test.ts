import { afterEach, expect, it, vi } from 'vitest';
import { takeEarly } from './early';

afterEach(() => {
  vi.unstubAllGlobals();
});

it('gives an early answer once, and keeps nothing of what was not asked for early', () => {
  const answer = Promise.resolve(new Response('{}'));
  const early = { '/api/v1/auth': answer };
  vi.stubGlobal('unityEarly', early);
  expect(takeEarly('/api/v1/auth', { method: 'POST' })).toBeUndefined();
  expect(takeEarly('/api/v1/auth', { method: 'GET' })).toBe(answer);
  expect(takeEarly('/api/v1/auth', { method: 'GET' })).toBeUndefined();
  expect(takeEarly('/api/v1/query?time=1', { method: 'GET' })).toBeUndefined();
  expect(Object.keys(early)).toEqual(['/api/v1/auth']);
});

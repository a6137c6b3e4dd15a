import { describe, expect, it } from 'vitest';
import {
  boundsOf,
  moved,
  presets,
  readRange,
  readRefresh,
  refreshes,
  standardRange,
  stepFor,
  writeRange,
  writeRefresh,
  type Range,
} from './range';

describe('the range in the address', () => {
  const ranges: Range[] = [
    ...presets.map((preset): Range => ({ kind: 'last', seconds: preset.seconds })),
    { kind: 'last', seconds: 90 },
    { kind: 'last', seconds: 43_200 },
    { kind: 'fixed', from: 1_700_000_000_000, to: 1_700_000_060_000 },
  ];
  it.each(ranges)('reads back %j', (range) => {
    expect(readRange(writeRange(new URLSearchParams(), range))).toEqual(range);
  });
  it.each([
    '',
    'range=2y',
    'range=0m',
    'range=-5m',
    'range=1e9d',
    'range=999999999d',
    'from=5',
    'from=10&to=5',
    'from=a&to=b',
    'from=-1&to=5',
    'from=1&to=1e99',
  ])('is absent for %j', (text) => {
    expect(readRange(new URLSearchParams(text))).toBeNull();
  });
  it('leaves other parameters alone', () => {
    const query = new URLSearchParams('tab=runs&from=1&to=2');
    expect(writeRange(query, { kind: 'last', seconds: 900 }).toString()).toBe('tab=runs&range=15m');
    expect(writeRange(query, null).toString()).toBe('tab=runs');
  });
});

describe('how the page moves on', () => {
  it.each([...refreshes, 15])('reads back %j', (refresh) => {
    expect(readRefresh(writeRefresh(new URLSearchParams('tab=a'), refresh))).toBe(refresh);
  });
  it.each(['', 'refresh=', 'refresh=0s', 'refresh=fast', 'refresh=2d'])('is not said by %j', (text) => {
    expect(readRefresh(new URLSearchParams(text))).toBeNull();
  });
  it('leaves other parameters alone', () => {
    const query = new URLSearchParams('range=1h&refresh=30s');
    expect(writeRefresh(query, 'off').toString()).toBe('range=1h&refresh=off');
    expect(writeRefresh(query, null).toString()).toBe('range=1h');
  });
});

it('a range moves by parts of its length, but not into the future', () => {
  const last: Range = { kind: 'last', seconds: 10 };
  expect(moved(last, -1, 50_000)).toEqual({ kind: 'fixed', from: 30_000, to: 40_000 });
  expect(moved({ kind: 'fixed', from: 10_000, to: 20_000 }, 1, 25_000)).toEqual({
    kind: 'fixed',
    from: 15_000,
    to: 25_000,
  });
  expect(moved(last, 1, 50_000)).toEqual({ kind: 'fixed', from: 40_000, to: 50_000 });
});

it('the standard range is short while there is little to see', () => {
  expect(standardRange(0)).toEqual({ kind: 'last', seconds: 300 });
  expect(standardRange(1200)).toEqual({ kind: 'last', seconds: 900 });
  expect(standardRange(86_400)).toEqual({ kind: 'last', seconds: 3600 });
});

describe('the step', () => {
  it('is the interval where that is coarse enough', () => {
    expect(stepFor({ kind: 'last', seconds: 900 }, 10)).toBe(10);
    expect(stepFor({ kind: 'last', seconds: 3600 }, 60)).toBe(60);
  });
  it('is a round number above it', () => {
    expect(stepFor({ kind: 'last', seconds: 86400 }, 10)).toBe(300);
    expect(stepFor({ kind: 'last', seconds: 30 * 86400 }, 10)).toBe(7200);
    expect(stepFor({ kind: 'fixed', from: 0, to: 3.2e12 }, 10)).toBe(103 * 86400);
  });
  it('is never below a second', () => {
    expect(stepFor({ kind: 'fixed', from: 0, to: 1000 }, 0.1)).toBe(1);
  });
});

it('bounds move with the clock unless they are fixed', () => {
  expect(boundsOf({ kind: 'last', seconds: 10 }, 20_000)).toEqual({ from: 10_000, to: 20_000 });
  expect(boundsOf({ kind: 'fixed', from: 1, to: 2 }, 20_000)).toMatchObject({ from: 1, to: 2 });
});

import { describe, expect, it } from 'vitest';
import { boundsOf, presets, readRange, standardRange, stepFor, writeRange, type Range } from './range';

describe('the range in the address', () => {
  const ranges: Range[] = [
    ...presets.map((preset): Range => ({ kind: 'last', seconds: preset.seconds })),
    { kind: 'fixed', from: 1_700_000_000_000, to: 1_700_000_060_000 },
  ];
  it.each(ranges)('reads back %j', (range) => {
    expect(readRange(writeRange(new URLSearchParams(), range))).toEqual(range);
  });
  it.each(['', 'range=2y', 'from=5', 'from=10&to=5', 'from=a&to=b', 'from=-1&to=5', 'from=1&to=1e99'])(
    'is absent for %j',
    (text) => {
      expect(readRange(new URLSearchParams(text))).toBeNull();
    },
  );
  it('leaves other parameters alone', () => {
    const query = new URLSearchParams('tab=runs&from=1&to=2');
    expect(writeRange(query, { kind: 'last', seconds: 900 }).toString()).toBe('tab=runs&range=15m');
    expect(writeRange(query, null).toString()).toBe('tab=runs');
  });
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

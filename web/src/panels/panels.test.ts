import { describe, expect, it } from 'vitest';
import type { Point } from '~/api/types';
import { differing, fillLegend, hasLabels, nameSeries, seriesKey } from './legend';
import { levelOf, levelOfWord } from './level';
import {
  align,
  append,
  gapLimit,
  lapse,
  largest,
  lastValue,
  legendOrder,
  Rates,
  stack,
  trim,
  withGaps,
  type Line,
} from './points';
import { timelineRows } from './spans';

function line(points: Point[], more: Partial<Line> = {}): Line {
  return { key: 'k', name: 'n', labels: {}, negative: false, points, weight: 1, ...more };
}

const fine = { step: 10, interval: 10 };

describe('gaps', () => {
  it('are longer than two and a half intervals or one and a half steps', () => {
    expect(gapLimit({ step: 10, interval: 10 })).toBe(25);
    expect(gapLimit({ step: 600, interval: 10 })).toBe(900);
  });
  it('become nulls in a history', () => {
    const points: Point[] = [
      [0, 1],
      [10, 2],
      [60, 3],
      [70, null],
      [200, 4],
    ];
    expect(withGaps(points, fine)).toEqual([
      [0, 1],
      [10, 2],
      [11, null],
      [60, 3],
      [70, null],
      [200, 4],
    ]);
  });
  it('become nulls before a late live sample', () => {
    const l = line([[0, 1]]);
    append(l, 30, 2, fine);
    expect(l.points).toEqual([
      [0, 1],
      [1, null],
      [30, 2],
    ]);
  });
});

describe('a live sample', () => {
  it('goes to the end', () => {
    const l = line([[0, 1]]);
    append(l, 10, 2, fine);
    expect(l.points).toEqual([
      [0, 1],
      [10, 2],
    ]);
  });
  it('stands at the beginning of its step, as in the history', () => {
    const l = line([[0, 1]]);
    append(l, 18.5, 2, fine);
    append(l, 9, 3, fine);
    expect(l.points).toEqual([
      [0, 1],
      [10, 2],
    ]);
  });
  it('begins an empty line', () => {
    const l = line([]);
    append(l, 10, 2, fine);
    expect(lastValue(l)).toBe(2);
  });
  it('replaces the one of the same time and is ignored when it is older', () => {
    const l = line([[10, 1]]);
    append(l, 10, 5, fine);
    append(l, 5, 9, fine);
    expect(l.points).toEqual([[10, 5]]);
  });
  it('is averaged into the last step of a coarse history', () => {
    const l = line([[0, 1]]);
    const coarse = { step: 100, interval: 10 };
    append(l, 10, 3, coarse);
    append(l, 20, 5, coarse);
    append(l, 110, 7, coarse);
    expect(l.points).toEqual([
      [0, 3],
      [100, 7],
    ]);
  });
});

it('a line ends when its next point is overdue, so that its last value is none', () => {
  const l = line([[0, 1]]);
  expect(lapse(l, 30, fine)).toBe(false);
  expect(lapse(l, 40, fine)).toBe(true);
  expect(lapse(l, 50, fine)).toBe(false);
  expect(lastValue(l)).toBeNull();
  append(l, 60, 2, fine);
  expect(l.points).toEqual([
    [0, 1],
    [1, null],
    [60, 2],
  ]);
});

it('trim keeps the point that the first line begins at', () => {
  const l = line([
    [0, 1],
    [10, 2],
    [20, 3],
    [30, 4],
  ]);
  trim(l, 15);
  expect(l.points.map((p) => p[0])).toEqual([10, 20, 30]);
});

describe('rates', () => {
  it('are increases per second', () => {
    const rates = new Rates();
    expect(rates.next('a', 0, 100)).toBeNull();
    expect(rates.next('a', 10_000, 200)).toBe(10);
    expect(rates.next('b', 10_000, 5)).toBeNull();
  });
  it('survive a restart of the counter', () => {
    const rates = new Rates();
    rates.next('a', 0, 1000);
    expect(rates.next('a', 10_000, 50)).toBe(5);
  });
  it('are not made of one moment', () => {
    const rates = new Rates();
    rates.next('a', 1000, 1);
    expect(rates.next('a', 1000, 2)).toBeNull();
  });
});

describe('align', () => {
  it('puts lines on the union of their times', () => {
    const got = align([
      line([
        [0, 1],
        [20, 3],
      ]),
      line(
        [
          [10, 5],
          [20, null],
        ],
        { negative: true },
      ),
    ]);
    expect(got.times).toEqual([0, 10, 20]);
    expect(got.values).toEqual([
      [1, undefined, 3],
      [undefined, -5, null],
    ]);
  });
  it('of nothing is nothing', () => {
    expect(align([])).toEqual({ times: [], values: [] });
  });
});

it('stack adds upwards and downwards apart', () => {
  const lines = [line([]), line([]), line([], { negative: true })];
  const got = stack(
    {
      times: [0, 1],
      values: [
        [1, 2],
        [3, null],
        [-4, undefined],
      ],
    },
    lines,
  );
  expect(got.values).toEqual([
    [1, 2],
    [4, null],
    [-4, -4],
  ]);
});

it('a legend that does not fit has idle lines last', () => {
  const lines = [0, 5, null, 7].map((value) =>
    line([
      [1, 0],
      [2, value],
    ]),
  );
  expect(legendOrder(lines, 4)).toEqual([0, 1, 2, 3]);
  expect(legendOrder(lines, 3)).toEqual([1, 3, 0, 2]);
  expect(legendOrder([], 3)).toEqual([]);
});

it('largest keeps the order', () => {
  const a = line([[0, 1]], { key: 'a' });
  const b = line([[0, -9]], { key: 'b' });
  const c = line([[0, 5]], { key: 'c' });
  const d = line([[0, null]], { key: 'd' });
  expect(largest([a, b, c, d], 2).map((l) => l.key)).toEqual(['b', 'c']);
});

describe('legends', () => {
  it('are filled from labels', () => {
    expect(fillLegend('{device} read', { device: 'sda' })).toBe('sda read');
    expect(fillLegend('{none} read', {})).toBe('read');
  });
  it('fall back to labels that differ, then to the help', () => {
    const sets = [
      { device: 'sda', mode: 'x' },
      { device: 'sdb', mode: 'x' },
    ];
    expect(differing(sets)).toEqual(['device']);
    expect(nameSeries(undefined, sets, 'Bytes')).toEqual(['sda', 'sdb']);
    expect(nameSeries('', [{ device: 'sda' }], 'Bytes')).toEqual(['Bytes']);
    expect(nameSeries('{device}', [{}], 'Bytes')).toEqual(['Bytes']);
  });
  it('do not mix up series', () => {
    expect(seriesKey({ b: '2', a: '1' })).toBe(seriesKey({ a: '1', b: '2' }));
    expect(seriesKey({ a: '1' })).not.toBe(seriesKey({ a: '2' }));
    expect(hasLabels({ a: '1' }, { a: '1' })).toBe(true);
    expect(hasLabels({ a: '1' }, { a: '2' })).toBe(false);
    expect(hasLabels({}, undefined)).toBe(true);
  });
});

describe('levels', () => {
  it('follow thresholds in both directions', () => {
    expect(levelOf(0.5, { warning: 0.8, critical: 0.9 })).toBe('ok');
    expect(levelOf(0.8, { warning: 0.8, critical: 0.9 })).toBe('warning');
    expect(levelOf(0.95, { warning: 0.8, critical: 0.9 })).toBe('critical');
    expect(levelOf(0.05, { warning: 0.2, critical: 0.1 })).toBe('critical');
    expect(levelOf(5, {})).toBe('none');
    expect(levelOf(null, { critical: 1 })).toBe('none');
  });
  it('are read from words', () => {
    expect(levelOfWord('Running')).toBe('ok');
    expect(levelOfWord('unhealthy')).toBe('critical');
    expect(levelOfWord('disk sleep')).toBe('warning');
    expect(levelOfWord('sda')).toBe('none');
    expect(levelOfWord('failed (3)')).toBe('critical');
    expect(levelOfWord('Init:Error')).toBe('critical');
  });
  it('are those that are declared, before what everybody knows', () => {
    const levels = { ok: ['Not charging'], warning: ['exited', 'Running'], critical: ['CrashLoopBackOff'] };
    expect(levelOfWord('crashloopbackoff', levels)).toBe('critical');
    expect(levelOfWord('Init:CrashLoopBackOff', levels)).toBe('critical');
    expect(levelOfWord('exited (137)', levels)).toBe('warning');
    expect(levelOfWord('not-charging', levels)).toBe('ok');
    expect(levelOfWord('running', levels)).toBe('warning');
    expect(levelOfWord('failed', levels)).toBe('critical');
    expect(levelOfWord('Bound', {})).toBe('none');
  });
});

describe('a timeline', () => {
  it('has a row for each thing with one-hot states', () => {
    const lines = [
      line(
        [
          [0, 1],
          [10, 0],
        ],
        { labels: { name: 'web', state: 'running' } },
      ),
      line(
        [
          [0, 0],
          [10, 1],
        ],
        { labels: { name: 'web', state: 'exited' } },
      ),
      line(
        [
          [0, 1],
          [10, 1],
        ],
        { labels: { name: 'db', state: 'running' } },
      ),
    ];
    expect(timelineRows(lines, 15, 25)).toEqual([
      {
        name: 'web',
        oneHot: true,
        spans: [
          { from: 0, to: 10, state: 'running' },
          { from: 10, to: 15, state: 'exited' },
        ],
      },
      { name: 'db', oneHot: true, spans: [{ from: 0, to: 15, state: 'running' }] },
    ]);
  });
  it('names every row, also where things do not have the same labels', () => {
    const state = (labels: Record<string, string>, state: string) =>
      line([[0, 1]], { labels: { host: 'nas', ...labels, state } });
    const names = (...lines: ReturnType<typeof line>[]) => timelineRows(lines, 5, 25).map((row) => row.name);
    expect(
      names(
        state({ pool: 'tank' }, 'online'),
        state({ pool: 'tank', disk: 'sda' }, 'online'),
        state({ pool: 'tank', disk: 'sdb' }, 'faulted'),
      ),
    ).toEqual(['nas tank', 'sda', 'sdb']);
    expect(names(state({}, 'online'), state({}, 'offline'))).toEqual(['']);
    expect(
      names(state({}, 'online'), state({}, 'offline'), line([[0, 1]], { name: 'Asleep', labels: {} })),
    ).toEqual(['', 'Asleep']);
  });
  it('ends a span at a gap and does not draw into silence', () => {
    const got = timelineRows(
      [
        line(
          [
            [0, 1],
            [10, 1],
            [11, null],
            [100, 0],
          ],
          { name: 'up' },
        ),
      ],
      500,
      25,
    );
    expect(got).toEqual([
      {
        name: 'up',
        oneHot: false,
        spans: [
          { from: 0, to: 10, state: '1' },
          { from: 100, to: 100, state: '0' },
        ],
      },
    ]);
  });
});

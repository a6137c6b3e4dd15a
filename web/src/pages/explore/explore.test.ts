import { describe, expect, it } from 'vitest';
import type { Line } from '~/panels/points';
import { before, readComparison } from './compare';
import { csvOf } from './csv';

const line = (name: string, points: Line['points']): Line => ({
  key: name,
  name,
  labels: {},
  negative: false,
  points,
  weight: 1,
});

describe('CSV', () => {
  it('has a row for each time and leaves empty what was not measured', () => {
    const lines = [
      line('a', [
        [0, 1.5],
        [1000, null],
        [2000, 3],
      ]),
      line('b "c", d', [[1000, 2]]),
    ];
    expect(csvOf(lines, 'Time')).toBe(
      [
        'Time,a,"b ""c"", d"',
        '1970-01-01T00:00:00.000Z,1.5,',
        '1970-01-01T00:00:01.000Z,,2',
        '1970-01-01T00:00:02.000Z,3,',
        '',
      ].join('\r\n'),
    );
  });
  it('has no names that a spreadsheet would run', () => {
    expect(csvOf([line('=cmd()', []), line('-1', [])], 'Time').split('\r\n')[0]).toBe("Time,'=cmd(),'-1");
  });
});

describe('a comparison', () => {
  it('moves the earlier time onto the later one', () => {
    const [old] = before([line('a', [[1000, 7]])], 'day', 'a day before');
    expect(old).toMatchObject({ name: 'a, a day before', faded: true, points: [[86_401_000, 7]] });
  });
  it('is none where the address says something else', () => {
    expect([readComparison('week'), readComparison('year'), readComparison(null)]).toEqual([
      'week',
      null,
      null,
    ]);
  });
});

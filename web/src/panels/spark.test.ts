import { expect, it } from 'vitest';
import { sparkPaths } from './spark';

it('a sparkline goes from left to right, with larger values further up', () => {
  const { line, area } = sparkPaths(
    [
      [0, 0],
      [10, 10],
    ],
    100,
    20,
  );
  expect(line).toBe('M0 18.5L100 1.5');
  expect(area).toBe('M0 18.5L100 1.5L100 20L0 20Z');
});

it('a sparkline is broken at gaps', () => {
  const { line } = sparkPaths(
    [
      [0, 1],
      [5, null],
      [10, 2],
    ],
    100,
    20,
  );
  expect(line.match(/M/g)).toHaveLength(2);
});

it('a sparkline of nothing is empty, one of equal values is in the middle', () => {
  expect(sparkPaths([], 10, 10)).toEqual({ line: '', area: '' });
  expect(sparkPaths([[0, null]], 10, 10)).toEqual({ line: '', area: '' });
  expect(
    sparkPaths(
      [
        [0, 5],
        [1, 5],
      ],
      10,
      10,
    ).line,
  ).toBe('M0 5L10 5');
});

it('a sparkline does not make much of a small change', () => {
  const { line } = sparkPaths(
    [
      [0, 22.4],
      [1, 22.5],
    ],
    10,
    20,
  );
  const heights = [...line.matchAll(/ ([\d.]+)/g)].map((match) => Number(match[1]));
  expect(Math.abs((heights[0] ?? 0) - (heights[1] ?? 0))).toBeLessThan(1);
});

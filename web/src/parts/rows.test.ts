import { expect, it } from 'vitest';
import { visibleRows } from './rows';

it('a short list is there as a whole', () => {
  expect(visibleRows(100, 800, 50, 6)).toEqual({ first: 0, last: 6 });
});

it('of a long list there is what can be seen, and four rows around it', () => {
  expect(visibleRows(-1000, 800, 100, 500)).toEqual({ first: 6, last: 22 });
});

it('a list that is scrolled past has no rows', () => {
  const { first, last } = visibleRows(-90_000, 800, 100, 500);
  expect(last - first).toBe(0);
});

it('a list that is still below the window has none either', () => {
  expect(visibleRows(5000, 800, 100, 500)).toEqual({ first: 0, last: 0 });
});

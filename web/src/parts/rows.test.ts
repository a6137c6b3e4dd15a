import { expect, it } from 'vitest';
import { itemsOf, nextItems, visibleRows } from './rows';

it('a short list is there as a whole', () => {
  expect(visibleRows(100, 800, 50, 6, 4)).toEqual({ first: 0, last: 6 });
});

it('of a long list there is what can be seen, and some rows around it', () => {
  expect(visibleRows(-1000, 800, 100, 500, 4)).toEqual({ first: 6, last: 22 });
});

it('a list that is scrolled past has no rows', () => {
  const { first, last } = visibleRows(-90_000, 800, 100, 500, 4);
  expect(last - first).toBe(0);
});

it('a list that is still below the window has none either', () => {
  expect(visibleRows(5000, 800, 100, 500, 4)).toEqual({ first: 0, last: 0 });
});

it('the last row may have fewer items than columns', () => {
  expect(itemsOf({ first: 1, last: 4 }, 5, 17)).toEqual({ first: 5, last: 17 });
});

it('what is seen is there at once, and what is around it comes and goes a few at a time', () => {
  const begun = nextItems({ first: 0, last: 0 }, { first: 0, last: 20 }, { first: 0, last: 35 }, 2);
  expect(begun).toEqual({ first: 0, last: 22 });
  const scrolled = nextItems({ first: 0, last: 35 }, { first: 20, last: 40 }, { first: 5, last: 55 }, 2);
  expect(scrolled).toEqual({ first: 2, last: 40 });
  const back = nextItems({ first: 20, last: 50 }, { first: 15, last: 30 }, { first: 5, last: 45 }, 2);
  expect(back).toEqual({ first: 15, last: 48 });
});

it('far away everything is new', () => {
  const jumped = nextItems({ first: 0, last: 35 }, { first: 300, last: 320 }, { first: 285, last: 335 }, 2);
  expect(jumped).toEqual({ first: 298, last: 322 });
});

it('nothing changes when all that is wanted is there', () => {
  const span = { first: 5, last: 55 };
  expect(nextItems(span, { first: 20, last: 40 }, span, 2)).toEqual(span);
});

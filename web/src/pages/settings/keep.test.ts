import { expect, it } from 'vitest';
import { keepText, keepWidth } from './keep';

it('what is kept for long is said in years', () => {
  expect(keepText(30 * 86400)).toBe('30 days');
  expect(keepText(86400)).toBe('1 day');
  expect(keepText(600)).toBe('1 day');
  expect(keepText(180 * 86400)).toBe('180 days');
  expect(keepText(5 * 365 * 86400)).toBe('5 years');
});

it('the longest bar is whole, and short ones can be seen', () => {
  const longest = 5 * 365 * 86400;
  expect(keepWidth(longest, longest)).toBe(100);
  expect(keepWidth(30 * 86400, longest)).toBeGreaterThan(20);
  expect(keepWidth(0, longest)).toBe(0);
});

import { expect, it } from 'vitest';
import { safeLink } from './link';

it.each([
  ['https://example.org/a', 'https://example.org/a'],
  ['http://example.org/', 'http://example.org/'],
  ['javascript:alert(1)', null],
  ['JAVASCRIPT:alert(1)', null],
  ['data:text/html,x', null],
  ['../README.md', null],
  ['', null],
])('a link to %j becomes %j', (href, want) => {
  expect(safeLink(href)).toBe(want);
});

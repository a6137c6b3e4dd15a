import { expect, it } from 'vitest';
import { KeyReader } from './keys';

it('two keys in a row are a command', () => {
  const keys = new KeyReader();
  expect(keys.press('g', 0)).toBeNull();
  expect(keys.press('s', 500)).toBe('sources');
  expect(keys.press('s', 600)).toBeNull();
});

it('a second key that comes late is none', () => {
  const keys = new KeyReader();
  keys.press('g', 0);
  expect(keys.press('o', 5000)).toBeNull();
});

it('single keys work at any time', () => {
  const keys = new KeyReader();
  keys.press('g', 0);
  expect(keys.press('?', 10)).toBe('help');
  expect(keys.press('/', 20)).toBe('search');
});

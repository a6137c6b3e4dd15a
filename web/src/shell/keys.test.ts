import { expect, it } from 'vitest';
import { KeyReader, keysOf } from './keys';

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

it('what the help sheet says is what the keys do', () => {
  for (const command of ['overview', 'settings', 'again', 'palette', 'help'] as const) {
    const keys = new KeyReader();
    const got = keysOf(command).map((key) => keys.press(key, 0));
    expect(got.at(-1)).toBe(command);
  }
});

import { expect, it } from 'vitest';
import { pathWords, shortValue } from './changes';

it.each([
  ['$.host.kernel', 'host › kernel'],
  ['$.containers[?@.name=="web"].state', 'containers › web › state'],
  ['$.disks[3].free_space', 'disks › 3 › free space'],
  ["$['odd key'].x", 'odd key › x'],
  ['$', '$'],
])('the path %s is read as %s', (path, words) => {
  expect(pathWords(path)).toBe(words);
});

it('values fit in a line', () => {
  expect(shortValue(undefined)).toBe('–');
  expect(shortValue('up')).toBe('up');
  expect(shortValue({ a: [1, null] })).toBe('{"a":[1,null]}');
  expect(shortValue('x'.repeat(500))).toHaveLength(121);
});

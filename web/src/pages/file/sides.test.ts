import { expect, it } from 'vitest';
import type { FileItem } from '~/api/sourceFile';
import { deletes, settled, sideWords } from './sides';

const item = (more: Partial<FileItem>): FileItem => ({
  id: 'nas',
  side: 'file',
  file: true,
  stored: true,
  changes: [],
  errors: [],
  ...more,
});

it.each([
  [item({}), 'Changed in the file'],
  [item({ side: 'stored' }), 'Changed here'],
  [item({ side: 'both' }), 'Changed on both sides'],
  [item({ stored: false }), 'Only in the file'],
  [item({ stored: false, side: 'stored' }), 'Deleted here, still in the file'],
  [item({ file: false }), 'Not in the file any more'],
])('%o is said to be %s', (given, words) => {
  expect(sideWords(given)).toBe(words);
});

it('only what is no more in the file is deleted', () => {
  expect(deletes(item({ file: false }))).toBe(true);
  expect(deletes(item({}))).toBe(false);
  expect(deletes(item({ stored: false }))).toBe(false);
});

it('what was changed on both sides or is wrong is left for a person', () => {
  const all = [
    item({ id: 'a' }),
    item({ id: 'b', side: 'both' }),
    item({ id: 'c', side: 'stored' }),
    item({ id: 'd', errors: [{ path: 'config.url', message: 'is needed' }] }),
  ];
  expect(settled(all, 'file')).toEqual(['a']);
  expect(settled(all, 'stored')).toEqual(['c']);
});

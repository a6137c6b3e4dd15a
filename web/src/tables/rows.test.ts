import { describe, expect, it } from 'vitest';
import type { Column } from '~/api/types';
import { at, contentOf, filterRows, isEmpty, momentOf, plain, sortRows } from './rows';

const name: Column = { key: 'name', title: 'Name', kind: 'text' };
const size: Column = { key: 'size', title: 'Size', kind: 'number', unit: 'bytes' };

describe('a table', () => {
  it('shows the list at its path', () => {
    const got = contentOf(
      { title: 'T', path: 'top.cpu', columns: [name] },
      { top: { cpu: [{ name: 'a' }] } },
    );
    expect(got).toEqual({ kind: 'rows', columns: [name], rows: [{ name: 'a' }] });
  });
  it('shows an object whose fields are its columns as one thing, without what is absent', () => {
    const got = contentOf(
      { title: 'T', path: 'host', columns: [name, size] },
      { host: { name: 'nas', other: 1 } },
    );
    expect(got).toEqual({ kind: 'record', columns: [name], record: { name: 'nas', other: 1 } });
  });
  it('shows the keys of other objects as rows', () => {
    const got = contentOf(
      { title: 'T', path: '', columns: [{ ...name, key: 'key' }, size] },
      { sda: { size: 1 }, sdb: { size: 2 } },
    );
    expect(got).toMatchObject({
      rows: [
        { key: 'sda', size: 1 },
        { key: 'sdb', size: 2 },
      ],
    });
  });
  it('is empty without rows, and without anything known of one thing', () => {
    const of = (path: string, document: unknown) =>
      isEmpty(contentOf({ title: 'T', path, columns: [name] }, document));
    expect(of('list', { list: [] })).toBe(true);
    expect(of('list', {})).toBe(true);
    expect(of('host', { host: { name: '' } })).toBe(true);
    expect(of('host', { host: { name: 'nas' } })).toBe(false);
    expect(of('list', { list: [{}] })).toBe(false);
  });
  it('makes columns where none are declared', () => {
    const got = contentOf(
      { title: 'T', path: 'engine', columns: [] },
      { engine: { api_version: '1.47', live: true } },
    );
    expect(got.kind).toBe('record');
    expect(got.columns).toEqual([
      { key: 'api_version', kind: 'text', title: 'Api version' },
      { key: 'live', kind: 'flag', title: 'Live' },
    ]);
  });
  it('has no rows where the path leads nowhere', () => {
    for (const document of [undefined, null, 5, {}, { top: null }]) {
      expect(contentOf({ title: 'T', path: 'top.cpu', columns: [name] }, document)).toMatchObject({
        rows: [],
      });
    }
  });
  it('shows a list of words under its first column', () => {
    expect(contentOf({ title: 'T', path: 'p', columns: [name] }, { p: ['a', 'b'] })).toMatchObject({
      rows: [{ name: 'a' }, { name: 'b' }],
    });
  });
});

describe('rows', () => {
  const rows = [
    { name: 'disk10', size: 5 },
    { name: 'disk9', size: null },
    { name: 'disk1', size: 50 },
  ];
  it('are sorted as people count, with what is absent last', () => {
    expect(sortRows(rows, name, false).map((row) => row['name'])).toEqual(['disk1', 'disk9', 'disk10']);
    expect(sortRows(rows, size, false).map((row) => row['size'])).toEqual([5, 50, null]);
    expect(sortRows(rows, size, true).map((row) => row['size'])).toEqual([50, 5, null]);
  });
  it('are filtered by every word', () => {
    expect(filterRows(rows, [name], 'disk 9')).toEqual([rows[1]]);
    expect(filterRows(rows, [name], ' ')).toHaveLength(3);
  });
});

it('at follows dotted paths', () => {
  expect(at({ a: { b: [1] } }, 'a.b')).toEqual([1]);
  expect(at({ a: 1 }, 'a.b')).toBeUndefined();
});

it('moments come in two forms', () => {
  expect(momentOf('1970-01-01T00:00:01Z')).toBe(1000);
  expect(momentOf(1)).toBe(1000);
  expect(momentOf(0)).toBeNull();
  expect(momentOf(true)).toBeNull();
});

it('plain shows what is nested', () => {
  expect(plain({ a: [1, 'x'], b: null })).toBe('a: 1, x, b: ');
});

import { expect, it } from 'vitest';
import type { Column, Table } from '~/api/types';
import { columnAt } from './place';

const column = (key: string): Column => ({ key, title: key, kind: 'text' });
const tables: Table[] = [
  { title: 'Machine', path: '', columns: [column('uptime_seconds')] },
  { title: 'Disks', path: 'disks', columns: [column('name'), column('free_bytes')] },
  { title: 'Of one disk', path: 'top.disk', columns: [column('state.word')] },
];

it.each([
  ['$.uptime_seconds', 'uptime_seconds'],
  ['$.disks[3].free_bytes', 'free_bytes'],
  ['$.disks[?@.name=="a].b\\"c"].free_bytes', 'free_bytes'],
  ["$.disks['odd key'].free_bytes", 'free_bytes'],
  ['$.top.disk.state.word', 'state.word'],
  ['$.disks', undefined],
  ['$.diskspace.free_bytes', undefined],
  ['$', undefined],
])('what is at %s is shown by the column %s', (path, key) => {
  expect(columnAt(tables, path)?.key).toBe(key);
});

import { expect, it } from 'vitest';
import type { Source, Status } from '~/api/types';
import { byHost, type KnownHost } from './hosts';

function source(id: string, host: string, category: string, status: Status = 'healthy', plugin = id): Source {
  return {
    id,
    plugin,
    name: id,
    host,
    category,
    icon: '',
    enabled: status !== 'paused',
    interval_seconds: 10,
    timeout_seconds: 5,
    tags: [],
    origin: 'user',
    created: '',
    updated: '',
    revision: 1,
    status: { status, failures: 0 },
  };
}
const hosts: KnownHost[] = [{ id: 'a', name: 'nas', platform: 'linux/amd64' }];

it('hosts in trouble come first, then those whose names do', () => {
  const got = byHost(
    [source('x', 'c', 'web'), source('y', 'a', 'web'), source('z', 'b', 'web', 'failing')],
    hosts,
  );
  expect(got.map((group) => [group.name, group.status, group.bad])).toEqual([
    ['b', 'failing', 1],
    ['c', 'healthy', 0],
    ['nas', 'healthy', 0],
  ]);
});

it('what says most about the machine leads, one of each plugin and none that is paused', () => {
  const [group] = byHost(
    [
      source('web', 'a', 'web'),
      source('disks', 'a', 'storage'),
      source('more disks', 'a', 'storage', 'healthy', 'disks'),
      source('cpu', 'a', 'system'),
      source('net', 'a', 'network', 'paused'),
    ],
    hosts,
  );
  expect(group?.leading.map((each) => each.id)).toEqual(['cpu', 'disks', 'web']);
});

it('a host that is not known yet is called by its ID', () => {
  expect(byHost([source('x', 'q', 'web')], hosts)[0]).toMatchObject({ name: 'q', platform: '' });
});

// More sources than one machine has: a home with a few hosts, or hundreds of
// sources to see how lists behave. All of it is made up.
import type { Host, SourceDetail } from '~/api/types';
import { madeUpSources } from './world';

const begin = Date.now();

/** The made-up machines. */
export const hosts: Host[] = [
  ['nas', 'linux/amd64'],
  ['attic-pi', 'linux/arm64'],
  ['router', 'freebsd/amd64'],
  ['workshop', 'linux/amd64'],
].map(([id = '', platform = '']) => ({
  id,
  name: id,
  platform,
  created: new Date(begin - 9e9).toISOString(),
  last_seen: new Date(begin).toISOString(),
  sources: { total: 10, healthy: 10, degraded: 0, failing: 0, unknown: 0, paused: 0 },
}));

const things = [
  'Photos',
  'Passwords',
  'Wiki',
  'Mail',
  'Calendar',
  'Music',
  'Films',
  'Recipes',
  'Cameras',
  'Paper archive',
  'Feeds',
  'Git',
];

/** Sources over all hosts: every host has the machine's own, the rest is services. */
export function fleet(count: number): SourceDetail[] {
  const models = madeUpSources(true);
  const web = models.find((each) => each.plugin === 'example_site') ?? models[0];
  const out: SourceDetail[] = [];
  for (const host of hosts) {
    for (const model of models) {
      if (model === web || out.length >= count) continue;
      out.push({ ...model, id: `${model.id}-${host.id}`, host: host.id });
    }
  }
  for (let n = 0; web && out.length < count; n++) {
    const round = Math.floor(n / things.length);
    const name = `${things[n % things.length] ?? ''}${round > 0 ? ` ${round + 1}` : ''}`;
    const host = hosts[n % hosts.length];
    out.push({
      ...web,
      id: `site-${n}`,
      name,
      host: host?.id ?? 'nas',
      tags: n % 3 === 0 ? ['outside'] : [],
    });
  }
  const bad = out.find((each) => each.name === 'Photos');
  if (bad) {
    bad.status = {
      ...bad.status,
      status: 'failing',
      since: new Date(begin - 5_400_000).toISOString(),
      failures: 40,
      problem: { kind: 'refused', message: 'GET https://photos.lan: connection refused' },
    };
  }
  const slow = out.find((each) => each.host === 'attic-pi' && each.category === 'storage');
  if (slow) {
    slow.status = {
      ...slow.status,
      status: 'degraded',
      since: new Date(begin - 780_000).toISOString(),
      failures: 2,
      problem: {
        kind: 'permission',
        message: 'reading the health of /dev/sda: permission denied',
        hint: 'add the user that runs Unity to the group disk',
      },
    };
  }
  const resting = out.at(-2);
  if (resting) {
    resting.enabled = false;
    resting.status = { ...resting.status, status: 'paused' };
  }
  return out;
}

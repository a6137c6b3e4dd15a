import type { Host, Source, Status } from '~/api/types';
import { badness } from './sentence';

/** What has to be known of a host. */
export type KnownHost = Pick<Host, 'id' | 'name' | 'platform'>;

/** A host with its sources. */
export interface HostGroup {
  id: string;
  name: string;
  platform: string;
  sources: Source[];
  /** The worst status of its sources. */
  status: Status;
  /** How many of its sources are in trouble. */
  bad: number;
  /** The sources that say most about the machine. */
  leading: Source[];
}

const order = ['system', 'storage', 'network', 'hardware', 'power', 'container', 'virtualization'];

/** How much a source says about its machine; less comes first. */
function rank(source: Source): number {
  const at = order.indexOf(source.category);
  return (at < 0 ? order.length : at) * 86_400 + source.interval_seconds;
}

/** The sources by their hosts: the troubled hosts first, then by name. */
export function byHost(sources: readonly Source[], hosts: readonly KnownHost[]): HostGroup[] {
  const groups = new Map<string, Source[]>();
  for (const source of sources) {
    const group = groups.get(source.host);
    if (group) group.push(source);
    else groups.set(source.host, [source]);
  }
  return [...groups.entries()]
    .map(([id, list]): HostGroup => {
      const host = hosts.find((each) => each.id === id);
      const bad = list.filter(
        (each) => each.status.status === 'failing' || each.status.status === 'degraded',
      );
      const worst = list.reduce<Status>(
        (most, each) => (badness[each.status.status] > badness[most] ? each.status.status : most),
        'paused',
      );
      const plugins = new Set<string>();
      const leading = [...list]
        .sort((a, b) => rank(a) - rank(b) || a.id.localeCompare(b.id))
        .filter((each) => {
          // A second source of a plugin says the same kind of thing again.
          if (!each.enabled || plugins.has(each.plugin)) return false;
          plugins.add(each.plugin);
          return true;
        })
        .slice(0, 3);
      return {
        id,
        name: host?.name ?? id,
        platform: host?.platform ?? '',
        sources: list,
        status: worst,
        bad: bad.length,
        leading,
      };
    })
    .sort((a, b) => badness[b.status] - badness[a.status] || a.name.localeCompare(b.name));
}

// A made-up homelab. Nothing in it is measured, and no plugin of the product
// is named.
import type { Event, Panel, PluginDetail, Source, SourceDetail, Status } from '~/api/types';

const begin = Date.now();

const plugin = (id: string, more: Partial<PluginDetail>): PluginDetail => ({
  id,
  name: id,
  version: '1.0.0',
  category: 'system',
  summary: '',
  icon: 'server',
  tags: [],
  sources: 1,
  can_detect: true,
  supported: true,
  description: '',
  interval_seconds: 10,
  timeout_seconds: 5,
  rights: {},
  metrics: [],
  panels: [],
  tables: [],
  rules: [],
  schema: { type: 'object', properties: {} },
  defaults: {},
  documentation: '',
  ...more,
});

const panel = (
  title: string,
  kind: Panel['kind'],
  unit: string,
  queries: Panel['queries'],
  more: Partial<Panel> = {},
): Panel => ({
  title,
  kind,
  unit,
  queries,
  ...more,
});

export const madeUpPlugins: PluginDetail[] = [
  plugin('example_machine', {
    name: 'Machine',
    category: 'system',
    icon: 'cpu',
    summary: 'Processor, memory and load of the machine Unity runs on.',
    description: 'A made-up machine with a made-up load.',
    rights: { paths: ['/proc', '/sys'] },
    panels: [
      panel('CPU', 'area', 'ratio', [{ metric: 'cpu', legend: 'in use' }], {
        min: 0,
        max: 1,
        warning: 0.85,
        critical: 0.95,
      }),
      panel('Memory', 'stacked', 'bytes', [
        { metric: 'memory', match: { part: 'used' }, legend: 'used' },
        { metric: 'memory', match: { part: 'cached' }, legend: 'cached' },
      ]),
      panel(
        'Load',
        'line',
        '',
        [
          { metric: 'load', match: { over: '1' }, legend: '1 minute' },
          { metric: 'load', match: { over: '5' }, legend: '5 minutes' },
          { metric: 'load', match: { over: '15' }, legend: '15 minutes' },
        ],
        { help: 'How many tasks run or wait. Compare it with the number of processors.' },
      ),
      panel('CPU by mode', 'stacked', 'ratio', [{ metric: 'mode', legend: '{mode}' }], {
        wide: true,
        min: 0,
        max: 1,
      }),
      panel('Uptime', 'stat', 'seconds', [{ metric: 'uptime' }]),
      panel('Disk space', 'gauge', 'ratio', [{ metric: 'space' }], {
        min: 0,
        max: 1,
        warning: 0.8,
        critical: 0.9,
      }),
      panel('Busiest', 'bar', 'cores', [{ metric: 'busy', legend: '{name}', top: 6 }]),
      panel('Running', 'timeline', 'bool', [{ metric: 'running', legend: '{name}' }], { wide: true }),
      panel('State', 'timeline', 'bool', [{ metric: 'state' }], { wide: true }),
      panel('Battery', 'gauge', 'ratio', [{ metric: 'nothing' }]),
    ],
    tables: [
      {
        title: 'This machine',
        path: 'host',
        columns: [
          { key: 'name', title: 'Name', kind: 'text' },
          { key: 'kernel', title: 'Kernel', kind: 'code' },
          { key: 'memory', title: 'Memory', kind: 'number', unit: 'bytes' },
          { key: 'booted', title: 'Booted', kind: 'time' },
        ],
      },
      {
        title: 'Programs',
        path: 'programs',
        columns: [
          { key: 'name', title: 'Name', kind: 'text' },
          { key: 'state', title: 'State', kind: 'status' },
          { key: 'cpu', title: 'CPU', kind: 'number', unit: 'ratio' },
          { key: 'memory', title: 'Memory', kind: 'number', unit: 'bytes' },
          { key: 'age', title: 'Age', kind: 'duration' },
          { key: 'root', title: 'Root', kind: 'flag' },
          { key: 'ports', title: 'Ports', kind: 'list' },
        ],
      },
      {
        title: 'Failed units',
        path: 'failed',
        columns: [{ key: 'name', title: 'Name', kind: 'text' }],
        empty: 'No unit has failed.',
      },
    ],
    documentation:
      '# Machine\n\nWatches a **made-up** machine. See `/proc/stat`.\n\n## Set-up\n\n1. Nothing to do.\n2. <script>alert(1)</script> is never run.\n\n| metric | unit |\n| --- | --- |\n| cpu | ratio |\n\n```\ncpu{} 0.42\n```\n',
  }),
  plugin('example_disks', {
    name: 'Disks',
    category: 'storage',
    icon: 'hard-drive',
    summary: 'How full and how busy file systems are.',
    panels: [
      panel('Space used', 'line', 'ratio', [{ metric: 'used', legend: '{mount}' }], {
        min: 0,
        max: 1,
        warning: 0.85,
      }),
      panel('Disk traffic', 'area', 'bytes_per_second', [
        { metric: 'read', legend: '{device} read' },
        { metric: 'write', legend: '{device} written', negative: true },
      ]),
    ],
  }),
  plugin('example_network', {
    name: 'Network',
    category: 'network',
    icon: 'ethernet-port',
    summary: 'Traffic and errors of every interface.',
    panels: [
      panel('Traffic', 'area', 'bits_per_second', [
        { metric: 'in', legend: '{device} in' },
        { metric: 'out', legend: '{device} out', negative: true },
      ]),
    ],
  }),
  plugin('example_heat', {
    name: 'Temperatures',
    category: 'hardware',
    icon: 'thermometer',
    summary: 'Every sensor the machine has.',
    panels: [
      panel('Temperature', 'line', 'celsius', [{ metric: 'heat', legend: '{sensor}' }], {
        warning: 80,
        critical: 95,
      }),
    ],
  }),
  plugin('example_boxes', {
    name: 'Containers',
    category: 'container',
    icon: 'container',
    summary: 'Containers with their state, processor and memory.',
    panels: [
      panel('CPU by container', 'stacked', 'cores', [{ metric: 'boxes', legend: '{name}' }], { wide: true }),
    ],
  }),
  plugin('example_site', {
    name: 'Web service',
    category: 'web',
    icon: 'globe',
    interval_seconds: 60,
    summary: 'Whether a web page answers, how fast and with what.',
    description: 'Asks for a page as a browser would and checks what comes back.',
    rights: { network: true },
    panels: [panel('Answer time', 'line', 'seconds', [{ metric: 'answer', legend: '{url}' }])],
    schema: {
      type: 'object',
      required: ['url'],
      properties: {
        url: {
          type: 'string',
          title: 'Address',
          description: 'The page to ask for.',
          examples: ['https://nas.lan'],
          minLength: 1,
        },
        method: { type: 'string', title: 'Method', enum: ['GET', 'HEAD'], default: 'GET' },
        token: {
          type: 'string',
          title: 'Token',
          description: 'Sent as a bearer token.',
          writeOnly: true,
          'x-secret': true,
        },
        follow: {
          type: 'boolean',
          title: 'Follow redirects',
          description: 'Up to ten of them.',
          default: true,
        },
        expect: {
          type: 'array',
          title: 'Expected words',
          description: 'All of them must be on the page.',
          items: { type: 'string' },
        },
        headers: {
          type: 'object',
          title: 'Headers',
          additionalProperties: { type: 'string' },
          'x-group': 'advanced',
        },
        timeout: {
          type: 'string',
          title: 'Time limit',
          'x-type': 'duration',
          default: '10s',
          'x-group': 'advanced',
        },
        tries: { type: 'integer', title: 'Tries', minimum: 1, maximum: 5, default: 1, 'x-group': 'advanced' },
      },
    },
    defaults: { url: '', method: 'GET', follow: true, timeout: '10s', tries: 1 },
  }),
];

/** One status for each made-up source; the gallery shows others too. */
export const statuses: Record<string, Status> = { example_boxes: 'failing', example_site: 'degraded' };

export function madeUpSources(calm: boolean): SourceDetail[] {
  return madeUpPlugins.map((each): SourceDetail => {
    const status = calm ? 'healthy' : (statuses[each.id] ?? 'healthy');
    const now = Date.now();
    const source: Source = {
      id: each.id,
      plugin: each.id,
      name: each.name,
      host: 'nas',
      category: each.category,
      icon: each.icon,
      enabled: true,
      interval_seconds: each.interval_seconds,
      timeout_seconds: each.timeout_seconds,
      tags: each.category === 'web' ? ['outside'] : [],
      origin: 'detected',
      created: new Date(begin - 9e8).toISOString(),
      updated: new Date(begin - 9e8).toISOString(),
      revision: 1,
      status: {
        status,
        since: new Date(begin - 3_720_000).toISOString(),
        failures: status === 'failing' ? 9 : status === 'degraded' ? 2 : 0,
        last_run: new Date(now - 4000).toISOString(),
        last_success: new Date(begin - 3_720_000).toISOString(),
        next_run: new Date(now + 6000).toISOString(),
        ...(status === 'failing'
          ? {
              problem: {
                kind: 'permission',
                message: 'opening /var/run/engine.sock: permission denied',
                hint: 'add the user that runs Unity to the group of the socket, then restart Unity',
              },
            }
          : status === 'degraded'
            ? { problem: { kind: 'timeout', message: 'GET https://nas.lan: no answer within 10 s' } }
            : {}),
      },
    };
    return { ...source, config: { ...(each.defaults as object), url: 'https://nas.lan', token: '********' } };
  });
}

export function madeUpEvents(): Event[] {
  const at = (minutes: number) => new Date(begin - minutes * 60_000).toISOString();
  const event = (
    id: number,
    minutes: number,
    severity: Event['severity'],
    title: string,
    source: string,
  ): Event => ({
    id: String(id),
    time: at(minutes),
    kind: 'status_changed',
    source,
    host: 'nas',
    severity,
    title,
    detail: { from: 'healthy', to: severity === 'critical' ? 'failing' : 'degraded' },
  });
  return [
    event(6, 2, 'info', 'Backup container started', 'example_boxes'),
    event(5, 31, 'warning', 'Web service is degraded', 'example_site'),
    event(4, 62, 'critical', 'Containers is failing', 'example_boxes'),
    event(3, 190, 'info', 'Interface eth1 is up', 'example_network'),
    event(2, 60 * 26, 'warning', '/srv/media is 86 % full', 'example_disks'),
    event(1, 60 * 30, 'info', 'Machine restarted', 'example_machine'),
  ];
}

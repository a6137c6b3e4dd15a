// What the made-up server says of itself.
import type { SnapshotDifference } from '~/api/snapshots';
import type { FileDifference } from '~/api/sourceFile';
import type { Health, Setting } from '~/api/system';

const setting = (path: string, value: string, help: string, more: Partial<Setting> = {}): Setting => ({
  path,
  value,
  default: value,
  help,
  variable: `UNITY_${path.toUpperCase().replaceAll('.', '_')}`,
  origin: 'default',
  changeable: true,
  ...more,
});
const fromFile = { origin: 'file', changeable: false, why: 'it is set in unity.yaml' } as const;

export const settings: Setting[] = [
  setting('storage.raw_retention', '720h', 'How long every sample is kept.'),
  setting('storage.max_bytes', '2GiB', 'How large the database may become; `0` is without a bound.', {
    default: '0',
    origin: 'interface',
  }),
  setting('storage.max_write_per_day', '0', 'How much may be written to the disk in a day.'),
  setting('schedule.spread', 'true', 'Whether sources are collected one after the other.'),
  setting('server.listen', '0.0.0.0:8080', 'Where Unity can be reached.', {
    default: '127.0.0.1:8080',
    ...fromFile,
  }),
  setting('server.public_url', '', 'The address that people use.', {
    value: 'https://unity.lan',
    origin: 'environment',
    changeable: false,
    why: 'it is set by UNITY_SERVER_PUBLIC_URL',
  }),
];

export const health: Health = {
  version: 'gallery',
  go_version: 'go1.26.0',
  platform: 'linux/amd64',
  uptime_seconds: 973_000,
  memory_bytes: 48_300_000,
  goroutines: 61,
  schedule: {
    sources: 39,
    running: 2,
    waiting: 0,
    stuck: 0,
    runs: 482_113,
    abandoned: 3,
    panicked: 0,
    skipped: 12,
    lag_seconds: 0.042,
  },
  queues: { open_samples: 73_011, journal_bytes: 812_000, lost_samples: 0 },
  cache: { redis: false },
  database: {
    engine: 'SQLite',
    location: '/var/lib/unity/unity.db',
    bytes: 14_200_000,
    journal_bytes: 812_000,
    series: 1243,
    open_samples: 73_011,
    open_seconds: 2576,
    lost_samples: 0,
    notes: [],
    packing: [],
    tiers: [
      { step_seconds: 0, keep_seconds: 30 * 86_400, bytes: 9_800_000 },
      { step_seconds: 300, keep_seconds: 180 * 86_400, bytes: 3_100_000 },
      { step_seconds: 3600, keep_seconds: 5 * 365 * 86_400, bytes: 1_300_000 },
    ],
  },
};

/** What changed in a made-up machine. */
export function difference(now: number): SnapshotDifference {
  return {
    from: new Date(now - 3_600_000).toISOString(),
    to: new Date(now - 4000).toISOString(),
    all: true,
    changes: [
      { path: '$.host.kernel', old: '6.12.41-amd64', new: '6.12.43-amd64' },
      { path: '$.programs[?@.name=="photo-index"]', new: { state: 'running', root: false } },
      { path: '$.programs[?@.name=="old-proxy"]', old: { state: 'sleeping', root: true } },
    ],
  };
}

/** Where the made-up settings file and what is stored do not agree. */
export const fileDifference: FileDifference = {
  file: '/etc/unity/unity.yaml',
  auto: false,
  items: [
    {
      id: 'example_site',
      side: 'file',
      file: true,
      stored: true,
      changes: [
        { path: '$.interval', old: '1m', new: '30s' },
        { path: '$.config.expect[0]', new: '<b>Welcome</b> home' },
      ],
      errors: [],
    },
    {
      id: 'example_disks',
      side: 'both',
      file: true,
      stored: true,
      changes: [{ path: '$.name', old: 'Disks', new: 'All disks' }],
      errors: [],
    },
    { id: 'attic', side: 'file', file: false, stored: true, changes: [], errors: [] },
    {
      id: 'example_boxes',
      side: 'stored',
      file: true,
      stored: true,
      changes: [{ path: '$.tags', old: ['home'], new: [] }],
      errors: [{ path: 'config.socket', message: 'must be an absolute path' }],
    },
  ],
};

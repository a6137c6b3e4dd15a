import type { Labels } from '~/api/types';

/** A made-up series: its labels, and its value at a time in milliseconds. */
export interface Wave {
  labels: Labels;
  at: (time: number) => number;
}

const noise = (time: number, seed: number) => {
  const x = Math.sin(Math.floor(time / 10_000) * 12.9898 + seed * 78.233) * 43_758.5453;
  return x - Math.floor(x);
};

const wave = (base: number, swing: number, minutes: number, seed: number) => (time: number) =>
  Math.max(
    0,
    base +
      swing * Math.sin((time / 60_000 / minutes) * 2 * Math.PI + seed) +
      swing * 0.5 * Math.sin((time / 60_000 / (minutes * 0.27)) * 2 * Math.PI + seed * 2) +
      swing * 0.5 * (noise(time, seed) - 0.5) +
      (noise(Math.floor(time / 240_000) * 10_000, seed) > 0.9 ? swing * 1.6 * noise(time, seed + 1) : 0),
  );

const gib = 1024 ** 3;
const several = (label: string, waves: Record<string, (time: number) => number>): Wave[] =>
  Object.entries(waves).map(([value, at]) => ({ labels: { [label]: value }, at }));

/** The series of every made-up metric. */
export const waves: Record<string, Wave[]> = {
  cpu: [{ labels: {}, at: wave(0.24, 0.12, 47, 1) }],
  memory: several('part', {
    used: wave(9.4 * gib, 0.5 * gib, 90, 2),
    cached: wave(4.1 * gib, 0.3 * gib, 60, 3),
  }),
  load: several('over', {
    '1': wave(1.4, 0.7, 30, 4),
    '5': wave(1.3, 0.35, 45, 4.4),
    '15': wave(1.2, 0.15, 90, 4.8),
  }),
  mode: several('mode', {
    user: wave(0.14, 0.06, 47, 5),
    system: wave(0.06, 0.02, 40, 6),
    iowait: wave(0.03, 0.025, 25, 7),
    irq: wave(0.01, 0.004, 20, 8),
  }),
  uptime: [{ labels: {}, at: (time) => (time - Date.now()) / 1000 + 11.3 * 86_400 }],
  space: [{ labels: {}, at: () => 0.83 }],
  busy: several('name', {
    'media-server': wave(1.2, 0.5, 30, 9),
    database: wave(0.6, 0.2, 30, 10),
    'photo-index': wave(0.4, 0.3, 30, 11),
    proxy: wave(0.1, 0.05, 30, 12),
    'a-service-with-a-rather-long-name-indeed': wave(0.05, 0.02, 30, 13),
  }),
  running: several('name', {
    'media-server': () => 1,
    database: (time) => (noise(Math.floor(time / 600_000) * 10_000, 3) > 0.12 ? 1 : 0),
    proxy: (time) => (noise(Math.floor(time / 900_000) * 10_000, 8) > 0.2 ? 1 : 0),
  }),
  state: ['running', 'restarting', 'failed'].map((state, n) => ({
    labels: { state },
    at: (time) => {
      const x = noise(Math.floor(time / 400_000) * 10_000, 21);
      return (x > 0.85 ? 2 : x > 0.7 ? 1 : 0) === n ? 1 : 0;
    },
  })),
  used: several('mount', {
    '/': () => 0.42,
    '/srv/media': (t) => 0.86 + t * 0,
    '/srv/backup': wave(0.61, 0.01, 300, 14),
  }),
  read: several('device', { sda: wave(14e6, 12e6, 35, 15), nvme0n1: wave(32e6, 20e6, 25, 16) }),
  write: several('device', { sda: wave(9e6, 8e6, 50, 17), nvme0n1: wave(18e6, 14e6, 22, 18) }),
  in: several('device', { eth0: wave(240e6, 180e6, 40, 19), wg0: wave(30e6, 24e6, 26, 20) }),
  out: several('device', { eth0: wave(80e6, 60e6, 33, 21), wg0: wave(12e6, 9e6, 28, 22) }),
  heat: several('sensor', {
    'CPU package': wave(58, 6, 47, 23),
    nvme0n1: wave(44, 2, 80, 24),
    sda: wave(36, 0.6, 90, 25),
  }),
  boxes: several('name', {
    'media-server': wave(0.9, 0.4, 30, 26),
    database: wave(0.3, 0.1, 40, 27),
    proxy: wave(0.1, 0.04, 20, 28),
  }),
  answer: several('url', { 'https://nas.lan': wave(0.084, 0.03, 37, 29) }),
};

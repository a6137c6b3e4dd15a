import type { Panel } from '~/api/types';

/** How bad a value is, and the names of colours for it. */
export type Level = 'none' | 'ok' | 'warning' | 'critical';

/** The level of a value under a panel's thresholds. Where critical is below warning, small is bad. */
export function levelOf(value: number | null, panel: Pick<Panel, 'warning' | 'critical'>): Level {
  const { warning, critical } = panel;
  if (value === null || (warning === undefined && critical === undefined)) return 'none';
  const smallIsBad = warning !== undefined && critical !== undefined && critical < warning;
  const beyond = (bound: number | undefined) =>
    bound !== undefined && (smallIsBad ? value <= bound : value >= bound);
  if (beyond(critical)) return 'critical';
  return beyond(warning) ? 'warning' : 'ok';
}

const good =
  /^(ok|healthy|running|active|online|up|on|yes|true|success|succeeded|passed|good|connected|enabled|normal|mounted|synced|ready|idle|complete|completed|clean|open|listening|info)$/;
const bad =
  /^(critical|failed|failing|failure|error|dead|down|offline|unhealthy|faulted|lost|expired|oom|killed|crashed|stopped_unexpectedly|timed_out|panicked|abandoned|unreachable|refused|corrupt|zombie)$/;
const doubtful =
  /^(warning|degraded|restarting|partial|stale|starting|stopping|removing|resilvering|rebuilding|pending|slow|throttled|expiring|dormant|lowerlayerdown|disk_sleep|paused)$/;

/** The level that a word such as "running" or "failed" stands for; none for words it does not know. */
export function levelOfWord(word: string): Level {
  const plain = word
    .trim()
    .toLowerCase()
    .replaceAll(/[\s-]+/g, '_');
  if (good.test(plain)) return 'ok';
  if (bad.test(plain)) return 'critical';
  if (doubtful.test(plain)) return 'warning';
  return 'none';
}

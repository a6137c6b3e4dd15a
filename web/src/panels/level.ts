import type { Threshold } from '~/api/dashboards';
import type { Levels } from '~/api/types';
import type { Picture } from './picture';

/** How bad a value is, and the names of colours for it. */
export type Level = 'none' | 'ok' | 'warning' | 'critical';

/** What decides about the level of a value. */
export type Bounds = Pick<Picture, 'warning' | 'critical' | 'thresholds'>;

/** The level of a value under a panel's thresholds. Where critical is below warning, small is bad. */
export function levelOf(value: number | null, panel: Bounds): Level {
  const { warning, critical, thresholds } = panel;
  if (value === null) return 'none';
  if (thresholds && thresholds.length > 0) return levelAmong(value, thresholds);
  if (warning === undefined && critical === undefined) return 'none';
  const smallIsBad = warning !== undefined && critical !== undefined && critical < warning;
  const beyond = (bound: number | undefined) =>
    bound !== undefined && (smallIsBad ? value <= bound : value >= bound);
  if (beyond(critical)) return 'critical';
  return beyond(warning) ? 'warning' : 'ok';
}

/** The level of the nearest threshold that holds; ok where none does and none says what ok is. */
function levelAmong(value: number, thresholds: readonly Threshold[]): Level {
  let nearest: Threshold | undefined;
  for (const each of thresholds) {
    const holds = each.below ? value <= each.value : value >= each.value;
    if (holds && (!nearest || Math.abs(value - each.value) < Math.abs(value - nearest.value))) nearest = each;
  }
  if (nearest) return nearest.level;
  return thresholds.some((each) => each.level === 'ok') ? 'none' : 'ok';
}

const good =
  /^(ok|healthy|running|active|online|up|on|yes|true|success|succeeded|passed|good|connected|enabled|normal|mounted|synced|ready|idle|complete|completed|clean|open|listening|info)$/;
const bad =
  /^(critical|failed|failing|failure|error|dead|down|offline|unhealthy|faulted|lost|expired|oom|killed|crashed|stopped_unexpectedly|timed_out|panicked|abandoned|unreachable|refused|corrupt|zombie)$/;
const doubtful =
  /^(warning|degraded|restarting|partial|stale|starting|stopping|removing|resilvering|rebuilding|pending|slow|throttled|expiring|dormant|lowerlayerdown|disk_sleep|paused)$/;

/** The level that a word such as "running" or "failed" stands for; none for words that nobody knows. */
export function levelOfWord(word: string, declared?: Levels): Level {
  // "exited (1)" is exited and "Init:Error" an error, where nothing is said of the whole.
  const forms = [word, word.replace(/\s*\(.*$/, ''), word.slice(word.lastIndexOf(':') + 1)].map(plainOf);
  for (const form of forms) {
    const level = levels.find((each) => declared?.[each]?.some((known) => plainOf(known) === form));
    if (level) return level;
  }
  for (const form of forms) {
    if (good.test(form)) return 'ok';
    if (bad.test(form)) return 'critical';
    if (doubtful.test(form)) return 'warning';
  }
  return 'none';
}

const levels = ['critical', 'warning', 'ok'] as const;

/** A word as it is compared: case does not matter, nor what joins its parts. */
function plainOf(word: string): string {
  return word
    .trim()
    .toLowerCase()
    .replaceAll(/[\s-]+/g, '_');
}

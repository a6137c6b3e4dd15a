import type { Source, Status } from '~/api/types';
import { parseTime, since } from '~/format/time';
import { problemPhrase, text } from '~/messages';

/** How bad a status is; larger is worse. */
export const badness: Record<Status, number> = { failing: 4, degraded: 3, unknown: 2, healthy: 1, paused: 0 };

export interface Sentence {
  /** The worst status among what is collected. */
  status: Status;
  words: string;
}

/** How many sources have a status. */
function count(sources: readonly Source[], status: Status): number {
  return sources.filter((source) => source.status.status === status).length;
}

/** The sources that do not do well, the worst and then the longest first. */
export function troubled(sources: readonly Source[]): Source[] {
  return sources
    .filter((source) => source.status.status === 'failing' || source.status.status === 'degraded')
    .sort(
      (a, b) =>
        badness[b.status.status] - badness[a.status.status] ||
        (parseTime(a.status.since) ?? 0) - (parseTime(b.status.since) ?? 0),
    );
}

/** The healthy sources that were collected and say themselves that something is wrong. */
export function complaining(sources: readonly Source[]): Source[] {
  return sources.filter((source) => source.status.status === 'healthy' && source.status.problem);
}

const day = 86_400_000;
/** What is longer than this is read below, and not in the sentence. */
const longest = 90;

/** What is wrong with a source in words, and since when, or how old what it shows has become. */
function complaint(source: Source, now: number): string {
  const what = problemPhrase(source.status.problem?.kind, source.status.status);
  const start = parseTime(source.status.since) ?? now;
  const last = parseTime(source.status.last_success);
  if (last !== null && now - last >= day) {
    return text.overview.old(source.name, what, Math.floor((now - last) / day));
  }
  return text.overview.since(source.name, what, since(start, now));
}

/** One honest sentence about everything that is watched. */
export function sentence(sources: readonly Source[], now: number): Sentence {
  if (sources.length === 0) return { status: 'unknown', words: text.overview.nothing };
  const active = sources.filter((source) => source.status.status !== 'paused');
  const paused = sources.length - active.length;
  const unknown = count(active, 'unknown');
  const healthy = count(active, 'healthy');
  if (active.length === 0) return { status: 'paused', words: text.overview.allPaused };
  if (unknown === active.length) return { status: 'unknown', words: text.overview.first(unknown) };

  const pausedWords = paused > 0 ? [text.overview.paused(paused)] : [];
  const complains = complaining(active).find(
    (source) => (source.status.problem?.message.length ?? longest) < longest,
  );
  if (healthy === active.length && !complains) {
    const all = text.overview.allHealthy(active.length);
    return { status: 'healthy', words: paused > 0 ? `${all.slice(0, -1)}; ${pausedWords.join('')}.` : all };
  }
  const parts = [text.overview.someHealthy(healthy, active.length)];
  const [worst, ...others] = troubled(active);
  if (worst) {
    parts.push(complaint(worst, now));
    if (others.length > 0) parts.push(text.overview.others(others.length));
  }
  if (!worst && complains) {
    parts.push(text.overview.says(complains.name, complains.status.problem?.message ?? ''));
  }
  if (unknown > 0) parts.push(text.overview.waiting(unknown));
  parts.push(...pausedWords);
  return {
    status: worst ? worst.status.status : complains ? 'degraded' : 'unknown',
    words: `${parts.join('; ')}.`,
  };
}

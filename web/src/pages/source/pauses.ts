/** For how long a source may rest. */
export type Pause = 'hour' | 'morning' | 'week' | 'until' | 'open';

export const pauses: readonly Pause[] = ['hour', 'morning', 'week', 'open', 'until'];

const hour = 3_600_000;

/**
 * When a source that rests is collected again; null for when somebody enables
 * it, undefined where a time was typed that does not do.
 */
export function pauseEnd(pause: Pause, typed: string, now: number): Date | null | undefined {
  switch (pause) {
    case 'hour':
      return new Date(now + hour);
    case 'morning':
      return nextMorning(now);
    case 'week':
      return new Date(now + 7 * 24 * hour);
    case 'until': {
      const end = new Date(typed);
      return end.getTime() > now && end.getTime() <= now + 365 * 24 * hour ? end : undefined;
    }
    case 'open':
      return null;
  }
}

/** The next eight o'clock in the morning where the browser is. */
export function nextMorning(now: number): Date {
  const morning = new Date(now);
  morning.setHours(8, 0, 0, 0);
  if (morning.getTime() <= now) morning.setDate(morning.getDate() + 1);
  return morning;
}

/** A time as the browser's box for times has it: 2026-03-04T08:00, in the reader's zone. */
export function boxTime(time: Date): string {
  const two = (n: number) => String(n).padStart(2, '0');
  const date = [time.getFullYear(), two(time.getMonth() + 1), two(time.getDate())].join('-');
  return `${date}T${two(time.getHours())}:${two(time.getMinutes())}`;
}

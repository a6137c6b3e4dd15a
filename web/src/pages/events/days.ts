import type { Event } from '~/api/types';
import { parseTime, sameDay } from '~/format/time';

/** The events of one day. */
export interface Day {
  /** A moment of it, in milliseconds since 1970. */
  time: number;
  items: Event[];
}

/**
 * Events by day, the newest first. They come in the order in which they were
 * told of, which is another one where a log is read late.
 */
export function byDay(events: readonly Event[]): Day[] {
  const timed = events
    .map((event) => ({ event, time: parseTime(event.time) ?? 0 }))
    .sort((a, b) => b.time - a.time);
  const days: Day[] = [];
  for (const { event, time } of timed) {
    const day = days.at(-1);
    if (day && sameDay(day.time, time)) day.items.push(event);
    else days.push({ time, items: [event] });
  }
  return days;
}

import { expect, it } from 'vitest';
import { boxTime, nextMorning, pauseEnd } from './pauses';

const now = Date.parse('2026-03-04T12:30:00Z');
const iso = (time: Date | null | undefined) => (time ? time.toISOString() : time);

it('a pause ends after its time', () => {
  expect(iso(pauseEnd('hour', '', now))).toBe('2026-03-04T13:30:00.000Z');
  expect(iso(pauseEnd('week', '', now))).toBe('2026-03-11T12:30:00.000Z');
  expect(iso(pauseEnd('morning', '', now))).toBe('2026-03-05T08:00:00.000Z');
  expect(pauseEnd('open', '', now)).toBeNull();
});

it('the morning is the next one', () => {
  expect(iso(nextMorning(Date.parse('2026-03-04T07:59:59Z')))).toBe('2026-03-04T08:00:00.000Z');
  expect(iso(nextMorning(Date.parse('2026-03-04T08:00:00Z')))).toBe('2026-03-05T08:00:00.000Z');
  expect(iso(nextMorning(Date.parse('2026-12-31T20:00:00Z')))).toBe('2027-01-01T08:00:00.000Z');
});

it('a typed time is in the future and within a year', () => {
  expect(iso(pauseEnd('until', '2026-03-04T18:00', now))).toBe('2026-03-04T18:00:00.000Z');
  expect(pauseEnd('until', '2026-03-04T12:00', now)).toBeUndefined();
  expect(pauseEnd('until', '2028-01-01T00:00', now)).toBeUndefined();
  expect(pauseEnd('until', '', now)).toBeUndefined();
});

it('a time is written as the box for it wants it', () => {
  expect(boxTime(new Date(2026, 2, 4, 8, 5))).toBe('2026-03-04T08:05');
});

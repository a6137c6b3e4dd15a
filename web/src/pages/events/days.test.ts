import { describe, expect, it } from 'vitest';
import type { Event } from '~/api/types';
import { byDay } from './days';

const event = (id: string, time: string): Event => ({ id, time, kind: 'x', severity: 'info', title: '' });

describe('events by day', () => {
  it('has each day once, also when something old was told of late', () => {
    const days = byDay([
      event('4', '2026-03-04T09:00:00Z'),
      event('3', '2026-03-02T10:00:00Z'),
      event('2', '2026-03-04T08:00:00Z'),
      event('1', '2026-03-02T09:00:00Z'),
    ]);
    expect(days.map((day) => day.items.map(({ id }) => id))).toEqual([
      ['4', '2'],
      ['3', '1'],
    ]);
  });
  it('is nothing for no events', () => {
    expect(byDay([])).toEqual([]);
  });
});

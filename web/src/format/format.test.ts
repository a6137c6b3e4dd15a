import { describe, expect, it } from 'vitest';
import { compareNames, labelText, matches, sentenceCase } from './text';
import { ago, duration, durationText, parseDuration, parseTime, tickTime } from './time';
import { axisTexts, formatValue, fullNumber, quantity, scaleFor, tickSteps } from './units';

const nbsp = '\u00a0';

describe('formatValue', () => {
  const cases: [number | null, string, string][] = [
    [0, 'bytes', '0 B'],
    [1023, 'bytes', '1023 B'],
    [1024, 'bytes', '1 KiB'],
    [1500, 'bytes', '1500 B'],
    [9000, 'bytes', '9000 B'],
    [10_008, 'bytes', '9.77 KiB'],
    [15_000, 'bytes', '14.6 KiB'],
    [16_654_901_248, 'bytes', '15.5 GiB'],
    [1500, 'bytes_per_second', '1.5 kB/s'],
    [1e9, 'bits_per_second', '1 Gbit/s'],
    [0.4237, 'ratio', '42.4 %'],
    [1.5, 'ratio', '150 %'],
    [0.0004, 'ratio', '0.04 %'],
    [0.0123, 'seconds', '12.3 ms'],
    [2.5e-5, 'seconds', '25 µs'],
    [93784, 'seconds', '1 d 2 h'],
    [54.25, 'celsius', '54.3 °C'],
    [-3, 'celsius', '-3 °C'],
    [2.4e9, 'hertz', '2.4 GHz'],
    [0.5, 'watts', '500 mW'],
    [1234, '', '1234'],
    [12345, '', '12.3 k'],
    [0.123, '', '0.12'],
    [1, 'bool', 'yes'],
    [3.2, 'cores', '3.2 cores'],
    [7, 'parsecs', '7 parsecs'],
    [null, 'bytes', '–'],
    [Number.NaN, '', '–'],
  ];
  it.each(cases)('shows %s %s as %s', (value, unit, want) => {
    expect(formatValue(value, unit).replaceAll(nbsp, ' ')).toBe(want);
  });

  it('shows numbers of tables in full', () => {
    const shown = [2024, 27_521, 0.5, 1_234_567, 3.14159, 1234.567, 0.0314].map(fullNumber);
    expect(shown).toEqual(['2024', '27,521', '0.5', '1,234,567', '3.14', '1235', '0.031']);
  });
  it('has the digits that are asked for', () => {
    expect(formatValue(1.5, 'celsius', 2).replaceAll(nbsp, ' ')).toBe('1.50 °C');
    expect(formatValue(0.4237, 'ratio', 0).replaceAll(nbsp, ' ')).toBe('42 %');
  });
  it('never shows a negative zero', () => {
    expect(quantity(-0, 'bytes').text).toBe('0');
  });
});

describe('an axis', () => {
  const read = (ticks: number[], unit: string, mirrored = false) =>
    axisTexts(ticks, unit, mirrored).map((t) => t.replaceAll(nbsp, ' '));

  it('uses one scale for all ticks', () => {
    expect(read([0, 0.5 * 1024 ** 3, 1024 ** 3], 'bytes')).toEqual(['0', '0.5 GiB', '1 GiB']);
  });
  it('has as many digits as tell ticks apart', () => {
    expect(read([0, 0.0025, 0.005], 'ratio')).toEqual(['0', '0.25 %', '0.5 %']);
  });
  it('shows what is drawn below it without a sign', () => {
    expect(read([-2e6, 0, 2e6], 'bytes_per_second', true)).toEqual(['2 MB/s', '0', '2 MB/s']);
  });
  it('says lengths of time as people do where they are no whole units', () => {
    expect(read([5400, 7200, 9000], 'seconds')).toEqual(['1 h 30 min', '2 h', '2 h 30 min']);
    expect(read([0, 3600, 7200], 'seconds')).toEqual(['0', '1 h', '2 h']);
  });
  it('keeps the sign of what is negative', () => {
    expect(read([-10, 0, 10], 'celsius')).toEqual(['-10 °C', '0', '10 °C']);
  });
  it('has steps of whole binary units for bytes', () => {
    expect(tickSteps('', true)[0]).toBe(1);
    expect(tickSteps('', true)).not.toContain(2.5);
    expect(tickSteps('bytes')).toContain(4 * 1024 ** 3);
    expect(tickSteps('bytes')).not.toContain(5 * 1024 ** 3);
  });
  it('keeps a step ladder in order for every unit', () => {
    for (const unit of ['', 'bytes', 'seconds', 'ratio']) {
      const steps = tickSteps(unit);
      expect([...steps].sort((a, b) => a - b)).toEqual(steps);
    }
  });
  it('keeps the base unit for nothing', () => {
    expect(scaleFor('watts', 0).suffix).toBe('W');
  });
});

describe('durations', () => {
  it.each([
    [0, '0 s'],
    [0.0005, '500 µs'],
    [0.25, '250 ms'],
    [1.25, '1.3 s'],
    [59.6, '1 min'],
    [61, '1 min 1 s'],
    [3661, '1 h 1 min'],
    [86_399, '1 d'],
    [90_000, '1 d 1 h'],
    [-61, '−1 min 1 s'],
  ])('shows %s seconds as %s', (seconds, want) => {
    expect(duration(seconds).replaceAll(nbsp, ' ')).toBe(want);
  });

  it.each([
    ['1h30m', 5400],
    ['250ms', 0.25],
    ['10s', 10],
    ['1.5h', 5400],
    ['0', 0],
    ['-5s', null],
    ['1d12h', 129_600],
    ['12h1d', null],
    ['', null],
    ['10', null],
    ['ten seconds', null],
    ['5s ', 5],
  ])('reads %j', (text, want) => {
    const got = parseDuration(text);
    if (want === null) expect(got).toBeNull();
    else expect(got).toBeCloseTo(want);
  });

  it('writes days where there are whole ones', () => {
    expect([3600, 86_400, 129_600, 336 * 3600].map(durationText)).toEqual(['1h', '1d', '36h', '14d']);
  });
  it.each([0, 0.25, 1, 10, 90, 3600, 5400, 3661, 1_209_600])('writes %s so that it reads back', (seconds) => {
    expect(parseDuration(durationText(seconds))).toBeCloseTo(seconds);
  });
});

describe('moments', () => {
  it('are told by the largest part', () => {
    expect(ago(0, 2000)).toBe('now');
    expect(ago(0, 120_000)).toBe('2 min. ago');
    expect(ago(0, 2 * 86_400_000)).toBe('2 days ago');
    expect(ago(30_000, 0)).toBe('in 30 sec.');
  });
  it('are absent when nothing was set', () => {
    expect(parseTime('0001-01-01T00:00:00Z')).toBeNull();
    expect(parseTime(undefined)).toBeNull();
    expect(parseTime('not a time')).toBeNull();
    expect(parseTime('1970-01-01T00:00:01.500Z')).toBe(1500);
  });
  it('are ticks with the day at midnight', () => {
    const midnight = new Date(2026, 0, 2).getTime();
    expect(tickTime(midnight, 3600)).toBe('Jan 2');
    expect(tickTime(midnight + 3_600_000, 3600)).toMatch(/1:00/);
  });
});

describe('texts', () => {
  it('name a series by its only label', () => {
    expect(labelText({ device: 'sda' })).toBe('sda');
    expect(labelText({ device: 'sda', mode: 'read' })).toBe('device sda, mode read');
    expect(labelText({ device: 'sda', mode: 'read' }, ['mode'])).toBe('read');
    expect(labelText({})).toBe('');
  });
  it('become sentences', () => {
    expect(sentenceCase('not_installed')).toBe('Not installed');
    expect(sentenceCase('dns')).toBe('DNS');
  });
  it('are in order as people count', () => {
    expect(['Gi0/10', 'gi0/2', 'Gi0/1'].sort(compareNames)).toEqual(['Gi0/1', 'gi0/2', 'Gi0/10']);
  });
  it('match when every word is somewhere', () => {
    expect(matches('cpu nas', 'NAS', 'CPU usage')).toBe(true);
    expect(matches('cpu disk', 'CPU usage')).toBe(false);
    expect(matches('', undefined)).toBe(true);
  });
});

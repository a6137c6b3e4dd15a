import { describe, expect, it } from 'vitest';
import type { Panel, Source, Status } from '~/api/types';
import { hostPanels } from './choose';
import { sentence, troubled } from './sentence';

const now = Date.parse('2026-03-04T12:00:00Z');

function source(name: string, status: Status, more: Partial<Source> = {}, kind?: string): Source {
  return {
    id: name,
    plugin: `${name}_plugin`,
    name,
    host: 'nas',
    category: 'system',
    icon: 'cpu',
    enabled: status !== 'paused',
    interval_seconds: 10,
    timeout_seconds: 5,
    tags: [],
    origin: 'user',
    created: '',
    updated: '',
    revision: 1,
    status: {
      status,
      since: '2026-03-04T10:32:00Z',
      failures: 0,
      ...(kind ? { problem: { kind, message: 'm' } } : {}),
    },
    ...more,
  };
}

describe('the sentence', () => {
  const said = (...sources: Source[]) => sentence(sources, now).words;

  it('says when all is well', () => {
    expect(said(source('a', 'healthy'), source('b', 'healthy'))).toBe('All 2 sources are healthy.');
    expect(said(source('a', 'healthy'))).toBe('The one source is healthy.');
    expect(said(source('a', 'healthy'), source('b', 'healthy'), source('c', 'paused'))).toBe(
      'All 2 sources are healthy; 1 paused.',
    );
  });
  it('names what is wrong and since when', () => {
    expect(said(source('web', 'healthy'), source('Docker', 'failing', {}, 'unreachable'))).toBe(
      '1 of 2 sources healthy; Docker is unreachable since 10:32 AM.',
    );
  });
  it('names the worst and counts the others', () => {
    const words = said(
      source('a', 'healthy'),
      source('b', 'degraded', {}, 'timeout'),
      source('c', 'failing', {}, 'auth'),
      source('d', 'unknown'),
      source('e', 'paused'),
    );
    expect(words).toBe(
      '1 of 4 sources healthy; c does not accept the credentials since 10:32 AM; 1 other needs a look; 1 not collected yet; 1 paused.',
    );
  });
  it('says how old the figures are when nothing came for days', () => {
    const backup = source('Backup', 'failing', {}, 'unreachable');
    backup.status.since = '2026-03-01T11:00:00Z';
    backup.status.last_success = '2026-03-01T10:59:00Z';
    expect(said(source('a', 'healthy'), backup)).toBe(
      '1 of 2 sources healthy; Backup is unreachable, its figures are 3 days old.',
    );
    backup.status.last_success = '2026-03-03T11:59:00Z';
    expect(said(source('a', 'healthy'), backup)).toContain('its figures are 1 day old.');
    delete backup.status.last_success;
    expect(said(source('a', 'healthy'), backup)).toContain('Backup is unreachable since Mar 1, 11:00 AM.');
  });
  it('repeats what a healthy source complains of', () => {
    const backup = source('Backup', 'healthy', {}, 'partial');
    backup.status.problem = { kind: 'partial', message: 'the newest backup is 3 days old' };
    expect(said(source('a', 'healthy'), backup)).toBe(
      '2 of 2 sources healthy; Backup: the newest backup is 3 days old.',
    );
    expect(sentence([source('a', 'healthy'), backup], now).status).toBe('degraded');
    expect(said(source('Docker', 'failing', {}, 'refused'), backup)).toBe(
      '1 of 2 sources healthy; Docker refuses connections since 10:32 AM.',
    );
    backup.status.problem = { kind: 'partial', message: 'x'.repeat(200) };
    expect(said(backup)).toBe('The one source is healthy.');
  });
  it('does not call unknown bad or good', () => {
    expect(said(source('a', 'unknown'))).toBe('Collecting from one source for the first time.');
    expect(said(source('a', 'healthy'), source('b', 'unknown'))).toBe(
      '1 of 2 sources healthy; 1 not collected yet.',
    );
  });
  it('speaks of nothing, too', () => {
    expect(said()).toBe('Nothing is watched yet.');
    expect(said(source('a', 'paused'))).toBe('Every source is paused.');
  });
});

it('the troubled are sorted, the worst and oldest first', () => {
  const old = source('old', 'degraded');
  old.status.since = '2026-03-01T00:00:00Z';
  const got = troubled([source('a', 'healthy'), source('b', 'degraded'), old, source('c', 'failing')]);
  expect(got.map((each) => each.name)).toEqual(['c', 'old', 'b']);
});

describe('the panels of a host', () => {
  const panels = (n: number): Panel[] =>
    Array.from({ length: n }, (_, i) => ({ title: `p${i}`, kind: 'line', unit: '', queries: [] }));

  it('are the first ones by category, in all six', () => {
    const got = hostPanels(
      [
        source('n', 'healthy', { category: 'network' }),
        source('s', 'healthy'),
        source('d', 'healthy', { category: 'storage' }),
        source('w', 'healthy', { category: 'web' }),
      ],
      () => panels(5),
    );
    expect(got.map((each) => [each.source.name, each.panels.length])).toEqual([
      ['s', 3],
      ['d', 2],
      ['n', 1],
    ]);
  });
  it('come once for each plugin and not of paused sources', () => {
    const got = hostPanels(
      [
        source('a', 'paused'),
        source('b', 'healthy', { plugin: 'x' }),
        source('c', 'healthy', { plugin: 'x' }),
      ],
      () => panels(1),
    );
    expect(got.map((each) => each.source.name)).toEqual(['b']);
  });
  it('prefer what is collected most often', () => {
    const got = hostPanels(
      [source('a', 'healthy', { interval_seconds: 15 }), source('b', 'healthy', { interval_seconds: 10 })],
      () => panels(5),
    );
    expect(got.map((each) => each.source.name)).toEqual(['b']);
  });
  it('wait for manifests', () => {
    expect(hostPanels([source('a', 'healthy')], () => undefined)).toEqual([]);
  });
});

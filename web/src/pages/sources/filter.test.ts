import { expect, it } from 'vitest';
import type { Source, Status } from '~/api/types';
import { filterSources, readFilter, statusCounts, wordsOf } from './filter';

function source(name: string, status: Status, category = 'system', tags: string[] = []): Source {
  return {
    id: name.toLowerCase(),
    plugin: 'p',
    name,
    host: 'nas',
    category,
    icon: '',
    enabled: true,
    interval_seconds: 10,
    timeout_seconds: 5,
    tags,
    origin: 'user',
    created: '',
    updated: '',
    revision: 1,
    status: { status, failures: 0 },
  };
}

const all = [
  source('B', 'healthy'),
  source('A', 'paused', 'web', ['rack']),
  source('C', 'failing', 'web'),
  source('D', 'degraded'),
];

it('the list has the worst first, then names', () => {
  const names = filterSources(all, readFilter(new URLSearchParams())).map((each) => each.name);
  expect(names).toEqual(['C', 'D', 'A', 'B']);
});

it('the list is narrowed by words, status and category', () => {
  const names = (query: string) =>
    filterSources(all, readFilter(new URLSearchParams(query))).map((each) => each.name);
  expect(names('category=web')).toEqual(['C', 'A']);
  expect(names('status=healthy')).toEqual(['B']);
  expect(names('status=odd')).toHaveLength(4);
  expect(names('q=rack')).toEqual(['A']);
  expect(names('q=rack&status=failing')).toEqual([]);
  expect(names('tag=rack')).toEqual(['A']);
  expect(names('host=elsewhere')).toEqual([]);
});

it('statuses are counted where they occur', () => {
  expect(statusCounts(all.slice(0, 3))).toEqual([
    { status: 'failing', count: 1 },
    { status: 'healthy', count: 1 },
    { status: 'paused', count: 1 },
  ]);
});

it('the list is in the order that is asked for', () => {
  const names = (query: string) =>
    filterSources(all, readFilter(new URLSearchParams(query))).map((each) => each.name);
  expect(names('sort=name')).toEqual(['A', 'B', 'C', 'D']);
  expect(names('sort=category')).toEqual(['B', 'D', 'A', 'C']);
  expect(names('sort=odd')).toEqual(names(''));
});

it('tags are each named once', () => {
  expect(wordsOf([...all, ...all], (source) => source.tags)).toEqual(['rack']);
});

import { expect, it } from 'vitest';
import type { PluginSummary } from '~/api/types';
import { byCategory, choose, type Choice } from './catalogue';

const plugin = (id: string, category: string, sources = 0, supported = true): PluginSummary => ({
  id,
  name: id,
  category,
  version: '1.0.0',
  summary: `watches ${id}`,
  icon: '',
  tags: ['tagged'],
  sources,
  can_detect: false,
  supported,
});
const all = [
  plugin('web', 'web'),
  plugin('old', 'system', 0, false),
  plugin('new', 'system', 2),
  plugin('odd', 'of its own'),
];
const ids = (more: Partial<Choice>) =>
  choose(all, { typed: '', which: 'all', found: new Set(['web']), name: (each) => each, ...more }).map(
    (each) => each.id,
  );

it('the catalogue is narrowed by words and by what is here', () => {
  expect(ids({ typed: 'watches web' })).toEqual(['web']);
  expect(ids({ typed: 'system' })).toEqual(['old', 'new']);
  expect(ids({ which: 'used' })).toEqual(['new']);
  expect(ids({ which: 'found' })).toEqual(['web']);
});

it('categories come in their order, unknown ones last, and what cannot run last within', () => {
  expect(byCategory(all).map((group) => [group.category, group.items.map((each) => each.id)])).toEqual([
    ['system', ['new', 'old']],
    ['web', ['web']],
    ['of its own', ['odd']],
  ]);
});

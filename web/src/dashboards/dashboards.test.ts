import { describe, expect, it } from 'vitest';
import { readDashboard, type DashboardPanel, type Variable } from '~/api/dashboards';
import { copyOf, emptyDocument, exportText, newPanel, readDocument, same } from './document';
import { exprOf, lengthOf, quoted, unitOf, type Asked } from './expr';
import { begin, change, redo, undo } from './history';
import { compact, freePlace, overlap, place } from './layout';
import { fillVariables, readValues, variablesIn, wholeVariable, writeValue } from './variables';

const asked: Asked = { step: 60, interval: 10, range: 3600, values: {} };

describe('a query of the picker', () => {
  it('reads single samples where points are as near as they are', () => {
    expect(exprOf({ metric: 'heat' }, { ...asked, step: 10 })).toBe('heat');
  });
  it('is the mean of each step where points are farther apart', () => {
    expect(exprOf({ metric: 'heat', match: { host: 'nas' } }, asked)).toBe(
      'avg_over_time(heat{host="nas"}[60s])',
    );
  });
  it('takes a rate over as many samples as that needs', () => {
    expect(exprOf({ metric: 'in_total', func: 'rate' }, { ...asked, step: 10 })).toBe('rate(in_total[40s])');
    expect(exprOf({ metric: 'in_total' }, { ...asked, step: 300, isCounter: () => true })).toBe(
      'rate(in_total[300s])',
    );
  });
  it('adds up what differs in other labels', () => {
    expect(exprOf({ metric: 'in_total', func: 'rate', by: ['host'] }, asked)).toBe(
      'sum by (host) (rate(in_total[60s]))',
    );
    expect(exprOf({ metric: 'heat', func: 'max', by: ['host', 'chip'] }, asked)).toBe(
      'max by (host, chip) (max_over_time(heat[60s]))',
    );
  });
  it('reads one moment, or the most of the whole range', () => {
    expect(exprOf({ metric: 'heat' }, { ...asked, instant: true })).toBe('heat');
    expect(exprOf({ metric: 'heat', func: 'max' }, { ...asked, instant: true })).toBe(
      'max_over_time(heat[3600s])',
    );
  });
  it('has what is chosen above the panels', () => {
    const query = { metric: 'up', match: { host: '$host', source: '${source}', plugin: '$plugin' } };
    const values = { host: ['nas'], source: ['a.b', 'c'], plugin: [] };
    expect(exprOf(query, { ...asked, instant: true, values })).toBe('up{host="nas",source=~"a\\\\.b|c"}');
  });
  it('cannot be broken out of by a hostile label', () => {
    expect(quoted('a"} or vector(1) #\n\\')).toBe('"a\\"} or vector(1) #\\n\\\\"');
  });
  it('writes lengths as PromQL reads them', () => {
    expect([1, 0.25, 90.5, 3600].map(lengthOf)).toEqual(['1s', '250ms', '90500ms', '3600s']);
  });
});

describe('an expression', () => {
  it('has the lengths that it leaves open', () => {
    expect(
      exprOf(
        { expr: 'rate(x[$__rate_interval]) + max_over_time(y[$__interval]) - z offset $__range' },
        asked,
      ),
    ).toBe('rate(x[60s]) + max_over_time(y[60s]) - z offset 3600s');
  });
  it('has the values of variables as patterns', () => {
    expect(fillVariables('x{host=~"$host",a=~"${b}"} $c', { host: ['n.1', 'n"2'], b: [] })).toBe(
      'x{host=~"n\\\\.1|n\\"2",a=~".*"} $c',
    );
  });
  const units: Record<string, string> = {
    sent_bytes_total: 'bytes',
    free_bytes: 'bytes',
    load: '',
    cpu: 'seconds',
  };
  const declared = (name: string) => units[name];
  it.each([
    ['free_bytes', 'bytes'],
    ['sum by (host) (free_bytes{mount="/"})', 'bytes'],
    ['sum(rate(sent_bytes_total[5m]))', 'bytes_per_second'],
    ['rate(cpu[5m])', 'ratio'],
    ['free_bytes / free_bytes', ''],
    ['free_bytes + load', ''],
    ['count(free_bytes)', ''],
    ['nothing_known', ''],
  ])('%s is in %j', (expr, unit) => {
    expect(unitOf({ expr }, declared)).toBe(unit);
  });
});

describe('variables', () => {
  const host: Variable = { name: 'host', label: '', kind: 'host', multiple: true, default: ['nas'] };
  it('are told from what only contains them', () => {
    expect(['$host', '${host}', 'a$host', '$', 'host'].map(wholeVariable)).toEqual([
      'host',
      'host',
      null,
      null,
      null,
    ]);
    expect(variablesIn('$a ${b} c$')).toEqual(['a', 'b']);
  });
  it('survive the address', () => {
    for (const chosen of [['nas'], [], ['a', 'b&c=d']]) {
      const query = writeValue(new URLSearchParams('range=1h'), host, chosen);
      expect(query.get('range')).toBe('1h');
      expect(readValues(query, [host])).toEqual({ host: chosen });
    }
  });
  it('are one where only one may be', () => {
    const one = { ...host, multiple: false };
    expect(readValues(new URLSearchParams('var-host=a&var-host=b'), [one])).toEqual({ host: ['a'] });
  });
});

const panel = (id: string, x: number, y: number, w: number, h: number): DashboardPanel => ({
  id,
  title: id,
  kind: 'line',
  grid: { x, y, w, h },
  queries: [],
  thresholds: [],
});
const places = (panels: readonly DashboardPanel[]) =>
  panels.map(({ id, grid }) => `${id} ${grid.x},${grid.y} ${grid.w}x${grid.h}`);

describe('the grid', () => {
  const three = [panel('a', 0, 0, 6, 4), panel('b', 6, 0, 6, 4), panel('c', 0, 4, 12, 4)];
  it('lets panels fall up', () => {
    expect(places(compact([panel('a', 0, 3, 6, 4), panel('b', 3, 9, 6, 2)]))).toEqual([
      'a 0,0 6x4',
      'b 3,4 6x2',
    ]);
  });
  it('makes room for what is moved', () => {
    expect(places(place(three, 'c', { y: 0 }))).toEqual(['a 0,4 6x4', 'b 6,4 6x4', 'c 0,0 12x4']);
    expect(places(place(three, 'a', { x: 6 }))).toEqual(['a 6,0 6x4', 'b 6,4 6x4', 'c 0,8 12x4']);
  });
  it('lets what is moved down change places with what is there', () => {
    const two = [panel('a', 0, 0, 12, 2), panel('b', 0, 2, 12, 2)];
    expect(places(place(two, 'a', { y: 2 }))).toEqual(['a 0,2 12x2', 'b 0,0 12x2']);
  });
  it('keeps everything within twelve columns', () => {
    expect(places(place(three, 'b', { x: 40, w: 99, h: 0 }))[1]).toBe('b 0,0 12x1');
  });
  it('never lets two overlap, whatever is moved where', () => {
    let panels = Array.from({ length: 12 }, (_, n) =>
      panel(`p${n}`, (n * 5) % 12, n % 4, 1 + (n % 7), 1 + (n % 3)),
    );
    for (let n = 0; n < 200; n++) {
      panels = place(panels, `p${(n * 7) % 12}`, {
        x: (n * 11) % 12,
        y: (n * 13) % 20,
        w: 1 + ((n * 3) % 12),
      });
      const over = panels.filter((a) => panels.some((b) => a !== b && overlap(a.grid, b.grid)));
      expect(over.map((each) => each.id)).toEqual([]);
    }
  });
  it('puts a new panel where there is room', () => {
    expect(freePlace([panel('a', 0, 0, 6, 4)], { w: 6, h: 3 })).toEqual({ x: 6, y: 0, w: 6, h: 3 });
    expect(freePlace(three, { w: 3, h: 3 })).toEqual({ x: 0, y: 8, w: 3, h: 3 });
  });
});

describe('what was done', () => {
  it('is taken back and done again', () => {
    let h = change(change(begin(1), 2), 3);
    h = undo(undo(h));
    expect(h.present).toBe(1);
    expect(undo(h)).toBe(h);
    expect(redo(redo(h)).present).toBe(3);
    expect(change(h, 9).future).toEqual([]);
  });
  it('about one thing is taken back at once', () => {
    let h = change(begin(''), 'a', 'title');
    h = change(h, 'ab', 'title');
    h = change(h, 'ab!', 'text');
    expect(undo(h).present).toBe('ab');
    expect(undo(undo(h)).present).toBe('');
  });
});

describe('a document', () => {
  const document = {
    ...emptyDocument('Basement'),
    tags: ['home'],
    panels: [
      {
        ...panel('a', 0, 0, 6, 4),
        queries: [{ metric: 'heat', by: [], top: 3, negative: true }],
        decimals: 1,
      },
    ],
    variables: [{ name: 'host', label: 'Host', kind: 'host' as const, multiple: true, default: [] }],
  };
  it('is the same after its file was read again', () => {
    const read = readDocument(exportText(document));
    expect(read).toEqual(document);
    expect(read && same(read, document)).toBe(true);
  });
  it('is refused when it is none', () => {
    expect(['', 'null', '[]', '{"name":"x"}', '{"panels":[]}'].map(readDocument)).toEqual(
      Array.from({ length: 5 }, () => null),
    );
  });
  it('loses only what is not understood', () => {
    const read = readDocument(
      JSON.stringify({
        name: 'x',
        panels: [
          7,
          { kind: 'pie' },
          { kind: 'stat', grid: { x: -3, y: 'a', w: 99 } },
          { kind: 'text', id: 'p1' },
        ],
        variables: [{ name: 'a' }],
      }),
    );
    expect(read?.panels.map((each) => [each.id, each.kind, each.grid])).toEqual([
      ['p1', 'stat', { x: 0, y: 0, w: 12, h: 5 }],
      ['p2', 'text', { x: 0, y: 5, w: 6, h: 5 }],
    ]);
    expect(read?.variables).toEqual([]);
  });
  it('gives new panels IDs and places of their own', () => {
    const first = newPanel([], 'stat', 'A');
    const second = copyOf([first], first);
    expect([first.id, second.id]).toEqual(['p1', 'p2']);
    expect(overlap(first.grid, second.grid)).toBe(false);
  });
  it('has what the server leaves out', () => {
    const sent = {
      id: 'x',
      name: 'x',
      origin: 'user' as const,
      owner: '',
      revision: 1,
      created: '',
      updated: '',
      panels: [{ id: 'p', kind: 'line' as const, grid: { x: 0, y: 0, w: 1, h: 1 } }],
    };
    expect(readDashboard(sent)).toMatchObject({
      tags: [],
      variables: [],
      panels: [{ title: '', queries: [], thresholds: [] }],
    });
  });
});

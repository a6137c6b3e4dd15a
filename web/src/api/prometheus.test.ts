import { afterEach, describe, expect, it } from 'vitest';
import { faultOf, useTransport } from './client';
import { queryAt, queryRange, readSeries } from './prometheus';

afterEach(() => {
  useTransport((path, init) => fetch(path, init));
});

describe('an answer', () => {
  it('of a range has its points in milliseconds', () => {
    const result = [
      {
        metric: { host: 'nas' },
        values: [
          [1.5, '2'],
          [2.5, 'NaN'],
          [3.5, '+Inf'],
        ] as [number, string][],
      },
    ];
    expect(readSeries({ resultType: 'matrix', result })).toEqual([
      {
        labels: { host: 'nas' },
        points: [
          [1500, 2],
          [2500, null],
          [3500, null],
        ],
      },
    ]);
  });
  it('that is a number is a series without labels', () => {
    expect(readSeries({ resultType: 'scalar', result: [1, '7'] })).toEqual([
      { labels: {}, points: [[1000, 7]] },
    ]);
  });
  it('says what it was made of', async () => {
    let asked = '';
    useTransport((path) => {
      asked = path;
      return Promise.resolve(
        new Response('{"status":"success","data":{"resultType":"vector","result":[]},"infos":["widened"]}', {
          headers: { 'Unity-Tier': '5m' },
        }),
      );
    });
    const answer = await queryAt('up{a="b"}', 1500);
    expect(asked).toBe('/prometheus/api/v1/query?query=up%7Ba%3D%22b%22%7D&time=1.5');
    expect(answer).toMatchObject({ ok: true, data: { tier: '5m', warnings: ['widened'], series: [] } });
  });
  it('to a long query is asked for by a form', async () => {
    let sent: RequestInit = {};
    useTransport((_, init) => {
      sent = init;
      return Promise.resolve(new Response('{"data":{"resultType":"matrix","result":[]}}'));
    });
    await queryRange('x'.repeat(5000), 0, 1, 1);
    expect(sent.method).toBe('POST');
    expect(String(sent.body).startsWith('query=xxx')).toBe(true);
  });
});

it('a query that is wrong says where', () => {
  const text =
    '{"status":"error","errorType":"bad_data","error":"1:4: parse error","unity":{"kind":"config","start":3,"end":4}}';
  expect(faultOf(400, text)).toMatchObject({
    kind: 'config',
    detail: '1:4: parse error',
    at: { start: 3, end: 4 },
  });
});

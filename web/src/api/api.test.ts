import { describe, expect, it } from 'vitest';
import { faultOf, queryText, request, useTransport } from './client';
import { takeEarly } from './early';
import { backoff, concerns, readMessage, type LiveMessage } from './live';
import { noteServerDate, serverNow } from './serverTime';
import { LiveSocket, type Connection, type Wire } from './socket';

describe('request', () => {
  it('returns data of a good answer', async () => {
    useTransport((path, init) => {
      expect(path).toBe('/api/v1/things?a=1&tag=x&tag=y');
      expect(init.method).toBe('GET');
      return Promise.resolve(new Response('{"items":[]}'));
    });
    const got = await request('GET', '/things', {
      query: { a: 1, tag: ['x', 'y'], none: undefined, no: '' },
    });
    expect(got).toEqual({ ok: true, data: { items: [] } });
  });

  it('returns nothing for an empty answer', async () => {
    useTransport(() => Promise.resolve(new Response(null, { status: 204 })));
    expect(await request('DELETE', '/things/1')).toEqual({ ok: true, data: undefined });
  });

  it('returns a fault when the server cannot be reached', async () => {
    useTransport(() => Promise.reject(new TypeError('fetch failed')));
    const got = await request('GET', '/things');
    expect(got).toMatchObject({ ok: false, fault: { kind: 'unreachable', status: 0 } });
  });

  it('returns a fault when the answer is no JSON', async () => {
    useTransport(() => Promise.resolve(new Response('<html>')));
    expect(await request('GET', '/things')).toMatchObject({ ok: false, fault: { kind: 'bad_answer' } });
  });
});

describe('what was asked for early', () => {
  it('is used once, and only for reading', async () => {
    globalThis.unityEarly = { '/api/v1/auth': Promise.resolve(new Response('early')) };
    expect(takeEarly('/api/v1/auth', { method: 'POST' })).toBeUndefined();
    expect(takeEarly('/api/v1/summary', { method: 'GET' })).toBeUndefined();
    expect(await (await takeEarly('/api/v1/auth', { method: 'GET' }))?.text()).toBe('early');
    expect(takeEarly('/api/v1/auth', { method: 'GET' })).toBeUndefined();
  });
});

describe('a problem document', () => {
  it('gives kind, hint and fields', () => {
    const text = JSON.stringify({
      kind: 'config',
      detail: 'the config is not valid',
      hint: 'see the fields',
      errors: [{ path: '/url', message: 'is required' }, { location: 'body.name', message: 'too long' }, {}],
    });
    expect(faultOf(422, text)).toEqual({
      kind: 'config',
      status: 422,
      detail: 'the config is not valid',
      hint: 'see the fields',
      fields: [
        { path: '/url', message: 'is required' },
        { path: 'body.name', message: 'too long' },
      ],
    });
  });
  it.each([
    [404, 'not_found'],
    [409, 'conflict'],
    [502, 'unreachable'],
    [500, 'internal'],
    [400, 'config'],
  ])('of status %s without a body is of kind %s', (status, kind) => {
    expect(faultOf(status, '').kind).toBe(kind);
    expect(faultOf(status, 'null').kind).toBe(kind);
  });
});

it('queryText escapes what it writes', () => {
  expect(queryText({ q: 'a b&c' })).toBe('?q=a+b%26c');
  expect(queryText({})).toBe('');
});

describe('the time on the server', () => {
  it('is that of the browser while they are near each other', () => {
    noteServerDate('Thu, 01 Jan 1970 00:01:01 GMT', 60_000);
    expect(serverNow(60_000)).toBe(60_000);
  });
  it('is taken from an answer otherwise', () => {
    noteServerDate('Thu, 01 Jan 1970 00:05:00 GMT', 60_000);
    noteServerDate(null, 60_000);
    noteServerDate('soon', 60_000);
    expect(serverNow(70_000)).toBe(310_000);
    noteServerDate('Thu, 01 Jan 1970 00:01:00 GMT', 60_000);
    expect(serverNow(60_000)).toBe(60_000);
  });
});

describe('live messages', () => {
  it('are read with times in milliseconds', () => {
    const text =
      '{"type":"metrics","source":"a","time":"1970-01-01T00:00:01Z","samples":[{"name":"x","value":1}]}';
    expect(readMessage(text)).toMatchObject({ time: 1000, samples: [{ name: 'x', labels: {}, value: 1 }] });
  });
  it.each(['', '[]', '{"type":"other"}', '{"type":"metrics"}', 'null'])(
    'are ignored when they are %j',
    (text) => {
      expect(readMessage(text)).toBeNull();
    },
  );
  it('concern those who asked', () => {
    const message: LiveMessage = { type: 'metrics', source: 'a', time: 0, samples: [], merged: 0 };
    expect(concerns({ sources: ['*'], topics: ['metrics'] }, message)).toBe(true);
    expect(concerns({ sources: ['a'], topics: ['metrics'] }, message)).toBe(true);
    expect(concerns({ sources: ['b'], topics: ['metrics'] }, message)).toBe(false);
    expect(concerns({ sources: ['a'], topics: ['run'] }, message)).toBe(false);
  });
  it('are waited for ever longer, but no longer than half a minute', () => {
    expect(backoff(0, 1)).toBe(500);
    expect(backoff(3, 0)).toBe(2000);
    expect(backoff(100, 1)).toBe(30_000);
  });
});

describe('LiveSocket', () => {
  function setUp() {
    const wires: (Wire & { sent: string[] })[] = [];
    const timers: { ms: number; run: () => void; stopped: boolean }[] = [];
    const states: Connection[] = [];
    const socket = new LiveSocket(
      {
        connect: () => {
          const wire = {
            sent: [] as string[],
            send: (text: string) => void wire.sent.push(text),
            close: () => undefined,
            onopen: null,
            onmessage: null,
            onclose: null,
          };
          wires.push(wire);
          return wire;
        },
        random: () => 1,
        after: (ms, run) => {
          const timer = { ms, run, stopped: false };
          timers.push(timer);
          return () => (timer.stopped = true);
        },
      },
      (state) => states.push(state),
    );
    return { socket, wires, timers, states };
  }

  it('subscribes when it opens, and again after a loss', () => {
    const { socket, wires, timers, states } = setUp();
    const heard: LiveMessage[] = [];
    let resumed = 0;
    socket.open();
    socket.subscribe(
      { sources: ['a'], topics: ['metrics'] },
      (m) => heard.push(m),
      () => resumed++,
    );
    wires[0]?.onopen?.();
    expect(wires[0]?.sent).toEqual(['{"type":"subscribe","id":"1","sources":["a"],"topics":["metrics"]}']);
    wires[0]?.onmessage?.({ data: '{"type":"metrics","source":"a","time":1,"samples":[]}' });
    wires[0]?.onmessage?.({ data: '{"type":"metrics","source":"b","time":1,"samples":[]}' });
    expect(heard).toHaveLength(1);
    expect(resumed).toBe(0);

    wires[0]?.onclose?.();
    const wait = timers.at(-1);
    expect(wait?.ms).toBe(500);
    wait?.run();
    wires[1]?.onopen?.();
    expect(wires[1]?.sent).toEqual(wires[0]?.sent);
    expect(resumed).toBe(1);
    expect(states).toEqual(['open', 'lost', 'open']);
  });

  it('goes on where it was, and says when that cannot be', () => {
    const { socket, wires, timers } = setUp();
    const resumed: string[] = [];
    socket.open();
    socket.subscribe(
      { sources: ['a'], topics: ['run'] },
      () => undefined,
      () => resumed.push('a'),
    );
    socket.subscribe(
      { sources: ['b'], topics: ['run'] },
      () => undefined,
      () => resumed.push('b'),
    );
    wires[0]?.onopen?.();
    wires[0]?.onmessage?.({ data: '{"type":"subscribed","id":"1","position":"hub-3"}' });
    wires[0]?.onmessage?.({ data: '{"type":"heartbeat","time":"1970-01-01T00:00:01Z","position":"hub-7"}' });
    expect(wires[0]?.sent[0]).not.toContain('after');
    wires[0]?.onclose?.();
    timers.at(-1)?.run();
    wires[1]?.onopen?.();
    expect(wires[1]?.sent.map((text) => (JSON.parse(text) as { after: string }).after)).toEqual([
      'hub-7',
      'hub-7',
    ]);
    wires[1]?.onmessage?.({ data: '{"type":"subscribed","id":"1","resumed":true,"position":"hub-7"}' });
    wires[1]?.onmessage?.({ data: '{"type":"subscribed","id":"2","resumed":false,"position":"hub-9"}' });
    expect(resumed).toEqual(['b']);
  });

  it('takes a silent connection for a lost one', () => {
    const { socket, wires, timers, states } = setUp();
    socket.open();
    wires[0]?.onopen?.();
    timers.at(-1)?.run();
    expect(states.at(-1)).toBe('lost');
    expect(timers.at(-1)?.ms).toBe(500);
  });

  it('stops telling those who unsubscribed', () => {
    const { socket, wires } = setUp();
    socket.open();
    wires[0]?.onopen?.();
    const heard: LiveMessage[] = [];
    socket.subscribe({ sources: ['*'], topics: ['event'] }, (m) => heard.push(m))();
    wires[0]?.onmessage?.({ data: '{"type":"event","event":{"id":"1"}}' });
    expect(heard).toEqual([]);
    expect(wires[0]?.sent.at(-1)).toBe('{"type":"unsubscribe","id":"1"}');
  });

  it('does not wait when the network is back', () => {
    const { socket, wires, timers } = setUp();
    socket.open();
    wires[0]?.onclose?.();
    socket.retry();
    expect(timers.at(-1)?.stopped).toBe(true);
    expect(wires).toHaveLength(2);
  });
});

import { useTransport } from '~/api/client';
import type { Wire } from '~/api/socket';
import type { Run, Source, SourceDetail } from '~/api/types';
import { useWire } from '~/state/live.svelte';
import { fleet, hosts } from './fleet';
import { difference, fileDifference, health, settings } from './itself';
import { waves } from './waves';
import { madeUpEvents, madeUpPlugins, madeUpSources } from './world';

/** What the made-up server does: ?state=… in the address of the first page. */
type Mode = 'good' | 'trouble' | 'home' | 'many' | 'viewer' | 'empty' | 'loading' | 'fault' | 'offline';

const given = new URLSearchParams(location.search).get('state');
const mode: Mode = (given ?? sessionStorage.getItem('gallery') ?? 'good') as Mode;
if (given) sessionStorage.setItem('gallery', given);

const json = (body: unknown, status = 200) =>
  new Response(JSON.stringify(body), { status, headers: { 'Content-Type': 'application/json' } });
const problem = (status: number, kind: string, detail: string, hint = '', errors: object[] = []) =>
  json({ kind, detail, hint, errors }, status);

function sources(): SourceDetail[] {
  switch (mode) {
    case 'empty':
      return [];
    case 'home':
      return fleet(39);
    case 'many':
      return fleet(500);
    default:
      return madeUpSources(mode !== 'trouble');
  }
}

/** Answers every request and feeds the live stream with made-up data. */
export function pretend(): void {
  useTransport(async (path, init) => {
    await new Promise((resolve) => setTimeout(resolve, 40));
    if (path.endsWith('/auth')) return json({ set_up: true, user: madeUpUser });
    if (mode === 'loading') return new Promise<Response>(() => undefined);
    if (mode === 'fault')
      return problem(500, 'internal', 'reading the sources: the database is locked', 'try again in a moment');
    return answer(new URL(path, location.origin), init);
  });
  useWire(() => {
    const wire: Wire = {
      send: () => undefined,
      close: () => undefined,
      onopen: null,
      onmessage: null,
      onclose: null,
    };
    setTimeout(() => {
      if (mode === 'offline') wire.onclose?.();
      else wire.onopen?.();
    }, 50);
    if (mode !== 'offline') setInterval(() => tell(wire), 2000);
    return wire;
  });
}

function tell(wire: Wire): void {
  const time = Date.now();
  for (const source of sources()) {
    const message = {
      type: 'metrics',
      source: source.id,
      time: new Date(time).toISOString(),
      samples: samplesOf(source.plugin, time),
      merged: 0,
    };
    wire.onmessage?.({ data: JSON.stringify(message) });
  }
}

function samplesOf(plugin: string, time: number) {
  const detail = madeUpPlugins.find((each) => each.id === plugin);
  const names = new Set(
    (detail?.panels ?? []).flatMap((panel) => panel.queries.map((query) => query.metric)),
  );
  return [...names].flatMap((name) =>
    (waves[name] ?? []).map(({ labels, at }) => ({ name, labels, value: at(time) })),
  );
}

const madeUpUser = { id: '1', name: 'ann', role: mode === 'viewer' ? 'viewer' : 'admin', via: 'session' };

function answer(url: URL, init: RequestInit): Response {
  const [, , , what, id, action] = url.pathname.split('/').map(decodeURIComponent);
  const body =
    typeof init.body === 'string'
      ? (JSON.parse(init.body) as { config?: { url?: string }; plugin?: string })
      : {};
  switch (what) {
    case 'summary':
      return json({
        version: 'gallery',
        started: new Date(Date.now() - 973_000).toISOString(),
        sources: { total: sources().length },
        hosts: 1,
        samples_per_second: 84.2,
        series: 1243,
        storage: { bytes: 14_200_000, journal_bytes: 812_000 },
      });
    case 'me':
      return json({ ...madeUpUser, has_password: true, has_factor: false, recovery_codes: 0 });
    case 'users':
      return json({
        items: [{ ...madeUpUser, has_password: true, has_factor: true, created: new Date().toISOString() }],
      });
    case 'sessions':
    case 'tokens':
    case 'audit':
      return json({ items: [] });
    case 'settings':
      return json({ items: settings });
    case 'system':
      return json(health);
    case 'config':
      return json(fileDifference);
    case 'hosts':
      return json({
        items: hosts,
      });
    case 'events':
      return json({ items: mode === 'empty' ? [] : madeUpEvents() });
    case 'plugins':
      return id ? json(madeUpPlugins.find((each) => each.id === id) ?? {}) : json({ items: madeUpPlugins });
    case 'detections':
      return json({
        items: [
          {
            plugin: 'example_boxes',
            name: 'Containers',
            evidence: '/var/run/engine.sock answers',
            ready: true,
            config: {},
          },
          {
            plugin: 'example_site',
            name: 'Web service',
            evidence: 'something answers on port 8443',
            ready: false,
            missing: 'its address',
            config: {},
          },
          {
            plugin: 'example_machine',
            name: 'Machine',
            evidence: 'this machine',
            ready: true,
            config: {},
            source: 'example_machine',
          },
        ],
      });
    case 'sources':
      if (!id) {
        if (init.method === 'POST')
          return problem(422, 'config', 'the source cannot be used like this', '', [
            { path: 'config.url', message: 'does not answer as a page' },
          ]);
        return json({ items: sources().map((source) => ({ ...source, ...spark(source.plugin) })) });
      }
      if (id === 'test') return trial(body);
      return ofSource(id, action, url);
    default:
      return problem(404, 'not_found', `there is no ${url.pathname}`);
  }
}

function trial(body: { config?: { url?: string }; plugin?: string }): Response {
  if (body.config?.url?.includes('bad')) {
    return json({
      ok: false,
      duration_seconds: 10,
      samples: [],
      problems: [{ kind: 'dns', message: 'bad.lan has no address', hint: 'check the spelling' }],
    });
  }
  return json({
    ok: true,
    duration_seconds: 0.142,
    samples: samplesOf(body.plugin ?? '', Date.now()),
    problems: [],
  });
}

function ofSource(id: string, action: string | undefined, url: URL): Response {
  const source = sources().find((each) => each.id === id);
  if (!source) return problem(404, 'not_found', `there is no source ${id}`);
  const now = Date.now();
  switch (action) {
    case undefined:
      return json(source);
    case 'latest':
      return json({ time: new Date(now).toISOString(), samples: samplesOf(source.plugin, now) });
    case 'history':
      return json(history(url));
    case 'snapshots':
      return json(url.pathname.endsWith('/difference') ? difference(now) : { items: [] });
    case 'snapshot':
      return json({ time: new Date(now - 4000).toISOString(), document: document() });
    case 'runs':
      return json({ items: runs(now, source.interval_seconds) });
    case 'run':
      return json(runs(now, 10)[0]);
    default:
      return json(source);
  }
}

function history(url: URL) {
  const query = url.searchParams;
  const step = Number(query.get('step')) * 1000;
  const from = Date.parse(query.get('from') ?? '');
  const to = Date.parse(query.get('to') ?? '');
  const matches = query.getAll('match').map((text) => text.split(':'));
  const found = (waves[query.get('metric') ?? ''] ?? []).filter(({ labels }) =>
    matches.every(([name, value]) => labels[name ?? ''] === value),
  );
  const gap = to - (to - from) * 0.3;
  return {
    step_seconds: step / 1000,
    series: found.map(({ labels, at }) => {
      const points: [number, number | null][] = [];
      for (let time = Math.ceil(from / step) * step; time <= to; time += step) {
        // Nobody was there to look for a while.
        if (time < gap - (to - from) * 0.04 || time > gap) points.push([time, at(time)]);
      }
      return { labels, points };
    }),
  };
}

function spark(plugin: string): Partial<Pick<Source, 'spark' | 'spark_title' | 'spark_unit'>> {
  const panel = madeUpPlugins.find((each) => each.id === plugin)?.panels[0];
  const wave = waves[panel?.queries[0]?.metric ?? '']?.[0];
  if (!panel || !wave) return {};
  const now = Date.now();
  const times = Array.from({ length: 30 }, (_, n) => now - (30 - n) * 120_000);
  return {
    spark: times.map((time) => [time, wave.at(time)]),
    spark_title: panel.title,
    spark_unit: panel.unit,
  };
}

function runs(now: number, interval: number): Run[] {
  return Array.from({ length: 24 }, (_, n): Run => ({
    start: new Date(now - n * interval * 1000).toISOString(),
    duration_seconds: 0.012 + (n % 5) * 0.003,
    attempts: n === 5 ? 3 : 1,
    outcome: n === 5 ? 'timed_out' : n === 9 ? 'partial' : 'success',
    samples: n === 5 ? 0 : 42,
    ...(n === 5
      ? {
          problem: {
            kind: 'timeout',
            message: 'no answer within 5 s',
            hint: 'raise the timeout if it is always this slow',
          },
        }
      : {}),
    ...(n === 9
      ? { problem: { kind: 'partial', message: 'reading /sys/class/thermal: permission denied' } }
      : {}),
  }));
}

function document() {
  return {
    host: {
      name: 'nas',
      kernel: '6.12.43-amd64',
      memory: 33_420_000_000,
      booted: new Date(Date.now() - 9.8e8).toISOString(),
    },
    programs: Array.from({ length: 34 }, (_, n) => ({
      name:
        n === 3 ? '<b>hostile</b> & long enough to be cut off somewhere near its end' : `program-${n + 1}`,
      state: ['running', 'sleeping', 'zombie', 'degraded'][n % 4],
      cpu: ((n * 37) % 100) / 140,
      memory: ((n * 7919) % 4000) * 1e6,
      age: n * 9000 + 30,
      root: n % 3 === 0,
      ports: n % 5 === 0 ? [80, 443] : [],
    })),
    failed: [],
  };
}

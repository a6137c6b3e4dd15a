// Measures the interface on `unity demo`, one thing at a time:
//   UNITY=dist/unity node tools/measure-web.mjs first|scroll|panels [MINUTES]
// What it finds it prints as JSON; with TRACE=FILE the samples of `panels` go
// there, a line for each minute.
import { appendFile } from 'node:fs/promises';
import { setTimeout as wait } from 'node:timers/promises';
import { desktop, launch } from '../test/e2e/browser.mjs';
import { enter, startDemo } from '../test/e2e/unity.mjs';

const slower = 4;
const rounds = 5;

/** Opens a page of a demo with a session and the tools to look into it. */
async function look(browser, demo, storageState, viewport = desktop) {
  const context = await browser.newContext({ viewport, storageState });
  const page = await context.newPage();
  const tools = await context.newCDPSession(page);
  return { page, tools, close: () => context.close() };
}

/** The processor time in milliseconds that the page's main thread has used; other work on the machine does not count. */
async function mainThread(tools) {
  const { metrics } = await tools.send('Performance.getMetrics');
  return 1000 * metrics.find(({ name }) => name === 'TaskDuration').value;
}

const quantile = (numbers, share) => numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length * share)];
const median = (numbers) => quantile(numbers, 0.5);
const round = (number, digits = 0) => Number(number.toFixed(digits));

/** Runs in the page and notes long tasks and when it shows what; it draws nothing and asks for no frames while there is nothing new. */
function watch() {
  globalThis.long = [];
  new PerformanceObserver((list) => {
    for (const task of list.getEntries()) globalThis.long.push([task.startTime, task.startTime + task.duration]);
  }).observe({ type: 'longtask', buffered: true });
  /** Waits for what is to be in the page, and for the frame that shows it. */
  const awaits = (there, then) => {
    const changes = new MutationObserver(() => {
      if (!there()) return;
      changes.disconnect();
      requestAnimationFrame(() => then(performance.now()));
    });
    changes.observe(document, { childList: true, subtree: true });
  };
  const said = () => document.querySelector('main h1') && document.querySelectorAll('main a[href^="/sources/"]').length > 3;
  awaits(said, (at) => {
    globalThis.shown = at;
    globalThis.isShown('');
  });
  // The list of sources is the first thing below the window.
  awaits(() => document.querySelector('main a.link[href="/sources"]'), (at) => (globalThis.filled = at));
}

/**
 * How long it takes from opening the overview of 100 sources until what it says
 * is there and the page answers: no task of it takes longer than 50 ms for a
 * second. That is Lighthouse's time to interactive with a shorter silence; what
 * tasks take beyond 50 ms before it is its total blocking time.
 */
async function first(browser) {
  const demo = await startDemo('--sources', '100', '--history', '24h');
  try {
    const storageState = await enter(browser, demo);
    const results = [];
    const used = [];
    for (let n = 0; n < 2 * rounds; n++) {
      const { page, tools, close } = await look(browser, demo, storageState);
      // A new window has pages of the browser's own to load, which would be counted.
      await wait(2500);
      // The later rounds count processor time, at full speed.
      const counted = n >= rounds;
      if (counted) await tools.send('Performance.enable', { timeDomain: 'threadTicks' });
      else await tools.send('Emulation.setCPUThrottlingRate', { rate: slower });
      await tools.send('Runtime.enable');
      await tools.send('Page.enable');
      await tools.send('Runtime.addBinding', { name: 'isShown' });
      const shown = new Promise((resolve) => tools.once('Runtime.bindingCalled', resolve));
      await tools.send('Page.addScriptToEvaluateOnNewDocument', { source: `(${watch})()` });
      await page.goto(demo.url, { waitUntil: 'commit' });
      await shown;
      if (counted) {
        const atOnce = await mainThread(tools);
        await wait(1500);
        used.push({ atOnce, all: await mainThread(tools) });
        await close();
        continue;
      }
      await wait(3000);
      results.push(
        await page.evaluate(() => {
          const paint = performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? 0;
          // Interactive is when there is something to use, and a second follows in which nothing is in the way.
          let free = globalThis.shown;
          for (const [begin, end] of globalThis.long) {
            if (end <= free) continue;
            if (begin - free > 1000) break;
            free = Math.max(free, end);
          }
          const late = globalThis.long.filter(([begin, end]) => begin < free + 1 && end > paint);
          return { paint, shown: globalThis.shown, filled: globalThis.filled, interactive: free, blocked: late.reduce((sum, [a, b]) => sum + b - a - 50, 0) };
        }),
      );
      await close();
    }
    const of = (key) => round(median(results.map((each) => each[key])));
    const usedMs = (key) => round(median(used.map((each) => each[key])));
    return {
      what: `overview of 100 sources, processor ${slower} times slower, median of ${rounds}`,
      paintMs: of('paint'), shownMs: of('shown'), filledMs: of('filled'), interactiveMs: of('interactive'), blockedMs: of('blocked'),
      allInteractiveMs: results.map((each) => round(each.interactive)),
      // Until it is shown, and with what follows in the next second and a half.
      mainThreadMs: [usedMs('atOnce'), usedMs('all')], slowerMainThreadMs: [slower * usedMs('atOnce'), slower * usedMs('all')],
    };
  } finally {
    await demo.stop();
  }
}

/** How many frames a second there are while pages with 500 sources are scrolled, and what a frame costs the page itself. */
async function scroll(browser) {
  const demo = await startDemo('--sources', '500', '--history', '1h');
  try {
    const storageState = await enter(browser, demo);
    const out = [];
    for (const path of ['/', '/sources']) {
      const { page, tools, close } = await look(browser, demo, storageState);
      await page.goto(demo.url + path);
      await page.locator('main a[href^="/sources/"]').first().waitFor();
      await page.waitForLoadState('networkidle');
      await wait(2000);
      const height = await page.evaluate(() => document.documentElement.scrollHeight - innerHeight);
      const far = Math.min(height, 9000);
      const there = (distance) =>
        tools.send('Input.synthesizeScrollGesture', {
          x: 800, y: 500, yDistance: distance, speed: 2500, gestureSourceType: 'mouse', preventFling: true,
        });
      await page.evaluate(() => {
        globalThis.frames = [];
        const next = (at) => {
          globalThis.frames.push(at);
          globalThis.counting = requestAnimationFrame(next);
        };
        next(performance.now());
      });
      for (const distance of [-far, far]) await there(distance);
      const frames = await page.evaluate(() => {
        cancelAnimationFrame(globalThis.counting);
        return globalThis.frames;
      });
      const gaps = frames.slice(1).map((at, n) => at - frames[n]);
      // To write down what a frame costs takes time itself, so that is another run.
      await browser.startTracing(page, { categories: ['-*', 'toplevel', 'disabled-by-default-devtools.timeline', 'devtools.timeline'] });
      await there(-far);
      const costs = frameCosts(JSON.parse((await browser.stopTracing()).toString()).traceEvents);
      out.push({
        path, height, framesPerSecond: round((1000 * gaps.length) / (frames.at(-1) - frames[0]), 1),
        slowestMs: round(Math.max(...gaps)), over34ms: gaps.filter((gap) => gap > 34).length,
        traced: costs.length, frameMs: { median: round(median(costs), 1), p95: round(quantile(costs, 0.95), 1), most: round(Math.max(...costs), 1) },
      });
      await close();
    }
    return { what: '500 sources, scrolled at 2,500 pixels a second', pages: out };
  } finally {
    await demo.stop();
  }
}

/** The processor time in milliseconds that the page's main thread used for each frame: all of its tasks from one to the next. */
function frameCosts(events) {
  const busiest = new Map();
  for (const { name, pid, tid } of events) {
    if (name === 'FireAnimationFrame') busiest.set(`${pid} ${tid}`, (busiest.get(`${pid} ${tid}`) ?? 0) + 1);
  }
  const [main] = [...busiest].sort(([, a], [, b]) => b - a)[0] ?? [];
  if (main === undefined) throw new Error('nothing was drawn');
  const own = events.filter(({ pid, tid }) => `${pid} ${tid}` === main);
  const drawn = own.filter(({ name }) => name === 'FireAnimationFrame').map(({ ts }) => ts).sort((a, b) => a - b);
  const costs = drawn.slice(1).map(() => 0);
  for (const { name, ts, dur, tdur = 0 } of own) {
    if (name !== 'RunTask') continue;
    // A task belongs to the frame that was drawn last before it ended.
    const frame = drawn.findLastIndex((at) => at <= ts + dur);
    if (frame >= 0 && frame < costs.length) costs[frame] += tdur / 1000;
  }
  return costs;
}

/** What a dashboard of 30 panels costs that moves every second, in a window that shows all of them: others rest. */
async function panels(browser, minutes) {
  const demo = await startDemo('--history', '24h');
  try {
    const storageState = await enter(browser, demo);
    const { page, close } = await look(browser, demo, storageState);
    await furnish(page, demo);
    await close();
    const browserTools = await browser.newBrowserCDPSession();
    const tools = await unwatched(browserTools, `${demo.url}/dashboards/thirty?range=15m`, storageState, { width: 1440, height: 2600 });
    const used = async () => {
      const { processInfo } = await browserTools.send('SystemInfo.getProcessInfo');
      const of = (type) => processInfo.filter((each) => each.type === type).reduce((sum, each) => sum + each.cpuTime, 0);
      return { at: performance.now() / 1000, page: of('renderer'), drawing: of('GPU'), all: processInfo.reduce((sum, each) => sum + each.cpuTime, 0) };
    };
    await wait(20_000);
    const samples = [];
    let before = await used();
    for (let minute = 1; minute <= minutes; minute++) {
      await wait(60_000);
      const now = await used();
      const share = (key) => round((now[key] - before[key]) / (now.at - before.at), 3);
      const cores = { page: share('page'), drawing: share('drawing'), all: share('all') };
      await tools.send('HeapProfiler.collectGarbage');
      const heap = await tools.send('Runtime.getHeapUsage');
      const { nodes, jsEventListeners } = await tools.send('Memory.getDOMCounters');
      const { result } = await tools.send('Runtime.evaluate', { expression: "document.querySelectorAll('canvas').length" });
      const canvases = result.value;
      const sample = { minute, cores, heapMB: round(heap.usedSize / 1e6, 2), nodes, listeners: jsEventListeners, canvases };
      samples.push(sample);
      if (process.env.TRACE) await appendFile(process.env.TRACE, `${JSON.stringify(sample)}\n`);
      before = await used();
    }
    const of = (key) => round(median(samples.map((each) => each.cores[key])), 3);
    return {
      what: `30 panels that move every second, ${minutes} minutes`,
      cores: { page: of('page'), drawing: of('drawing'), all: of('all') },
      heapMB: samples.map((each) => each.heapMB), nodes: samples.map((each) => each.nodes),
    };
  } finally {
    await demo.stop();
  }
}

/**
 * Opens a page that Playwright has nothing to do with. Of those it drives, the
 * browser keeps what it knows of each request for it: memory that grows, and is not
 * the page's.
 */
async function unwatched(browserTools, url, { cookies }, { width, height }) {
  const { browserContextId } = await browserTools.send('Target.createBrowserContext');
  await browserTools.send('Storage.setCookies', { browserContextId, cookies: cookies.map(({ name, value, domain, path }) => ({ name, value, domain, path })) });
  const { targetId } = await browserTools.send('Target.createTarget', { url, browserContextId, width, height });
  const { sessionId } = await browserTools.send('Target.attachToTarget', { targetId });
  const waiting = new Map();
  browserTools.on('Target.receivedMessageFromTarget', (received) => {
    if (received.sessionId !== sessionId) return;
    const { id, result, error } = JSON.parse(received.message);
    const { resolve, reject } = waiting.get(id) ?? {};
    waiting.delete(id);
    if (error) reject?.(new Error(error.message));
    else resolve?.(result);
  });
  let last = 0;
  const send = (method, params = {}) =>
    new Promise((resolve, reject) => {
      const id = ++last;
      waiting.set(id, { resolve, reject });
      browserTools.send('Target.sendMessageToTarget', { sessionId, message: JSON.stringify({ id, method, params }) }).catch(reject);
    });
  return { send };
}

/** Makes the dashboard: ten sources that are collected every second, three panels of each. */
async function furnish(page, demo) {
  const send = async (method, path, data) => {
    const answer = await page.request.fetch(`${demo.url}/api/v1${path}`, { method, data, headers: { Origin: demo.url } });
    if (!answer.ok()) throw new Error(`${method} ${path}: ${answer.status()} ${await answer.text()}`);
    return answer.json();
  };
  const watched = ['homeserver', 'nas', 'mediabox', 'raspberrypi', 'offsite', 'router', 'tank', 'ups-rack', 'solar', 'cache'];
  const panels = [];
  for (const [n, id] of watched.entries()) {
    const { revision, plugin } = await send('GET', `/sources/${id}`);
    await send('PUT', `/sources/${id}`, { revision, interval_seconds: 1, timeout_seconds: 0.9 });
    const manifest = await send('GET', `/plugins/${plugin}`);
    const drawn = manifest.panels.filter(({ kind }) => kind !== 'timeline').slice(0, 3);
    for (const [m, panel] of drawn.entries()) {
      panels.push({
        id: `p${n}-${m}`, title: `${id}: ${panel.title}`, kind: panel.kind === 'stacked' ? 'area' : panel.kind, stacked: panel.kind === 'stacked',
        unit: panel.unit, grid: { x: 4 * m, y: 5 * n, w: 4, h: 5 },
        queries: panel.queries.map((query) => ({
          metric: query.metric, plugin, match: { ...query.match, source: id }, legend: query.legend ?? '', ...(query.rate ? { func: 'rate' } : {}),
        })),
      });
    }
  }
  await send('POST', '/dashboards', { name: 'Thirty', panels });
}

const [what, minutes = '3'] = process.argv.slice(2);
const measurements = { first, scroll, panels };
if (!(what in measurements)) throw new Error(`there is no measurement ${what}; name one of ${Object.keys(measurements).join(', ')}`);
const browser = await launch();
try {
  console.log(JSON.stringify(await measurements[what](browser, Number(minutes)), null, 2));
} finally {
  await browser.close();
}

// Takes a picture of every page of `unity demo` in both themes, on a desk and on
// a phone: UNITY=dist/unity node tools/screenshots.mjs FOLDER [PART…]
// With parts of names, such as explore or 390-dark, only of those that have one.
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { desktop, launch, open, phone } from '../test/e2e/browser.mjs';
import { enter, startDemo } from '../test/e2e/unity.mjs';

const [folder, ...wanted] = process.argv.slice(2);
if (!folder) throw new Error('name the folder for the pictures');
await mkdir(folder, { recursive: true });

const explore = (expr, more = '') => `/explore?expr=${encodeURIComponent(expr)}${more}`;

/** Name, address, what has to be there before the picture is taken, and what is done before that. */
const pages = [
  { name: 'login', path: '/', ready: 'input', out: true },
  { name: 'overview', path: '/', ready: 'canvas, h2' },
  { name: 'overview-below', path: '/', ready: 'canvas, h2', act: (page) => page.mouse.wheel(0, 900) },
  { name: 'sources', path: '/sources', ready: 'li' },
  { name: 'sources-chosen', path: '/sources', ready: 'li', act: choose },
  { name: 'source-machine', path: '/sources/homeserver', ready: 'canvas' },
  { name: 'source-machine-week', path: '/sources/homeserver?range=7d', ready: 'canvas' },
  { name: 'source-pool', path: '/sources/tank', ready: 'canvas' },
  { name: 'source-ups', path: '/sources/ups-rack', ready: 'canvas' },
  { name: 'source-containers', path: '/sources/containers', ready: 'canvas' },
  { name: 'source-failing', path: '/sources/blog', ready: 'h1' },
  { name: 'source-complaint', path: '/sources/backup-machines', ready: 'h1' },
  { name: 'source-tables', path: '/sources/nas-drives?tab=tables', ready: 'table' },
  { name: 'source-metrics', path: '/sources/homeserver?tab=metrics', ready: 'table' },
  { name: 'source-runs', path: '/sources/wifi-garden?tab=runs', ready: 'table' },
  { name: 'source-events', path: '/sources/wifi-garden?tab=events', ready: 'li' },
  { name: 'source-settings', path: '/sources/cloud?tab=settings', ready: 'form' },
  { name: 'add', path: '/sources/new', ready: 'h1' },
  { name: 'add-form', path: '/sources/new?plugin=demo_site', ready: 'form' },
  { name: 'plugins', path: '/plugins', ready: 'h2' },
  { name: 'plugin', path: '/plugins/demo_machine', ready: 'h2' },
  { name: 'dashboards', path: '/dashboards', ready: 'a[href^="/dashboards/"]' },
  { name: 'dashboard-homelab', path: '/dashboards/the-homelab', ready: 'canvas' },
  { name: 'dashboard-homelab-below', path: '/dashboards/the-homelab', ready: 'canvas', act: (page) => page.mouse.wheel(0, 1000) },
  { name: 'dashboard-house', path: '/dashboards/house', ready: 'canvas' },
  { name: 'dashboard-internet', path: '/dashboards/internet', ready: 'canvas' },
  { name: 'dashboard-host', path: '/dashboards/host.nas', ready: 'canvas' },
  { name: 'builder', path: '/dashboards/house/edit', ready: 'canvas' },
  { name: 'builder-new', path: '/dashboards/new', ready: 'h1, h2, input' },
  { name: 'builder-panel', path: '/dashboards/house/edit', ready: 'canvas', act: (page) => openPanel(page) },
  { name: 'explore', path: '/explore', ready: 'h1' },
  { name: 'explore-lines', path: explore('sum by (source) (machine_cpu_usage_ratio)', '&range=6h'), ready: 'canvas' },
  { name: 'explore-compare', path: explore('solar_power_watts{flow="sun"}', '&range=24h&compare=day'), ready: 'canvas' },
  { name: 'explore-mistake', path: explore('sum by (source (machine_cpu_usage_ratio)'), ready: 'h1' },
  { name: 'events', path: '/events', ready: 'h2' },
  { name: 'settings', path: '/settings', ready: 'form' },
  { name: 'system', path: '/settings/system', ready: 'dl' },
  { name: 'account', path: '/account', ready: 'h2' },
  { name: 'users', path: '/users', ready: 'ul, table' },
  { name: 'audit', path: '/audit', ready: 'ul, table' },
  { name: 'welcome', path: '/welcome', ready: 'h1' },
  { name: 'missing', path: '/nowhere', ready: 'h1' },
  { name: 'palette', path: '/', ready: 'canvas, h2', act: (page) => typed(page, 'Control+k', 'wi') },
  { name: 'keys', path: '/', ready: 'canvas, h2', act: (page) => typed(page, '?') },
];

async function choose(page) {
  const boxes = page.locator('main input[type="checkbox"], main [role="checkbox"]');
  for (const n of [1, 3]) await boxes.nth(n).click();
}

async function openPanel(page) {
  await page.getByRole('button', { name: /edit.*sun and house|sun and house.*edit/i }).first().click({ timeout: 3000 });
}

async function typed(page, key, text = '') {
  await page.locator('main').click({ position: { x: 2, y: 2 } });
  await page.keyboard.press(key);
  await page.getByRole('dialog').waitFor();
  if (text) await page.keyboard.type(text);
}

const demo = await startDemo();
const browser = await launch();
const complained = [];
let count = 0;
try {
  const storageState = await enter(browser, demo);
  for (const colorScheme of ['dark', 'light']) {
    for (const [viewport, size] of [
      [desktop, '1440'],
      [phone, '390'],
    ]) {
      const views = await Promise.all(
        [storageState, undefined].map((state) => open(browser, 'about:blank', { viewport, colorScheme, host: demo.url, storageState: state })),
      );
      for (const { page } of views) await page.emulateMedia({ reducedMotion: 'reduce', colorScheme });
      for (const each of pages) {
        const name = `${each.name}-${size}-${colorScheme}`;
        if (wanted.length > 0 && !wanted.some((part) => name.includes(part))) continue;
        const { page, complaints } = views[each.out ? 1 : 0];
        complaints.length = 0;
        try {
          await page.goto(demo.url + each.path);
          await page.locator('main').locator(each.ready).first().waitFor({ timeout: 20_000 });
          await page.waitForLoadState('networkidle', { timeout: 20_000 });
          await each.act?.(page);
          await settled(page);
          count++;
        } catch (reason) {
          complaints.push(String(reason).split('\n')[0]);
        }
        await page.screenshot({ path: join(folder, `${name}.png`) });
        const wide = await page.evaluate(() => document.documentElement.scrollWidth);
        if (wide > viewport.width) complaints.push(`it is ${wide} wide`);
        for (const complaint of complaints) complained.push(`${name}: ${complaint}`);
      }
      for (const { close } of views) await close();
    }
  }
} finally {
  await browser.close();
  await demo.stop();
}
console.log(`${count} pictures are in ${folder}`);
if (complained.length > 0) {
  console.log(complained.join('\n'));
  process.exitCode = 1;
}

/** Waits until what was asked for is drawn: charts follow their answers by some frames. */
async function settled(page) {
  await page.waitForLoadState('networkidle');
  await page.evaluate(
    () =>
      new Promise((resolve) => {
        let frames = 12;
        const next = () => (frames-- > 0 ? requestAnimationFrame(next) : resolve());
        next();
      }),
  );
}

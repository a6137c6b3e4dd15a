// Dashboards and exploring, as an editor and as a viewer use them.
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { after, before, test } from 'node:test';
import { launch, open, phone, picture } from './browser.mjs';
import { startUnity } from './unity.mjs';

const axe = createRequire(import.meta.url).resolve('axe-core/axe.min.js');
const password = 'correct horse battery';

let unity;
let browser;
let editor;
let viewer;

before(async () => {
  [unity, browser] = await Promise.all([startUnity(), launch()]);
  const admin = await browser.newContext();
  const made = await admin.request.post(`${unity.url}/api/v1/auth/setup`, { data: { code: unity.code, name: 'ann', password } });
  assert.equal(made.status(), 200, await made.text());
  const second = await admin.request.post(`${unity.url}/api/v1/users`, { data: { name: 'vic', role: 'viewer', password } });
  assert.equal(second.status(), 201, await second.text());
  editor = await admin.storageState();
  await admin.close();

  const other = await browser.newContext();
  const login = await other.request.post(`${unity.url}/api/v1/auth/login`, { data: { name: 'vic', password } });
  assert.equal(login.status(), 200, await login.text());
  viewer = await other.storageState();
  await other.close();
});

after(async () => {
  await browser?.close();
  if (!unity) return;
  assert.equal(await unity.stop(), 0, `unity stops cleanly:\n${unity.output()}`);
});

/** What axe finds wrong with a page. */
async function violations(page) {
  await page.evaluate(await readFile(axe, 'utf8'));
  const found = await page.evaluate(() => globalThis.axe.run(document, { resultTypes: ['violations'] }));
  return found.violations.map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.html.slice(0, 160)).join(' | ')}`);
}

/** The panel with a title, in the editor or on the page. */
const panel = (page, title) => page.locator('section.panel').filter({ has: page.getByRole('heading', { level: 2, name: title }) });

/** Holds up the script that has these words until the returned function is called. */
async function holdUp(page, words) {
  let release;
  const released = new Promise((resolve) => (release = resolve));
  await page.route('**/immutable/chunks/*.js', async (route) => {
    const response = await route.fetch();
    if ((await response.text()).includes(words)) await released;
    await route.fulfill({ response });
  });
  return release;
}

test('a dashboard is built by picking a metric, by PromQL and by keyboard, and survives', async () => {
  // A service worker would fetch the scripts itself, where they cannot be held up.
  const { page, complaints, close } = await open(browser, `${unity.url}/dashboards`, { storageState: editor, serviceWorkers: 'block' });
  const letEditorCome = await holdUp(page, 'cm-content');
  await page.getByRole('link', { name: 'New dashboard' }).first().click();
  await page.getByRole('textbox', { name: 'Name', exact: true }).fill('The basement');

  // A panel from the picker; its unit is that of the metric.
  await page.getByRole('button', { name: /^Lines/ }).click();
  await page.getByLabel('Title', { exact: true }).fill('Use of the processor');
  await page.getByRole('button', { name: 'Choose a metric' }).click();
  await page.getByRole('searchbox', { name: 'Search metrics' }).fill('cpu usage');
  await page.getByRole('button', { name: /system_cpu_usage_ratio/ }).click();
  await panel(page, 'Use of the processor').locator('canvas').waitFor();
  assert.match(await panel(page, 'Use of the processor').locator('ul.legend').innerText(), /%/);

  // Another one from an expression.
  await page.getByRole('button', { name: 'Add panel' }).click();
  await page.getByRole('menuitem', { name: /^Table/ }).click();
  await page.getByLabel('Title', { exact: true }).fill('Which answer');
  await page.getByRole('button', { name: 'PromQL' }).click();
  await page.getByRole('textbox', { name: 'Expression of PromQL' }).click();
  // What is typed while the editor is on its way goes on in it.
  await page.keyboard.type('u');
  letEditorCome();
  await page.locator('.cm-content').filter({ hasText: 'u' }).waitFor();
  await page.keyboard.type('p');
  await panel(page, 'Which answer').getByRole('cell', { name: 'system_info' }).first().waitFor();
  await picture(page, 'dashboard-edit');
  assert.deepEqual(await violations(page), []);
  await page.getByRole('button', { name: 'Close' }).click();

  // Moved and resized without a mouse, and taken back.
  const item = page.getByRole('group', { name: 'Panel Which answer' });
  await item.focus();
  await page.keyboard.press('Shift+ArrowLeft');
  await page.getByText('Which answer: column 7, row 1, 5 wide, 6 high').waitFor({ state: 'attached' });
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('Control+z');
  await page.keyboard.press('Delete');
  await item.waitFor({ state: 'detached' });
  await page.getByRole('button', { name: 'Undo' }).click();
  await item.waitFor();

  // Leaving asks whether the changes are lost.
  await page.getByRole('link', { name: 'Events' }).first().click();
  await page.getByRole('button', { name: 'Keep editing' }).click();

  await page.getByRole('button', { name: 'Save' }).click();
  await page.getByRole('heading', { level: 1, name: 'The basement' }).waitFor();
  assert.match(new URL(page.url()).pathname, /^\/dashboards\/the-basement$/);
  await page.reload();
  await panel(page, 'Use of the processor').locator('canvas').waitFor();
  await panel(page, 'Which answer').getByRole('cell', { name: 'system_info' }).first().waitFor();
  await picture(page, 'dashboard');
  assert.deepEqual(await violations(page), []);
  const stored = await (await page.request.get(`${unity.url}/api/v1/dashboards/the-basement`)).json();
  assert.deepEqual(stored.panels.map(({ title, grid }) => [title, grid.w]), [['Use of the processor', 6], ['Which answer', 5]]);
  assert.deepEqual(complaints, []);
  await close();
});

test('a panel is dragged by its grip', async () => {
  const { page, complaints, close } = await open(browser, `${unity.url}/dashboards/the-basement/edit`, { storageState: editor });
  const item = page.getByRole('group', { name: 'Panel Which answer' });
  await item.waitFor();
  const save = page.getByRole('button', { name: 'Save' });
  // The grid takes hold of its panels a moment after they are drawn.
  for (const deadline = Date.now() + 20_000; !(await save.isEnabled()) && Date.now() < deadline; ) {
    const from = await item.locator('.grip').boundingBox();
    const other = await page.getByRole('group', { name: 'Panel Use of the processor' }).boundingBox();
    await page.mouse.move(from.x + 8, from.y + 8);
    await page.mouse.down();
    await page.mouse.move(from.x - 60, from.y + 120, { steps: 8 });
    await page.mouse.move(other.x + other.width - 30, other.y + other.height + 40, { steps: 12 });
    await page.mouse.up();
  }
  await page.getByRole('button', { name: 'Save' }).click();
  await page.getByRole('heading', { level: 1, name: 'The basement' }).waitFor();
  const stored = await (await page.request.get(`${unity.url}/api/v1/dashboards/the-basement`)).json();
  const moved = stored.panels.find(({ title }) => title === 'Which answer').grid;
  assert.ok(moved.x < 6 && moved.w === 5, `it stands at ${JSON.stringify(moved)}`);
  assert.deepEqual(complaints, []);
  await close();
});

test('its link shows the same time to a viewer, who cannot change it', async () => {
  const { page, complaints, close } = await open(browser, `${unity.url}/dashboards/the-basement`, { storageState: editor });
  await page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
  await page.getByRole('button', { name: '15 m' }).click();
  await page.waitForURL(/range=15m/);
  await page.getByRole('button', { name: 'More', exact: true }).click();
  await page.getByRole('menuitem', { name: 'Copy link' }).click();
  await page.getByText('The link is copied').waitFor();
  const link = await page.evaluate(() => navigator.clipboard.readText());
  assert.deepEqual(complaints, []);
  await close();

  const seen = await open(browser, link, { storageState: viewer });
  await panel(seen.page, 'Use of the processor').locator('canvas').waitFor();
  assert.equal(await seen.page.getByRole('button', { name: '15 m' }).getAttribute('aria-pressed'), 'true');
  assert.equal(await seen.page.getByRole('link', { name: 'Edit' }).count(), 0);
  await seen.page.goto(`${unity.url}/dashboards/the-basement/edit`);
  await seen.page.getByRole('heading', { name: 'Only editors may change dashboards.' }).waitFor();
  const refused = await seen.page.request.delete(`${unity.url}/api/v1/dashboards/the-basement`);
  assert.equal(refused.status(), 403);
  assert.deepEqual(seen.complaints, []);
  await seen.close();
});

test('the dashboard of a plugin is duplicated, and a file is imported', async () => {
  const { page, complaints, close } = await open(browser, `${unity.url}/dashboards`, { storageState: editor });
  await page.getByRole('link', { name: /^System/ }).click();
  await page.getByRole('heading', { level: 1, name: 'System' }).waitFor();
  await page.locator('section.panel canvas').first().waitFor();
  await page.getByRole('button', { name: 'More', exact: true }).click();
  await page.getByRole('menuitem', { name: 'Duplicate' }).click();
  await page.getByRole('textbox', { name: 'Name', exact: true }).waitFor();
  await page.waitForURL(/copy-of-system\/edit/);

  const file = { unity: 'dashboard', version: 1, name: 'From <b>elsewhere</b>', panels: [{ id: 'a', kind: 'text', title: '', text: '# <img src=x onerror=alert(1)> hello', grid: { x: 0, y: 0, w: 6, h: 4 } }] };
  await page.goto(`${unity.url}/dashboards`);
  await page.getByRole('button', { name: 'Import' }).waitFor();
  await page.locator('input[type=file]').setInputFiles({ name: 'd.json', mimeType: 'application/json', buffer: Buffer.from(JSON.stringify(file)) });
  await page.getByRole('heading', { level: 1, name: 'From <b>elsewhere</b>' }).waitFor();
  await page.getByText('hello').waitFor();
  assert.equal(await page.locator('main img').count(), 0);
  await page.goto(`${unity.url}/dashboards`);
  await page.getByRole('link', { name: /The basement/ }).waitFor();
  await picture(page, 'dashboards');
  assert.deepEqual(await violations(page), []);
  assert.deepEqual(complaints, []);
  await close();
});

test('exploring completes, says what is wrong and where, compares and exports', async () => {
  const { page, complaints, close } = await open(browser, `${unity.url}/explore`, { storageState: editor });
  const expression = page.locator('.cm-content');
  await expression.waitFor();
  await expression.click();
  await page.keyboard.type('sum by (source) (system_lo');
  await page.locator('.cm-tooltip-autocomplete').getByText('system_load1', { exact: true }).waitFor();
  await page.keyboard.press('Escape');
  await page.keyboard.press('Control+a');
  await page.keyboard.type('up + ');
  await page.keyboard.press('Escape');
  await page.getByRole('button', { name: 'Run' }).click();
  await page.getByRole('alert').filter({ hasText: /unexpected end of input/i }).waitFor();
  await picture(page, 'explore-mistake');

  await expression.click();
  await page.keyboard.press('Control+a');
  await page.keyboard.type('up');
  await page.keyboard.press('Escape');
  await page.keyboard.press('Enter');
  await page.getByText(/\d+ series in/).waitFor();
  await page.locator('div.result canvas').waitFor();
  await page.waitForURL(/expr=up/);
  await page.getByLabel('Compare with').selectOption('day');
  await page.waitForURL(/compare=day/);
  for (const [button, name] of [['CSV', 'up.csv'], ['PNG', 'up.png']]) {
    const [file] = await Promise.all([page.waitForEvent('download'), page.getByRole('button', { name: button, exact: true }).click()]);
    assert.equal(file.suggestedFilename(), name);
    const content = await readFile(await file.path());
    if (button === 'CSV') assert.match(content.toString(), /^Time,.*\r\n\d{4}-\d\d-\d\dT[\d:.]+Z,/);
    else assert.equal(content.subarray(1, 4).toString(), 'PNG');
  }
  await page.getByRole('button', { name: 'Table', exact: true }).click();
  await page.getByRole('cell', { name: 'system_info' }).first().waitFor();
  await picture(page, 'explore');
  assert.deepEqual(await violations(page), []);
  // The refused expression is in the console, as it should be, and that Chromium may not give what is
  // typed over a coloured word the colour of that word, by a style attribute of its own.
  assert.deepEqual(complaints.filter((each) => !each.includes('400') && !each.includes('style-src-attr')), []);
  await close();
});

test('dashboards and exploring fit a phone', async () => {
  for (const path of ['/dashboards', '/dashboards/the-basement', '/dashboards/the-basement/edit', '/explore?expr=up']) {
    const { page, complaints, close } = await open(browser, unity.url + path, { viewport: phone, colorScheme: 'light', storageState: editor });
    await page.locator('main').getByRole('heading').or(page.getByRole('textbox', { name: 'Name', exact: true })).first().waitFor();
    await page.locator('main .card').first().waitFor();
    const width = await page.evaluate(() => document.documentElement.scrollWidth);
    assert.ok(width <= phone.width, `${path} is ${width} wide on a screen of ${phone.width}`);
    assert.deepEqual(complaints, []);
    await close();
  }
});

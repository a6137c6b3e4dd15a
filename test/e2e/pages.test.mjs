// Every page with made-up data, in both themes and on a phone: nothing that
// keeps people out, nothing wider than the window, no exception.
import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { desktop, launch, open, phone } from './browser.mjs';
import { build, serve } from './gallery.mjs';
import { flaws, pages, states, visit } from './pages.mjs';

let folder;
let gallery;
let browser;

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'unity-gallery-'));
  [browser] = await Promise.all([launch(), build(folder)]);
  gallery = await serve(folder);
});

after(async () => {
  await browser?.close();
  gallery?.close();
  if (folder) await rm(folder, { recursive: true, force: true });
});

for (const [colorScheme, viewport, how] of [
  ['dark', desktop, 'on a desk in the dark'],
  ['light', phone, 'on a phone by day'],
]) {
  test(`every page can be used by everybody, ${how}`, async () => {
    const { page, complaints, close } = await open(browser, gallery.url, { viewport, colorScheme });
    await page.emulateMedia({ reducedMotion: 'reduce', colorScheme });
    const found = {};
    for (const each of [...pages, ...states]) {
      await visit(page, gallery.url, each);
      const wrong = await flaws(page);
      const wider = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
      if (wider > 0) wrong.push(`the page is ${wider} pixels wider than the window`);
      if (wrong.length > 0) found[each.name] = wrong;
    }
    assert.deepEqual(found, {});
    // That there is no such page is said in the console, too.
    assert.deepEqual(complaints.filter((each) => !each.includes('/nowhere')), []);
    await close();
  });
}

test('everything is within reach of the keyboard', async () => {
  const { page, complaints, close } = await open(browser, `${gallery.url}/?state=home`);
  await page.locator('main h1').waitFor();
  await page.keyboard.press('Control+k');
  const box = page.getByRole('combobox', { name: 'Search everything' });
  await box.waitFor();
  await box.fill('photos');
  await page.getByRole('option', { name: /Photos/ }).first().waitFor();
  await page.keyboard.press('Enter');
  await page.getByRole('heading', { level: 1, name: 'Photos' }).waitFor();

  await page.keyboard.press('g');
  await page.keyboard.press('s');
  await page.getByRole('heading', { level: 1, name: 'Sources' }).waitFor();
  // The list, and the box that searches it, come a moment after the heading.
  await page.locator('[data-search]').waitFor();
  await page.keyboard.press('/');
  await page.locator('[data-search]:focus').waitFor();
  await page.keyboard.type('photos');
  await page.getByText('2 of 39').waitFor();
  await page.keyboard.press('Escape');

  await page.keyboard.press('?');
  await page.getByRole('dialog', { name: 'Keyboard' }).waitFor();
  await page.keyboard.press('Escape');
  await page.getByRole('dialog').waitFor({ state: 'detached' });
  assert.deepEqual(complaints, []);
  await close();
});

test('the time of a page and how it moves on are in its address', async () => {
  const { page, complaints, close } = await open(browser, `${gallery.url}/sources/example_machine?state=good`);
  await page.getByRole('button', { name: '6 h', exact: true }).click();
  await page.waitForURL(/range=6h/);
  await page.getByLabel('How the page moves on').selectOption({ label: 'Every 30 s' });
  await page.waitForURL(/refresh=30s/);
  await page.keyboard.press('Tab');
  await page.keyboard.press('[');
  await page.waitForURL(/from=\d+&to=\d+/);
  await page.getByRole('button', { name: 'Back to now' }).click();
  await page.waitForURL((url) => !url.searchParams.has('from'));
  assert.deepEqual(complaints, []);
  await close();
});

test('of five hundred sources only those in view are in the page, however far it is scrolled', async () => {
  const { page, complaints, close } = await open(browser, `${gallery.url}/sources?state=many`);
  await page.getByText('500 of 500').waitFor();
  const rows = page.getByRole('list', { name: 'Sources' }).getByRole('listitem');
  await rows.first().waitFor();
  assert.ok((await rows.count()) < 60, 'few rows at the top');
  await page.evaluate(() => scrollTo(0, document.documentElement.scrollHeight));
  await page.locator('[aria-posinset="500"]').waitFor();
  assert.ok((await rows.count()) < 60, 'few rows at the end');
  assert.deepEqual(complaints, []);
  await close();
});

test('who may only look is offered nothing that changes', async () => {
  const { page, close } = await open(browser, `${gallery.url}/sources?state=viewer`);
  await page.getByRole('list', { name: 'Sources' }).getByRole('listitem').first().waitFor();
  assert.equal(await page.getByRole('checkbox').count(), 0);
  assert.equal(await page.getByRole('link', { name: 'Add a source' }).count(), 0);

  await visit(page, gallery.url, { path: '/sources/example_machine', ready: 'canvas' });
  for (const name of ['Run now', 'More', 'Enable']) {
    assert.equal(await page.getByRole('button', { name, exact: true }).count(), 0, name);
  }
  assert.equal(await page.getByRole('tab', { name: 'Settings' }).count(), 0);
  // Neither keys nor addresses lead to where only others may go.
  await page.keyboard.press('g');
  await page.keyboard.press('a');
  await page.keyboard.press('?');
  const keys = page.getByRole('dialog', { name: 'Keyboard' });
  await keys.waitFor();
  assert.equal(await keys.getByText('Add a source').count(), 0);
  for (const path of ['/sources/new', '/welcome', '/users', '/audit', '/settings/file']) {
    await visit(page, gallery.url, { path, ready: 'h1' });
    await page.getByRole('heading', { level: 1, name: 'This is for others' }).waitFor();
    assert.equal(await page.locator('main').getByRole('button').count(), 0, path);
  }
  await close();
});

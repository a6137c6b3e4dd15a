// The server goes away while somebody looks, and comes back.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { launch, moves, open, picture } from './browser.mjs';
import { startUnity } from './unity.mjs';

let unity;
let browser;
let storageState;

before(async () => {
  unity = await startUnity();
  browser = await launch();
  const context = await browser.newContext();
  const made = await context.request.post(`${unity.url}/api/v1/auth/setup`, {
    data: { code: unity.code, name: 'ann', password: 'correct horse battery' },
  });
  assert.equal(made.status(), 200, await made.text());
  storageState = await context.storageState();
  await context.close();
});

after(async () => {
  await browser?.close();
  if (!unity) return;
  assert.equal(await unity.stop(), 0, `unity stops cleanly:\n${unity.output()}`);
});

/** How the page says its connection is. */
const connection = (page, word) => page.getByRole('navigation').getByRole('status').filter({ hasText: word });

/** Waits until the interface is kept for when there is no server. */
const kept = (page) =>
  page.evaluate(async () => {
    await navigator.serviceWorker.ready;
    if (!navigator.serviceWorker.controller) {
      await new Promise((resolve) => navigator.serviceWorker.addEventListener('controllerchange', resolve, { once: true }));
    }
  });

test('a page says that the connection is lost, and goes on by itself when the server is back', async () => {
  const { page, close } = await open(browser, `${unity.url}/sources/system_info`, { storageState });
  await connection(page, 'Live').waitFor();
  await page.locator('section.panel canvas').first().waitFor();
  await kept(page);
  // What the interface is made of is asked for once more, so that it is kept.
  await page.reload();
  await connection(page, 'Live').waitFor();

  assert.equal(await unity.leave(), 0, unity.output());
  await connection(page, 'Connection lost').waitFor();
  await page.getByRole('status').filter({ hasText: 'What you see is from before' }).waitFor();
  await picture(page, 'offline');
  // Somebody who is signed in stays so.
  assert.equal(await page.getByLabel('Password', { exact: true }).count(), 0);

  await unity.comeBack();
  await connection(page, 'Live').waitFor({ timeout: 60_000 });
  await page.getByRole('status').filter({ hasText: 'What you see is from before' }).waitFor({ state: 'detached' });
  await moves(page, page.locator('section.panel canvas'), 30_000);
  await close();
});

test('a page that is opened while the server is away says so, shows nothing of before, and goes on when it is back', async () => {
  const { page, close } = await open(browser, `${unity.url}/sources/system_info`, { storageState });
  await page.locator('section.panel canvas').first().waitFor();
  await kept(page);
  await page.reload();
  await page.locator('section.panel canvas').first().waitFor();

  assert.equal(await unity.leave(), 0, unity.output());
  await page.reload();
  await page.getByText('It is tried again by itself').waitFor();
  assert.equal(await page.locator('canvas').count(), 0, 'nothing that was measured is kept');
  await picture(page, 'opened-offline');

  await unity.comeBack();
  await page.locator('section.panel canvas').first().waitFor({ timeout: 60_000 });
  await connection(page, 'Live').waitFor();
  await close();
});

// The whole program in a real browser: what a person does first.
import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { after, before, test } from 'node:test';
import { desktop, launch, moves, open, phone, picture } from './browser.mjs';
import { startUnity } from './unity.mjs';

let unity;
let browser;
/** The cookie of whoever made the first account. */
let storageState;

const password = 'correct horse battery';

before(async () => {
  // One after the other: a browser that nobody knows of would never be closed.
  unity = await startUnity();
  browser = await launch();
});

after(async () => {
  await browser?.close();
  if (!unity) return;
  assert.equal(await unity.stop(), 0, `unity stops cleanly:\n${unity.output()}`);
});

/** A chart with at least one line: its card has a legend with a number. */
const charts = (page) =>
  page
    .locator('section.panel')
    .filter({ has: page.locator('canvas') })
    .filter({ hasText: /\d/ });

test('the first account is made with the code that was printed, and lets in again', async () => {
  const { page, complaints, close } = await open(browser, `${unity.url}/events`);
  await page.getByRole('heading', { name: 'Welcome to Unity' }).waitFor();
  await page.getByLabel('Setup code').fill('AAAAA-AAAAA-AAAAA-AAAAA');
  await page.getByLabel('Name').fill('ann');
  await page.getByLabel('Password', { exact: true }).fill(password);
  await page.getByLabel('Password again').fill(password);
  await page.getByRole('button', { name: 'Make the account' }).click();
  await page.getByRole('alert').filter({ hasText: 'setup code is not right' }).waitFor();
  await picture(page, 'set-up');
  await page.getByLabel('Setup code').fill(unity.code.toLowerCase());
  await page.getByRole('button', { name: 'Make the account' }).click();
  await page.getByRole('heading', { level: 1, name: 'Events' }).waitFor();

  await page.getByRole('link', { name: 'ann' }).click();
  await page.getByRole('button', { name: 'Sign out' }).click();
  await page.getByLabel('Name').fill('Ann');
  await page.getByLabel('Password', { exact: true }).fill('wrong horse battery');
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.getByRole('alert').filter({ hasText: 'not right' }).waitFor();
  await picture(page, 'login');
  await page.getByLabel('Password', { exact: true }).fill(password);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.getByRole('link', { name: 'ann' }).waitFor();
  storageState = await page.context().storageState();
  // The two refusals are in the console, as they should be.
  assert.deepEqual(complaints.filter((each) => !each.includes('401')), []);
  await close();
});

test('the first chart moves within ten seconds of opening the page', async () => {
  const began = Date.now();
  const { page, complaints, close } = await open(browser, unity.url, { storageState });
  await page.getByRole('heading', { level: 1 }).waitFor({ timeout: 5_000 });
  await moves(page, charts(page).locator('canvas'), 10_000 - (Date.now() - began));
  await page.locator('dt', { hasText: 'Samples/s' }).waitFor({ timeout: 5_000 });
  await picture(page, 'overview');
  assert.deepEqual(complaints, []);
  await close();
});

test('the overview fits a phone, in light and dark', async () => {
  for (const colorScheme of ['light', 'dark']) {
    const { page, complaints, close } = await open(browser, unity.url, { viewport: phone, colorScheme, storageState });
    await charts(page).first().waitFor({ timeout: 10_000 });
    const width = await page.evaluate(() => document.documentElement.scrollWidth);
    assert.ok(width <= phone.width, `the page is ${width} wide on a screen of ${phone.width}`);
    const background = await page.evaluate(() => getComputedStyle(document.documentElement).backgroundColor);
    const [red] = background.match(/\d+/g).map(Number);
    assert.equal(red > 127, colorScheme === 'light', `${background} is the background in ${colorScheme}`);
    await picture(page, `phone-${colorScheme}`);
    assert.deepEqual(complaints, []);
    await close();
  }
});

test('a source that is added by its form is tested, collected and drawn', async () => {
  let asked = 0;
  const target = createServer((_, response) => {
    asked += 1;
    setTimeout(() => response.end('fine'), 5 + ((asked * 13) % 40));
  });
  await new Promise((resolve) => target.listen(0, '127.0.0.1', resolve));
  try {
    const { page, complaints, close } = await open(browser, `${unity.url}/sources/new`, { viewport: desktop, storageState });
    await page.getByRole('searchbox').fill('web service');
    await page.getByRole('button', { name: /web service/i }).click();
    await page.getByRole('heading', { level: 1, name: /web service/i }).waitFor();

    // What is missing is said beside the field, and nothing is saved.
    const address = page.getByLabel(/^Address/);
    await address.fill('');
    await page.getByRole('button', { name: 'Add source' }).click();
    await page.getByRole('alert').first().waitFor();

    await address.fill(`http://127.0.0.1:${target.address().port}/`);
    await page.locator('#general-name').fill('Test target');
    await page.locator('#general-interval').fill('1s');
    await page.locator('#general-timeout').fill('900ms');
    await page.getByRole('button', { name: 'Test', exact: true }).click();
    await page.getByRole('heading', { name: /It works: \d+ samples in/ }).waitFor();
    const askedByTest = asked;
    assert.ok(askedByTest > 0, 'the test asked the target');
    await picture(page, 'form');

    await page.getByRole('button', { name: 'Add source' }).click();
    await page.getByRole('heading', { level: 1, name: 'Test target' }).waitFor();
    assert.match(page.url(), /\/sources\/web_service_monitor-?[a-z0-9-]*$/);
    await moves(page, charts(page).locator('canvas'), 15_000);
    await picture(page, 'source');
    assert.ok(asked > askedByTest, 'the source asked the target');

    const id = page.url().split('/').pop();
    const answer = await page.request.get(`${unity.url}/api/v1/sources/${id}`);
    const source = await answer.json();
    assert.equal(source.status.status, 'healthy');
    assert.equal(source.interval_seconds, 1);
    assert.equal(source.timeout_seconds, 0.9);
    assert.deepEqual(complaints, []);
    await close();
  } finally {
    target.close();
  }
});

test('what is smuggled into a page neither runs nor is drawn', async () => {
  const { page, close } = await open(browser, `${unity.url}/sources`, { storageState });
  const hostile = '<img src=x onerror="globalThis.smuggled=1"><b>bold</b>';
  const made = await page.request.post(`${unity.url}/api/v1/sources`, {
    data: { plugin: 'web_service_monitor', name: hostile, enabled: false, config: { url: 'http://127.0.0.1:1' } },
  });
  assert.equal(made.status(), 201, await made.text());
  await page.reload();
  await page.getByText(hostile).first().waitFor();
  assert.equal(await page.locator('img[src="x"]').count(), 0);

  const policy = (await page.request.get(unity.url)).headers()['content-security-policy'];
  assert.doesNotMatch(policy, /unsafe-(inline|eval)/);
  // Each is told by the policy of the answer and by that of the page.
  const refused = await page.evaluate(
    () =>
      new Promise((resolve) => {
        const found = new Set();
        addEventListener('securitypolicyviolation', (event) => {
          found.add(event.effectiveDirective);
          if (found.size === 3) resolve([...found]);
        });
        const script = document.createElement('script');
        script.textContent = 'globalThis.smuggled = 2';
        document.body.append(script);
        document.body.insertAdjacentHTML('beforeend', '<p style="color: red" onclick="globalThis.smuggled=3">x</p>');
        document.body.lastElementChild.click();
      }),
  );
  assert.deepEqual(refused.sort(), ['script-src-attr', 'script-src-elem', 'style-src-attr']);
  assert.equal(await page.evaluate(() => globalThis.smuggled), undefined);
  await close();
});

// Adds a source through the form of its plugin, tests it, has it collect, looks at
// it, mistypes a setting, and looks once more when its target is gone. What to add
// comes in a line of JSON; when the target may go a line is written, and when it
// is gone a line is read. What was seen is the last line. See test/forms.
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline/promises';
import { desktop, launch, open, phone } from './browser.mjs';
import { changed, fill, mistakes } from './filling.mjs';
import { enter } from './unity.mjs';

const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]();
const { account, plugin, config, rounds, pictures } = JSON.parse((await lines.next()).value);
const { url } = account;
await mkdir(pictures, { recursive: true });

const browser = await launch();
const storageState = await enter(browser, account);
const [desk, hand] = await Promise.all(
  [{ viewport: desktop, colorScheme: 'dark' }, { viewport: phone, colorScheme: 'light' }].map((kind) =>
    open(browser, 'about:blank', { ...kind, storageState, host: url }),
  ),
);
const { page } = desk;
const seen = { complaints: [] };
try {
  const { schema } = (await ask('GET', `/plugins/${plugin}`)).body;
  seen.test = await add(schema);
  const path = `/sources/${new URL(page.url()).pathname.split('/').pop()}`;
  await collect(path);
  seen.source = (await ask('GET', path)).body.status;
  seen.runs = (await ask('GET', `${path}/runs?limit=100`)).body.items.length;
  for (const tab of ['charts', 'tables']) await lookAt(`${path}?range=5m&tab=${tab}`, tab);
  seen.wrong = await mistype(`${path}?tab=settings`, schema);
  console.log('gone?');
  await lines.next();
  seen.gone = await fail(path);
  const { samples } = (await ask('GET', `${path}/latest`)).body;
  seen.down = samples.filter(({ name, value }) => /_(up|online)$/.test(name) && value === 0).map(({ name }) => name);
  await lookAt(`${path}?range=5m`, 'gone');
  seen.complaints.push(...desk.complaints, ...hand.complaints);
} catch (reason) {
  seen.complaints.push(String(reason.stack ?? reason));
} finally {
  await browser.close();
}
console.log(JSON.stringify(seen));
process.exit();

/** Asks the API as the page does. */
async function ask(method, path) {
  const answer = await page.request.fetch(`${url}/api/v1${path}`, { method, headers: { Origin: url } });
  return { status: answer.status(), body: await answer.json() };
}

/** Adds the source through its form; resolves with what the test said first. */
async function add(schema) {
  await page.goto(`${url}/sources/new?plugin=${plugin}`);
  await page.locator('form').waitFor();
  await fill(page, schema, config);
  const { title, result } = await test();
  await whole(page, 'form');
  if (!title.startsWith('It works')) throw new Error(`the test says: ${await result.innerText()}`);
  await page.getByRole('button', { name: 'Add source' }).click();
  await page.waitForURL(({ pathname }) => /\/sources\/(?!new)/.test(pathname), { timeout: 30_000 });
  return title;
}

/** Tests what is in the form. */
async function test() {
  const result = page.getByRole('status').filter({ has: page.locator('h2') });
  await page.getByRole('button', { name: 'Test', exact: true }).click();
  await result.waitFor({ timeout: 90_000 });
  return { title: await result.locator('h2').innerText(), result };
}

/** Has the source collect, once a second at most. */
async function collect(path) {
  for (let n = 0; n < rounds; ) {
    const { status, body } = await ask('POST', `${path}/run`);
    if (status === 200) n += 1;
    else if (status !== 409) throw new Error(`collecting: ${status} ${JSON.stringify(body)}`);
    await page.waitForTimeout(1000);
  }
}

/** Opens a page in both browsers, takes pictures, and complains when it is too wide. */
async function lookAt(path, name) {
  for (const { page: view, complaints } of [desk, hand]) {
    const { width } = view.viewportSize();
    await view.goto(url + path);
    await view.locator('[role="tabpanel"]').locator('section, table, h3').first().waitFor();
    await view.waitForLoadState('networkidle');
    await whole(view, `${name}-${width}`);
    const wide = await view.evaluate(() => document.documentElement.scrollWidth);
    if (wide > width) complaints.push(`${name} is ${wide} wide on ${width}`);
  }
}

/** Mistypes one setting after the other until a test is not as good as before. */
async function mistype(settings, schema) {
  const kind = (title) => title.split(':')[0];
  for (const { path, wrong } of mistakes(schema, config)) {
    await page.goto(url + settings);
    await page.locator('form').waitFor();
    await fill(page, schema, { [path[0]]: changed(config, path, wrong)[path[0]] });
    const { title, result } = await test();
    if (kind(title) === kind(seen.test)) continue;
    await result.screenshot({ path: join(pictures, 'wrong.png') });
    return { field: path.filter((part) => typeof part === 'string').join('.'), said: await result.innerText() };
  }
  return {};
}

/** Has the source collect until it is known to fail, or ten times; resolves with how it is. */
async function fail(path) {
  let status;
  for (let n = 0; n < 10; n += 1) {
    await ask('POST', `${path}/run`);
    ({ status } = (await ask('GET', path)).body);
    if (status.failures >= 3) break;
    await page.waitForTimeout(200);
  }
  return status;
}

/** A picture of the whole page, once its charts are drawn. */
async function whole(view, name) {
  const height = await view.evaluate(() => document.documentElement.scrollHeight);
  const before = view.viewportSize();
  await view.setViewportSize({ width: before.width, height: Math.min(Math.max(height, before.height), 8000) });
  await view.waitForTimeout(700);
  await view.screenshot({ path: join(pictures, `${name}.png`) });
  await view.setViewportSize(before);
}

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
const seen = { wrong: {}, complaints: [] };
try {
  const storageState = await enter(browser, account);
  const desk = await open(browser, 'about:blank', { viewport: desktop, colorScheme: 'dark', storageState, host: url });
  const hand = await open(browser, 'about:blank', { viewport: phone, colorScheme: 'light', storageState, host: url });
  const { page } = desk;
  const api = async (method, path) => {
    const answer = await page.request.fetch(`${url}/api/v1${path}`, { method, headers: { Origin: url } });
    return { status: answer.status(), body: await answer.json() };
  };
  const { schema, name } = (await api('GET', `/plugins/${plugin}`)).body;
  const result = page.getByRole('status').filter({ has: page.locator('h2') });
  const tested = async () => {
    await page.getByRole('button', { name: 'Test', exact: true }).click();
    await result.waitFor({ timeout: 90_000 });
    return (await result.locator('h2').innerText()).trim();
  };

  // The form, as a new source.
  await page.goto(`${url}/sources/new?plugin=${plugin}`);
  await page.locator('form').waitFor();
  await fill(page, schema, config);
  seen.test = await tested();
  await full(page, join(pictures, 'form.png'));
  if (!seen.test.startsWith('It works')) throw new Error(`the test says: ${await result.innerText()}`);
  await page.getByRole('button', { name: 'Add source' }).click();
  await page.waitForURL((address) => /\/sources\/(?!new)/.test(address.pathname), { timeout: 30_000 });
  const id = new URL(page.url()).pathname.split('/').pop();

  // Collected, once a second at most.
  for (let n = 0; n < rounds; ) {
    const { status, body } = await api('POST', `/sources/${id}/run`);
    if (status === 200) n += 1;
    else if (status !== 409) throw new Error(`collecting: ${status} ${JSON.stringify(body)}`);
    await page.waitForTimeout(1000);
  }
  seen.source = (await api('GET', `/sources/${id}`)).body.status;
  seen.runs = (await api('GET', `/sources/${id}/runs?limit=100`)).body.items.length;
  for (const { page: view, complaints } of [desk, hand]) {
    const width = view.viewportSize().width;
    for (const tab of ['charts', 'tables']) {
      await view.goto(`${url}/sources/${id}?range=5m${tab === 'charts' ? '' : `&tab=${tab}`}`);
      await view.locator('[role="tabpanel"] section, [role="tabpanel"] table, [role="tabpanel"] h3').first().waitFor();
      await view.waitForLoadState('networkidle');
      await full(view, join(pictures, `${tab}-${width}.png`));
      const wide = await view.evaluate(() => document.documentElement.scrollWidth);
      if (wide > width) complaints.push(`${tab} is ${wide} wide on ${width}`);
    }
  }

  // A setting that is mistyped: the first that the test does not let pass.
  for (const { path, wrong } of mistakes(schema, config)) {
    await page.goto(`${url}/sources/${id}?tab=settings`);
    await page.locator('form').waitFor();
    const field = path.filter((part) => typeof part === 'string').join('.');
    await fill(page, schema, { [path[0]]: changed(config, path, wrong)[path[0]] });
    const said = await tested();
    if (said.slice(0, 13) === seen.test.slice(0, 13)) continue; // as good as before
    seen.wrong = { field, said: await result.innerText() };
    await result.screenshot({ path: join(pictures, 'wrong.png') });
    break;
  }

  // Its target goes.
  console.log('gone?');
  await lines.next();
  for (let n = 0; n < 10; n += 1) {
    await api('POST', `/sources/${id}/run`);
    seen.gone = (await api('GET', `/sources/${id}`)).body.status;
    if (seen.gone.failures >= 3) break;
    await page.waitForTimeout(200);
  }
  const { samples } = (await api('GET', `/sources/${id}/latest`)).body;
  seen.down = samples.filter(({ name, value }) => /_(up|online)$/.test(name) && value === 0).map(({ name }) => name);
  for (const { page: view } of [desk, hand]) {
    await view.goto(`${url}/sources/${id}?range=5m`);
    await view.locator('[role="tabpanel"] section').first().waitFor();
    await view.waitForLoadState('networkidle');
    await full(view, join(pictures, `gone-${view.viewportSize().width}.png`));
  }
  seen.name = name;
  seen.complaints = [...desk.complaints, ...hand.complaints];
} catch (reason) {
  seen.complaints.push(String(reason.stack ?? reason));
} finally {
  await browser.close();
}
console.log(JSON.stringify(seen));
process.exit();

/** A picture of the whole page, once its charts are drawn. */
async function full(view, path) {
  const height = await view.evaluate(() => document.documentElement.scrollHeight);
  const before = view.viewportSize();
  await view.setViewportSize({ width: before.width, height: Math.min(Math.max(height, before.height), 8000) });
  await view.waitForTimeout(700);
  await view.screenshot({ path });
  await view.setViewportSize(before);
}

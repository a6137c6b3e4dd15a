// The demo, as somebody sees it who wants to know what Unity is.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { launch, open, picture } from './browser.mjs';
import { startDemo } from './unity.mjs';

test('a demo says that it is one, lets in with what was printed, and shows a homelab', async () => {
  const demo = await startDemo('--history', '3h');
  const browser = await launch();
  try {
    const { page, complaints, close } = await open(browser, demo.url);
    await page.getByText('This is a demo with a made-up homelab').waitFor();
    await page.getByLabel('Name').fill(demo.name);
    await page.getByLabel('Password', { exact: true }).fill(demo.password);
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.getByRole('navigation').getByText('Demo', { exact: true }).waitFor();
    await page.getByRole('link', { name: /^Blog/ }).first().waitFor();
    await picture(page, 'demo');

    await page.goto(`${demo.url}/dashboards/the-homelab`);
    await page.locator('section.panel canvas').first().waitFor();
    await page.getByRole('heading', { level: 2, name: 'Processors' }).waitFor();
    await picture(page, 'demo-dashboard');
    assert.deepEqual(complaints, []);
    await close();
  } finally {
    await browser.close();
    assert.equal(await demo.stop(), 0, demo.output());
  }
});

// Drives the system's Chromium, and keeps what it complained about.
import { mkdir } from 'node:fs/promises';
import { chromium } from 'playwright-core';

const executablePath = process.env.CHROMIUM ?? '/usr/bin/chromium';

/** Where screenshots go; not committed. */
const pictures = new URL('../../test-results/', import.meta.url);

export const desktop = { width: 1440, height: 900 };
export const phone = { width: 390, height: 844 };

export async function launch() {
  return chromium.launch({
    executablePath,
    args: [
      '--no-sandbox', // the tests may run as root
      '--disable-gpu',
      '--disable-quic',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
      '--no-first-run',
    ],
  });
}

/** Opens a page; `complaints` collects exceptions, console errors and requests to elsewhere. */
export async function open(browser, url, { viewport = desktop, colorScheme = 'dark', storageState, host = url, serviceWorkers } = {}) {
  const context = await browser.newContext({ storageState, viewport, colorScheme, serviceWorkers, isMobile: viewport.width < 600, hasTouch: viewport.width < 600 });
  const page = await context.newPage();
  const complaints = [];
  page.on('pageerror', (error) => complaints.push(`exception: ${error.stack}`));
  page.on('console', (message) => {
    if (message.type() === 'error') complaints.push(`console: ${message.text()}`);
  });
  const here = new URL(host).host;
  page.on('request', (request) => {
    const target = new URL(request.url());
    if (target.protocol !== 'data:' && target.host !== here) complaints.push(`request to elsewhere: ${target}`);
  });
  await page.goto(url);
  return { page, complaints, close: () => context.close() };
}

export async function picture(page, name) {
  await mkdir(pictures, { recursive: true });
  await page.screenshot({ path: new URL(`${name}.png`, pictures).pathname, fullPage: false });
}

/** Resolves when one of the canvases shows something else than it did; rejects after the time. */
export async function moves(page, canvases, timeout) {
  const began = Date.now();
  await canvases.first().waitFor({ timeout });
  const before = await canvases.evaluateAll((elements) => elements.map((element) => element.toDataURL()));
  const handles = await canvases.elementHandles();
  await page.waitForFunction(
    ([elements, earlier]) => elements.some((element, n) => element.isConnected && element.toDataURL() !== earlier[n]),
    [handles, before],
    { timeout: timeout - (Date.now() - began), polling: 100 },
  );
}

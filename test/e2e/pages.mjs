// Every page of the interface with made-up data, for the tests and for pictures of it.
import { readFileSync } from 'node:fs';

const source = readFileSync(new URL('node_modules/axe-core/axe.min.js', import.meta.url), 'utf8');

/** Name, address and what has to be there before the page is looked at. */
export const pages = [
  { name: 'overview', path: '/?state=home', ready: 'h1' },
  { name: 'overview-one-host', path: '/?state=trouble', ready: 'canvas' },
  { name: 'sources', path: '/sources?state=home', ready: 'h1' },
  { name: 'source', path: '/sources/example_machine?state=trouble', ready: 'canvas' },
  { name: 'source-details', path: '/sources/example_machine?state=good&tab=tables', ready: 'table' },
  { name: 'source-metrics', path: '/sources/example_machine?state=good&tab=metrics', ready: 'table' },
  { name: 'source-runs', path: '/sources/example_machine?state=good&tab=runs', ready: 'table' },
  { name: 'source-settings', path: '/sources/example_site?state=good&tab=settings', ready: 'form' },
  { name: 'add', path: '/sources/new?state=good', ready: 'h1' },
  { name: 'add-form', path: '/sources/new?state=good&plugin=example_site', ready: 'form' },
  { name: 'plugins', path: '/plugins?state=home', ready: 'h2' },
  { name: 'plugin', path: '/plugins/example_machine?state=home', ready: 'h2' },
  { name: 'events', path: '/events?state=good', ready: 'h2' },
  { name: 'settings', path: '/settings?state=good', ready: 'form' },
  { name: 'system', path: '/settings/system?state=good', ready: 'dl' },
  { name: 'settings-file', path: '/settings/file?state=good', ready: 'article' },
  { name: 'account', path: '/account?state=good', ready: 'h2' },
  { name: 'users', path: '/users?state=good', ready: 'ul, table' },
  { name: 'welcome', path: '/welcome?state=good', ready: 'input' },
  { name: 'missing', path: '/nowhere?state=good', ready: 'h1' },
];

/** The states that a page can be in besides being well. */
export const states = [
  { name: 'overview-empty', path: '/?state=empty', ready: 'h1' },
  { name: 'overview-loading', path: '/?state=loading', ready: '.skeleton, [aria-busy]' },
  { name: 'overview-fault', path: '/?state=fault', ready: 'h1, h2' },
  { name: 'sources-empty', path: '/sources?state=empty', ready: 'h1' },
  { name: 'sources-fault', path: '/sources?state=fault', ready: 'h1' },
  { name: 'sources-viewer', path: '/sources?state=viewer', ready: 'h1' },
  { name: 'events-empty', path: '/events?state=empty', ready: 'h1' },
  { name: 'plugins-fault', path: '/plugins?state=fault', ready: 'h1' },
  { name: 'settings-fault', path: '/settings?state=fault', ready: 'h1' },
  { name: 'add-viewer', path: '/sources/new?state=viewer', ready: 'h1' },
  { name: 'users-viewer', path: '/users?state=viewer', ready: 'h1' },
  { name: 'settings-file-viewer', path: '/settings/file?state=viewer', ready: 'h1' },
  { name: 'source-viewer', path: '/sources/example_machine?state=viewer', ready: 'canvas' },
  { name: 'system-viewer', path: '/settings/system?state=viewer', ready: 'dl' },
];

/** What axe finds wrong with a page as it is, in one line each. */
export async function flaws(page) {
  // As an expression and not as a script in the page, which its own rules would refuse.
  if (!(await page.evaluate(() => 'axe' in globalThis))) await page.evaluate(source);
  const result = await page.evaluate(() =>
    globalThis.axe.run(document, { runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa'] }),
  );
  return result.violations.map(
    (each) => `${each.id}: ${each.help} (${each.nodes.length}×, ${each.nodes[0]?.html.slice(0, 160)}: ${each.nodes[0]?.failureSummary?.replaceAll(/\s+/g, ' ').slice(0, 200)})`,
  );
}

/** Goes to a page within the interface that is open, and waits until it is drawn. */
export async function visit(page, base, { path, ready }) {
  await page.goto(base + path);
  await page.locator('main').locator(ready).first().waitFor();
  // Charts and lists follow their answers by a frame or two.
  await page.waitForLoadState('networkidle');
}

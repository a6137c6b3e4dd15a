// Takes a picture of every page in both themes, on a desk and on a phone:
// node tools/screenshots.mjs FOLDER
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { desktop, launch, open, phone } from '../test/e2e/browser.mjs';
import { build, serve } from '../test/e2e/gallery.mjs';
import { pages, states, visit } from '../test/e2e/pages.mjs';

const folder = process.argv[2];
if (!folder) throw new Error('name the folder for the pictures');
await mkdir(folder, { recursive: true });

const built = await mkdtemp(join(tmpdir(), 'unity-gallery-'));
const [browser] = await Promise.all([launch(), build(built)]);
const gallery = await serve(built);
let count = 0;
for (const colorScheme of ['dark', 'light']) {
  for (const [viewport, size] of [
    [desktop, '1440'],
    [phone, '390'],
  ]) {
    const { page, close } = await open(browser, gallery.url, { viewport, colorScheme });
    await page.emulateMedia({ reducedMotion: 'reduce', colorScheme });
    for (const each of [...pages, ...states]) {
      await visit(page, gallery.url, each);
      await page.screenshot({ path: join(folder, `${each.name}-${colorScheme}-${size}.png`) });
      count++;
    }
    await close();
  }
}
await browser.close();
gallery.close();
await rm(built, { recursive: true, force: true });
console.log(`${count} pictures are in ${folder}`);

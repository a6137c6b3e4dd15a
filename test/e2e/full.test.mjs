// The disk becomes full while somebody looks, and has room again. It needs root,
// to mount a small file system.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, open as openFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { launch, open, picture } from './browser.mjs';
import { startUnity } from './unity.mjs';

const unmountable = process.getuid?.() !== 0 && !process.env.CI && 'only root can mount a file system of its own';
const diskSize = 256 << 20; // of which Unity leaves 64 MiB to others

let folder;
let disk;
let unity;
let browser;

before(async () => {
  if (unmountable) return;
  folder = await mkdtemp(join(tmpdir(), 'unity-full-'));
  const image = join(folder, 'image');
  const file = await openFile(image, 'w');
  await file.truncate(diskSize);
  await file.close();
  execFileSync('mkfs.ext4', ['-q', '-m', '0', image]);
  await mkdir(join(folder, 'disk'));
  execFileSync('mount', ['-o', 'loop', image, join(folder, 'disk')]);
  disk = join(folder, 'disk');
  unity = await startUnity({ UNITY_SCHEDULE_DETECT: 'false' }, disk);
  browser = await launch();
});

after(async () => {
  await browser?.close();
  const code = await unity?.stop();
  if (disk) execFileSync('umount', [disk]);
  if (folder) await rm(folder, { recursive: true });
  if (unity) assert.equal(code, 0, `unity stops cleanly:\n${unity.output()}`);
});

/** Writes a file until nothing more fits. */
async function fill(name) {
  const file = await openFile(name, 'w');
  try {
    for (const size of [1 << 20, 1 << 12, 1]) {
      const some = Buffer.alloc(size);
      try {
        for (;;) if ((await file.write(some)).bytesWritten < size) break;
      } catch (problem) {
        if (problem.code !== 'ENOSPC') throw problem;
      }
    }
    await file.sync();
  } finally {
    await file.close();
  }
}

test('a full disk is said in a banner, and forgotten once there is room', { skip: unmountable }, async () => {
  const context = await browser.newContext();
  const post = async (path, data) => {
    const answer = await context.request.post(`${unity.url}/api/v1${path}`, { data, headers: { Origin: unity.url } });
    assert.ok(answer.ok(), await answer.text());
    return answer.json();
  };
  await post('/auth/setup', { code: unity.code, name: 'ann', password: 'correct horse battery' });
  await post('/sources', { plugin: 'system_info', interval_seconds: 1 });
  const ready = async () => (await context.request.get(`${unity.url}/ready`)).status();
  assert.equal(await ready(), 200);

  const { page, close } = await open(browser, unity.url, { storageState: await context.storageState() });
  await page.locator('canvas').first().waitFor();
  const banner = page.getByRole('alert').filter({ hasText: /disk is (nearly )?full|no space left/ });
  assert.equal(await banner.count(), 0);

  await fill(join(disk, 'filler'));
  await banner.waitFor({ timeout: 60_000 });
  await picture(page, 'full');
  assert.equal(await ready(), 503);

  await rm(join(disk, 'filler'));
  await banner.waitFor({ state: 'detached', timeout: 60_000 });
  assert.equal(await ready(), 200);
  const { items } = await (await context.request.get(`${unity.url}/api/v1/sources/system_info/runs`)).json();
  assert.equal(items[0].status ?? items[0].outcome, items[0].status ? 'healthy' : 'success', JSON.stringify(items[0]));
  await close();
  await context.close();
});

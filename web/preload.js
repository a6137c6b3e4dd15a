import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/**
 * An adapter whose page names the script of the overview too, as it does those of what is
 * around every page: it would be asked for when these have run, and waited for.
 *
 * @param {import('@sveltejs/kit').Adapter} adapter
 * @param {string} page the file with the page that the adapter makes
 * @returns {import('@sveltejs/kit').Adapter}
 */
export function preloading(adapter, page) {
  return {
    ...adapter,
    async adapt(builder) {
      await adapter.adapt(builder);
      const link = `<link href="/${await overview(builder.config.kit.outDir)}" rel="modulepreload">`;
      const whole = await readFile(page, 'utf8');
      const last = whole.lastIndexOf('<link', whole.lastIndexOf('rel="modulepreload"'));
      if (last < 0) throw new Error(`${page} names no scripts`);
      await writeFile(page, `${whole.slice(0, last)}${link}\n\t\t${whole.slice(last)}`);
    },
  };
}

/**
 * The file that was made of src/routes/+page.svelte.
 *
 * @param {string} out SvelteKit's folder
 */
async function overview(out) {
  /** @type {Record<string, { file: string }>} */
  const manifest = JSON.parse(await readFile(join(out, 'output/client/.vite/manifest.json'), 'utf8'));
  for (const [source, { file }] of Object.entries(manifest)) {
    if (source.includes('/nodes/') && (await readFile(source, 'utf8')).includes('/src/routes/+page.svelte"'))
      return file;
  }
  throw new Error('nothing was made of src/routes/+page.svelte');
}

import { sveltekit } from '@sveltejs/kit/vite';
import type { Plugin } from 'vite';
import { defineConfig } from 'vitest/config';

/** Where `unity serve` answers while the interface is developed. */
const server = process.env['UNITY_ADDRESS'] ?? 'http://127.0.0.1:8080';

/**
 * Puts what many pages need into one file: a page is there sooner, and the whole
 * is smaller, than with a hundred small ones. What only an editor needs stays
 * with it.
 */
function together(): Plugin {
  return {
    name: 'unity-together',
    enforce: 'post',
    configResolved({ build }) {
      if (build.ssr) return;
      for (const output of [build.rolldownOptions.output ?? {}].flat()) {
        output.codeSplitting = {
          groups: [
            { name: 'shared', minShareCount: 4, test: (id) => !/codemirror|lezer|gridstack|marked/.test(id) },
          ],
        };
      }
    },
  };
}

export default defineConfig({
  plugins: [sveltekit(), together()],
  build: {
    target: 'es2022',
    assetsInlineLimit: 0,
    rolldownOptions: {
      output: {
        // By itself each icon, and each module that several pages share, would be a file of its
        // own: more bytes and more requests.
        codeSplitting: {
          groups: [
            { name: 'svelte', test: /node_modules\/(svelte|@sveltejs)\//, priority: 3 },
            { name: 'icons', test: /node_modules\/@lucide\//, priority: 2 },
            { name: 'shared', test: /\/web\/src\//, minShareCount: 6, priority: 1 },
          ],
        },
      },
    },
  },
  server: {
    proxy: {
      '/api': { target: server, ws: true },
      '/prometheus': server,
      '/health': server,
      '/ready': server,
    },
  },
  test: {
    include: ['src/**/*.test.ts', 'gallery/**/*.test.ts'],
    environment: 'node',
    env: { TZ: 'UTC' },
  },
});

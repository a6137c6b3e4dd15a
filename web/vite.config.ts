import { sveltekit } from '@sveltejs/kit/vite';
import { defineConfig } from 'vitest/config';

/** Where `unity serve` answers while the interface is developed. */
const server = process.env['UNITY_ADDRESS'] ?? 'http://127.0.0.1:8080';

export default defineConfig({
  plugins: [sveltekit()],
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

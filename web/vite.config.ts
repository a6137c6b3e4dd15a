import { sveltekit } from '@sveltejs/kit/vite';
import { defineConfig } from 'vitest/config';

/** Where `unity serve` answers while the interface is developed. */
const server = process.env['UNITY_ADDRESS'] ?? 'http://127.0.0.1:8080';

const overlays = /\/node_modules\/(bits-ui|@floating-ui|svelte-toolbelt|runed|tabbable|@internationalized)\//;
const charts = /\/node_modules\/uplot\/|\/web\/src\/panels\/(Chart|Legend|chartOptions)/;
/** The overview comes with what is around every page: nobody knows its address before the scripts run. */
const first =
  /\/web\/src\/(shell\/(Shell|Nav)|pages\/overview\/(Overview|Hero|HostCards|Problems|Complaints|Store|sentence|hosts|choose))\./;
/** What the first view runs; V8 compiles it whole beside the page's thread, and not function by function in it. */
const atOnce = new Set(['entry/start', 'entry/app', 'svelte', 'first']);
/** Modules of many pages that stand on those two. */
const late = /\/src\/(panels\/(Chart|Legend|chartOptions)|parts\/(Dialog|TimeControls|Tip)\b)/;

export default defineConfig({
  plugins: [sveltekit()],
  build: {
    target: 'es2022',
    assetsInlineLimit: 0,
    rolldownOptions: {
      output: {
        postBanner: ({ name }) => (atOnce.has(name) ? '//# allFunctionsCalledOnLoad' : ''),
        // By itself each icon, and each module that several pages share, would be a file of its
        // own: more bytes and more requests. What the first view can do without is kept apart:
        // charts, and what opens over a page.
        codeSplitting: {
          groups: [
            { name: 'svelte', test: /node_modules\/(svelte|@sveltejs)\//, priority: 5 },
            { name: 'icons', test: /node_modules\/@lucide\//, priority: 4 },
            {
              name: 'shared',
              test: (id) => /\/web\/src\//.test(id) && !late.test(id),
              minShareCount: 6,
              priority: 3,
            },
            { name: 'first', test: first, priority: 3 },
            { name: 'overlays', test: overlays, priority: 2 },
            { name: 'charts', test: charts, priority: 1 },
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

import { sveltekit } from '@sveltejs/kit/vite';
import { defineConfig } from 'vitest/config';

/** Where `unity serve` answers while the interface is developed. */
const server = process.env['UNITY_ADDRESS'] ?? 'http://127.0.0.1:8080';

export default defineConfig({
  plugins: [sveltekit()],
  build: { target: 'es2022', assetsInlineLimit: 0 },
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

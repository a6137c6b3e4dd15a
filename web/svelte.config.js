import adapter from '@sveltejs/adapter-static';
import { vitePreprocess } from '@sveltejs/vite-plugin-svelte';
import { plainIcons } from './icons.js';
import { preloading } from './preload.js';

// Builds that are not for the product, such as the gallery for screenshots, go elsewhere.
const elsewhere = process.env['UNITY_WEB_BUILD'];
const dist = elsewhere ?? 'dist';

/** @type {import('@sveltejs/kit').Config} */
export default {
  preprocess: [plainIcons, vitePreprocess()],
  kit: {
    outDir: elsewhere ? '.svelte-kit/elsewhere' : '.svelte-kit',
    adapter: preloading(
      adapter({ pages: dist, assets: dist, fallback: 'index.html', strict: true }),
      `${dist}/index.html`,
    ),
    // It is registered when there is time for it: state/kept.ts.
    serviceWorker: { register: false },
    alias: { '~': 'src', '~/*': 'src/*' },
    // Pages are served below any address, so assets are named from the root.
    paths: { relative: false },
    // A constant, so that the same sources always build the same files.
    version: { name: 'unity' },
    // The first view's style comes with the page: a dozen small files would each be waited for.
    inlineStyleThreshold: 16_384,
    csp: {
      mode: 'hash',
      directives: {
        'default-src': ['self'],
        'script-src': ['self'],
        'style-src': ['self'],
        // SvelteKit's announcer, which tells screen readers of a new page, has a style attribute.
        'style-src-attr': ['unsafe-hashes', 'sha256-S8qMpvofolR8Mpjy4kQvEm7m1q8clzU4dfDH0AmvZjo='],
        'img-src': ['self', 'data:'],
        'connect-src': ['self'],
        'object-src': ['none'],
        'base-uri': ['none'],
        'form-action': ['self'],
      },
    },
  },
};

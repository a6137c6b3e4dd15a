import type { Handle } from '@sveltejs/kit';

// There is no such server: this is asked when the one page is made that draws
// all others. The font that each of them begins with is fetched with the
// scripts, and not when something is drawn for the first time, in another one.
export const handle: Handle = ({ event, resolve }) =>
  resolve(event, {
    preload: ({ type, path }) => type !== 'font' || path.includes('inter-latin-wght'),
  });

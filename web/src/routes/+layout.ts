import { arrive } from '~/state/arrive';

// The pages are drawn in the browser; the server only hands out files.
export const ssr = false;
export const prerender = false;
export const trailingSlash = 'never';

/** How long a page waits for its first answers before it is drawn without them, in milliseconds. */
const patience = 300;

/** Waits a little for what the first view shows, so that it is drawn once and not piece by piece. */
export async function load(): Promise<void> {
  await Promise.race([arrive(), new Promise((resolve) => setTimeout(resolve, patience))]);
}

import { dev } from '$app/environment';

/** How long the page has the processor and the network to itself, in milliseconds. */
const rest = 3000;

/**
 * Has the browser keep the interface for when there is no server, once the first
 * view is there; the returned function ends that.
 */
export function keep(): () => void {
  const timer = setTimeout(() => {
    // Browsers have no workers for a page that did not come over HTTPS or from the same
    // machine, and refuse them where the certificate is not trusted: it works without.
    const workers = (navigator as Partial<Navigator>).serviceWorker;
    workers?.register('/service-worker.js', { type: dev ? 'module' : 'classic' }).catch(() => undefined);
  }, rest);
  return () => {
    clearTimeout(timer);
  };
}

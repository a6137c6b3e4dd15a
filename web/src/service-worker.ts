/// <reference no-default-lib="true"/>
/// <reference lib="esnext" />
/// <reference lib="webworker" />
/// <reference types="@sveltejs/kit" />

// Keeps the files of the interface, so that it opens without the server and
// says so. Nothing that was measured is ever kept: what is shown is now, or it
// is not shown.
import { build } from '$service-worker';

const worker = self as unknown as ServiceWorkerGlobalScope;
const store = 'unity-interface';
/** The page that draws every other one. */
const shell = '/';
/** Answers of the server, which are never kept. */
const answers = ['/api/', '/prometheus/', '/metrics', '/health', '/ready'];

worker.addEventListener('install', (event) => {
  event.waitUntil(
    caches
      .open(store)
      .then((cache) => cache.addAll([shell, '/early.js', '/icon.svg', '/unity.webmanifest']))
      .then(() => worker.skipWaiting()),
  );
});

worker.addEventListener('activate', (event) => {
  event.waitUntil(forget().then(() => worker.clients.claim()));
});

/** Drops the files of earlier versions. */
async function forget(): Promise<void> {
  const cache = await caches.open(store);
  const current = new Set(build);
  for (const request of await cache.keys()) {
    const { pathname } = new URL(request.url);
    if (pathname.includes('/immutable/') && !current.has(pathname)) await cache.delete(request);
  }
}

worker.addEventListener('fetch', (event) => {
  const { request } = event;
  const url = new URL(request.url);
  if (request.method !== 'GET' || url.origin !== location.origin) return;
  if (answers.some((start) => url.pathname.startsWith(start))) return;
  if (url.pathname.includes('/immutable/')) event.respondWith(keep(request));
  else event.respondWith(fresh(request, request.mode === 'navigate' ? shell : request));
});

/** A file that never changes under its name: from the store, or fetched once. */
async function keep(request: Request): Promise<Response> {
  const cache = await caches.open(store);
  const kept = await cache.match(request);
  if (kept) return kept;
  const response = await fetch(request);
  if (response.ok) await cache.put(request, response.clone());
  return response;
}

/** A file as the server has it now; what was kept of it only while there is no server. */
async function fresh(request: Request, key: RequestInfo): Promise<Response> {
  const cache = await caches.open(store);
  try {
    const response = await fetch(request);
    const page = response.headers.get('Content-Type')?.startsWith('text/html') ?? false;
    if (response.ok && (key !== shell || page)) await cache.put(key, response.clone());
    return response;
  } catch (reason) {
    const kept = await cache.match(key);
    if (kept) return kept;
    throw reason;
  }
}

// Answers from what is kept, and keeps what is loaded. Above this line the site's builder writes
// `FILES`: the path of every file -> a hash of it.

/* global FILES */
const CACHE = 'sr-demo';
const HEADERS = {
  'Cross-Origin-Embedder-Policy': 'require-corp',
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Resource-Policy': 'same-origin',
};
const SCOPE = new URL('./', self.location.href).href;

// Under a name with the file's hash: a new site takes over what has not changed.
const keyOf = (path) => `${SCOPE}${path}?${FILES[path]}`;

function pathOf(url) {
  const path = url.split(/[?#]/)[0].slice(SCOPE.length);
  return path === '' ? 'index.html' : path;
}

async function kept(path) {
  const cache = await caches.open(CACHE);
  const found = await cache.match(keyOf(path));
  if (found) return found;
  const answer = await fetch(`${SCOPE}${path}`, { cache: 'no-cache' });
  if (!answer.ok) return answer;
  await cache.put(keyOf(path), answer.clone()).catch(() => {});   // a full disk keeps nothing
  return answer;
}

async function answerTo(request) {
  const path = pathOf(request.url);
  const answer = await (path in FILES ? kept(path) : fetch(request));
  const headers = new Headers(answer.headers);
  for (const [name, value] of Object.entries(HEADERS)) headers.set(name, value);
  const { status, statusText } = answer;
  return new Response(status === 204 || status === 304 ? null : answer.body, { status, statusText, headers });
}

async function keepAll() {
  for (const path of Object.keys(FILES)) {
    const answer = await kept(path).catch(() => null);
    if (!answer?.ok) return false;
  }
  return true;
}

async function clean() {
  const cache = await caches.open(CACHE);
  const current = new Set(Object.keys(FILES).map(keyOf));
  for (const { url } of await cache.keys()) if (!current.has(url)) await cache.delete(url);
}

self.addEventListener('install', (event) => event.waitUntil(self.skipWaiting()));
self.addEventListener('activate', (event) => event.waitUntil(clean().then(() => self.clients.claim())));
self.addEventListener('fetch', (event) => {
  const { request } = event;
  const ours = request.url.startsWith(SCOPE) && request.method === 'GET';
  if (ours && !request.headers.has('range')) event.respondWith(answerTo(request));
});
self.addEventListener('message', (event) => {
  if (event.data === 'keep all') {
    event.waitUntil(keepAll().then((all) => event.ports[0].postMessage(all)));
  }
});

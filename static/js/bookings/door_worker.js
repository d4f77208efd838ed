// Keeps the door's page and what it is made of, for when there is no network. The API is never kept: the page does that.
const CACHE = "door-1";

self.addEventListener("install", () => self.skipWaiting());
self.addEventListener("activate", (event) => {
  const old = async () => {
    for (const name of await caches.keys()) if (name.startsWith("door-") && name !== CACHE) await caches.delete(name);
    await self.clients.claim();
  };
  event.waitUntil(old());
});

// The page asks for what it was made of before this worker was there, and is told when all of it is kept.
self.addEventListener("message", (event) => {
  const keep = async () => {
    const cache = await caches.open(CACHE);
    await cache.addAll(event.data.keep);
    event.source.postMessage({ kept: true });
  };
  event.waitUntil(keep());
});

self.addEventListener("fetch", (event) => {
  const { request } = event;
  const { origin, pathname } = new URL(request.url);
  const isOurs = origin === self.location.origin && (request.mode === "navigate" || pathname.startsWith("/static/"));
  if (request.method === "GET" && isOurs) event.respondWith(newOrKept(request));
});

async function newOrKept(request) {
  const cache = await caches.open(CACHE);
  try {
    const answer = await fetch(request);
    if (answer.ok && !answer.redirected) await cache.put(request, answer.clone());
    return answer;
  } catch (error) {
    // Vary names cookies and languages: without a network, what is there is better than nothing.
    const kept = await cache.match(request, { ignoreVary: true });
    if (kept) return kept;
    throw error;
  }
}

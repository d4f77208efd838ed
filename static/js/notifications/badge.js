// How many notifications are unread, beside the inbox in the navigation: told by the socket while the page is looked at,
// asked for every minute while there is none. Other scripts of the page hear of it by the event "unread".
const API = "/api/v1/me/notifications/unread/";
const EVERY_MS = 60_000;
const FIRST_PAUSE_MS = 1000;
const LONGEST_PAUSE_MS = 60_000;

const badge = document.querySelector("[data-unread]");
let socket = null;
let pause = FIRST_PAUSE_MS;
let version = 0;
let timer = 0;

if (badge) {
  document.addEventListener("visibilitychange", () => (isSeen() ? begin() : end()));
  setInterval(() => isSeen() && socket?.readyState !== WebSocket.OPEN && ask(), EVERY_MS);
  if (isSeen()) begin();
}

function isSeen() {
  return document.visibilityState === "visible";
}

function begin() {
  ask();
  watch();
}

function end() {
  clearTimeout(timer);
  socket?.close();
  socket = null;
}

function show(unread) {
  badge.textContent = unread > 99 ? "99+" : String(unread);
  badge.hidden = unread === 0;
  document.dispatchEvent(new CustomEvent("unread", { detail: unread }));
}

async function ask() {
  const before = version;
  try {
    const answer = await fetch(API, { headers: { Accept: "application/json" } });
    if (!answer.ok) return;
    const { unread } = await answer.json();
    // What the socket has told meanwhile is newer.
    if (version === before) show(unread);
  } catch {
    // Offline: the last figure stays.
  }
}

function watch() {
  clearTimeout(timer);
  if (socket) return;
  const mine = (socket = new WebSocket(badge.dataset.live, "aquastream.chat.v1"));
  mine.addEventListener("open", () => {
    pause = FIRST_PAUSE_MS;
    mine.send(JSON.stringify({ type: "subscribe", topics: [badge.dataset.topic] }));
  });
  mine.addEventListener("message", ({ data }) => {
    for (const line of data.split("\n")) {
      const told = JSON.parse(line);
      if (told.type !== "topic" || told.version <= version) continue;
      version = told.version;
      show(told.data.unread);
    }
  });
  mine.addEventListener("close", () => {
    if (socket !== mine) return;
    socket = null;
    // Not all pages at once: the server may just have started again.
    timer = setTimeout(watch, pause * (0.5 + Math.random()));
    pause = Math.min(pause * 2, LONGEST_PAUSE_MS);
  });
}

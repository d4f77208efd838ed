// How many notifications are unread, beside the inbox in the navigation; asked anew while the page is looked at.
const API = "/api/v1/me/notifications/unread/";
const EVERY_MS = 60_000;

const badge = document.querySelector("[data-unread]");
if (badge) {
  count();
  setInterval(() => document.visibilityState === "visible" && count(), EVERY_MS);
  document.addEventListener("visibilitychange", () => document.visibilityState === "visible" && count());
}

async function count() {
  try {
    const answer = await fetch(API, { headers: { Accept: "application/json" } });
    if (!answer.ok) return;
    const { unread } = await answer.json();
    badge.textContent = unread > 99 ? "99+" : String(unread);
    badge.hidden = unread === 0;
  } catch {
    // Offline: the last figure stays.
  }
}

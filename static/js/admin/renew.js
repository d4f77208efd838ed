// Renews the marked part of a page every few seconds while somebody looks at it. Without this script a reload does.
const MARK = "[data-renew-seconds]";
const part = document.querySelector(MARK);

async function renew() {
  if (document.hidden) return;
  const answer = await fetch(window.location.href);
  if (!answer.ok) return;
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  const fresh = page.querySelector(MARK);
  // Signed out meanwhile: the sign-in page has no such part.
  if (fresh) part.replaceChildren(...fresh.childNodes);
}

setInterval(() => renew().catch(() => {}), part.dataset.renewSeconds * 1000);

// Follow a running order: fetch its page again and show what has changed, without losing the reader's place.
const SECONDS = 2;

async function follow() {
  const answer = await fetch(location.href, { credentials: "same-origin" });
  const fresh = new DOMParser().parseFromString(await answer.text(), "text/html").querySelector("[data-order]");
  const shown = document.querySelector("[data-order]");
  if (!answer.ok || !fresh || !shown) return;
  shown.replaceWith(fresh);
  if (fresh.dataset.order === "runs") setTimeout(follow, SECONDS * 1000);
}

setTimeout(follow, SECONDS * 1000);

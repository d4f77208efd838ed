// Shows what comes while the inbox is open. Without this script a reload shows it.
const list = document.querySelector("[data-inbox]");
let known = list ? Number(list.dataset.inbox) : 0;
let isRenewing = false;

if (list) document.addEventListener("unread", ({ detail }) => detail !== known && renew(detail));

async function renew(unread) {
  if (isRenewing) return;
  isRenewing = true;
  try {
    const answer = await fetch(location.href, { headers: { Accept: "text/html" } });
    // Signed out meanwhile: the page stays as it was.
    if (!answer.ok || answer.redirected) return;
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const fresh = page.querySelector("[data-inbox]");
    if (!fresh) return;
    list.replaceChildren(...fresh.children);
    known = unread;
  } catch {
    // Offline: the next figure tries again.
  } finally {
    isRenewing = false;
  }
}

// The switch "pushes in this browser" of the inbox. Where the browser can't, it stays hidden.
const API = "/api/v1/me/push-subscriptions/";

const panel = document.querySelector("[data-push-key]");
if (panel && "serviceWorker" in navigator && "PushManager" in window) start(panel);

async function start(root) {
  const button = root.querySelector("button");
  const said = root.querySelector("[role=status]");
  const worker = await navigator.serviceWorker.register("/push-worker.js");
  root.hidden = (await worker.pushManager.getSubscription()) !== null;
  button.addEventListener("click", async () => {
    button.disabled = true;
    try {
      await subscribe(worker, root.dataset.pushKey);
      said.textContent = root.dataset.done;
      button.hidden = true;
    } catch {
      said.textContent = root.dataset.refused;
      button.disabled = false;
    }
  });
}

async function subscribe(worker, key) {
  const subscription = await worker.pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: key });
  const answer = await fetch(API, {
    method: "POST",
    headers: { "Content-Type": "application/json", "X-CSRFToken": csrfToken() },
    body: JSON.stringify(subscription),
  });
  if (!answer.ok) {
    await subscription.unsubscribe();
    throw new Error(`the site answered ${answer.status}`);
  }
}

function csrfToken() {
  return document.querySelector("input[name=csrfmiddlewaretoken]").value;
}

// The door: reads codes by camera (the browser's detector, or jsQR where there is none), by hand, and finds people.
// Without a network it goes on by the list that it has, and sends its scans later.
import { Memory } from "./door_memory.js";

const door = document.querySelector("[data-door]");
const said = door.dataset;
const verdict = door.querySelector("[data-verdict]");
const video = door.querySelector("[data-camera]");
const used = document.querySelector("[data-used]");
const link = document.querySelector("[data-link]");
const conflicts = document.querySelector("[data-conflicts]");
const PAUSE_MS = 250;
const SAME_CODE_MS = 4000;
const ASK_ANEW_MS = 30000;
const MOST_AT_ONCE = 500;
const memory = await Memory.of(said.event);

function tell(text, admitted) {
  verdict.textContent = text;
  verdict.classList.toggle("door__verdict--yes", admitted);
  verdict.classList.toggle("door__verdict--no", !admitted);
}

const clock = (moment) => new Date(moment).toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" });
const count = (more) => (used.textContent = Number(used.textContent) + more);

async function ask(url, method, body, headers = {}) {
  try {
    const answer = await fetch(url, {
      method,
      headers: {
        Accept: "application/json",
        "Content-Type": "application/json",
        "X-CSRFToken": door.querySelector("[name=csrfmiddlewaretoken]").value,
        ...headers,
      },
      body: body && JSON.stringify(body),
    });
    // A proxy without a server behind it is no network either.
    if (answer.status >= 502) return { offline: true, told: { title: said.saidOffline } };
    const isJson = answer.headers.get("Content-Type")?.includes("json");
    const told = isJson ? await answer.json() : {};
    return { ok: answer.ok, status: answer.status, etag: answer.headers.get("ETag"), told };
  } catch {
    return { offline: true, told: { title: said.saidOffline } };
  }
}

function showLink(isThere) {
  link.classList.toggle("door__link--away", !isThere);
  const list = memory.list.at ? `${said.saidList} ${clock(memory.list.at)}: ${memory.tickets.length}` : said.saidNoList;
  const waiting = memory.waiting.length ? ` · ${said.saidWaiting}: ${memory.waiting.length}` : "";
  link.textContent = `${isThere ? said.saidConnected : said.saidAway} · ${list}${waiting}`;
}

async function letIn(what) {
  const gate = door.querySelector("[data-gate]").value;
  const { ok, offline, told } = await ask(said.door, "POST", { ...what, gate });
  if (offline) return letInByList(what, gate);
  if (ok) {
    count(1);
    tell(`${said.saidAdmitted}: ${told.holder_name || ""} ${told.ticket_type_name}`, true);
  } else {
    const first = told.checked_in_at ? ` ${clock(told.checked_in_at)} ${told.gate}` : "";
    const from = told.doors_open_at ? ` ${new Date(told.doors_open_at).toLocaleString()}` : "";
    tell(`${told.title || said.saidOffline}${first}${from}`, false);
  }
  return ok;
}

async function letInByList(what, gate) {
  if (new Date() < new Date(said.doorsOpenAt)) {
    tell(`${said.saidClosed} ${new Date(said.doorsOpenAt).toLocaleString()}`, false);
    showLink(false);
    return false;
  }
  const ticket = what.ticket ? memory.byId(what.ticket) : await memory.byCode(what.code);
  const first = ticket && memory.usedAt(ticket);
  if (ticket && !first) {
    await memory.letIn(ticket, what, gate);
    count(1);
    tell(`${said.saidAdmitted}: ${ticket.holder_name || ticket.booked_by} ${ticket.ticket_type_name}`, true);
  } else if (first) tell(`${said.saidUsed} ${clock(first.at)} ${first.gate}`, false);
  else tell(memory.list.at ? said.saidNotListed : said.saidOffline, false);
  showLink(false);
  return Boolean(ticket && !first);
}

// Scans first, then the list: it knows of them already.
async function catchUp() {
  while (memory.waiting.length) {
    const scans = memory.waiting.slice(0, MOST_AT_ONCE);
    const body = scans.map(({ code, ticket, gate, scanned_at }) => ({ code, ticket, gate, scanned_at }));
    const { ok, told } = await ask(said.upload, "POST", { scans: body });
    if (!ok) {
      if (told.title) tell(told.title, false);
      return showLink(false);
    }
    told.results.forEach((result, at) => result.code === "checked_in" || showConflict(scans[at], result));
    await memory.forget(scans);
  }
  showLink(await fetchList());
}

// Page after page; those that have not changed come without a body. Returns whether there was a network.
async function fetchList() {
  const pages = [];
  for (let url = said.list; url; url = pages.at(-1).next) {
    const known = memory.page(url);
    const { ok, offline, status, etag, told } = await ask(url, "GET", undefined, known ? { "If-None-Match": known.etag } : {});
    if (ok) {
      // As an address of this page's own: a proxy may have told the server another one.
      const next = told.next && said.list + new URL(told.next).search;
      pages.push({ url, etag, next, tickets: told.results });
    } else if (status === 304 && known) pages.push(known);
    // Half a list would turn people away.
    else return !offline;
  }
  await memory.keepList(pages);
  used.textContent = memory.tickets.filter((ticket) => ticket.checked_in_at).length;
  document.querySelector("[data-tickets]").textContent = memory.tickets.length;
  return true;
}

let isCatchingUp = false;
async function catchUpOnce() {
  if (isCatchingUp) return;
  isCatchingUp = true;
  try {
    await catchUp();
  } finally {
    isCatchingUp = false;
  }
}

function showConflict(scan, result) {
  const ticket = memory.byId(scan.ticket_id);
  const first = result.checked_in_at ? ` ${clock(result.checked_in_at)} ${result.gate}` : "";
  const line = document.createElement("li");
  const who = ticket ? ticket.holder_name || ticket.booked_by : scan.code;
  line.textContent = `${clock(scan.scanned_at)} ${scan.gate} ${who}: ${result.title}${first}`;
  conflicts.append(line);
  conflicts.closest("section").hidden = false;
}

async function decoder() {
  if ("BarcodeDetector" in window && (await BarcodeDetector.getSupportedFormats()).includes("qr_code")) {
    const detector = new BarcodeDetector({ formats: ["qr_code"] });
    return async () => (await detector.detect(video))[0]?.rawValue;
  }
  const script = document.createElement("script");
  script.src = said.decoder;
  await new Promise((resolve, reject) => {
    script.onload = resolve;
    script.onerror = reject;
    document.head.append(script);
  });
  const canvas = document.createElement("canvas");
  const drawing = canvas.getContext("2d", { willReadFrequently: true });
  return async () => {
    if (!video.videoWidth) return undefined;
    [canvas.width, canvas.height] = [video.videoWidth, video.videoHeight];
    drawing.drawImage(video, 0, 0);
    const picture = drawing.getImageData(0, 0, canvas.width, canvas.height);
    return window.jsQR(picture.data, picture.width, picture.height)?.data;
  };
}

async function scan() {
  try {
    video.srcObject = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment" } });
  } catch {
    tell(said.saidNoCamera, false);
    return;
  }
  video.hidden = false;
  await video.play();
  const read = await decoder();
  let last = { code: "", at: 0 };
  const look = async () => {
    const code = await read();
    // The same code stays in front of the camera for a while.
    if (code && (code !== last.code || Date.now() - last.at > SAME_CODE_MS)) {
      last = { code, at: Date.now() };
      await letIn({ code });
    }
    setTimeout(look, PAUSE_MS);
  };
  look();
}

async function undo(ticket) {
  if (await memory.takeBack(ticket.id)) {
    showLink(false);
    return true;
  }
  const { ok, told } = await ask(`${said.door}${ticket.id}/`, "DELETE");
  if (!ok) tell(told.title, false);
  return ok;
}

function shown(ticket) {
  const line = document.createElement("li");
  const button = document.createElement("button");
  line.textContent = `${ticket.holder_name || ticket.booked_by} · ${ticket.ticket_type_name} `;
  button.type = "button";
  button.className = "button button--plain";
  let isInside = Boolean(memory.usedAt(ticket));
  const label = () => (button.textContent = isInside ? said.saidUndo : said.saidLetIn);
  label();
  button.addEventListener("click", async () => {
    if (!isInside) isInside = await letIn({ ticket: ticket.id });
    else if (await undo(ticket)) {
      isInside = false;
      const listed = memory.byId(ticket.id);
      if (listed) listed.checked_in_at = null;
      count(-1);
      tell(said.saidUndone, true);
    }
    label();
  });
  line.append(button);
  return line;
}

door.querySelector("[data-start]").addEventListener("click", scan);
door.querySelector("[data-by-code]").addEventListener("submit", (event) => {
  event.preventDefault();
  letIn({ code: event.target.code.value.trim() });
  event.target.reset();
});
door.querySelector("[data-by-name]").addEventListener("submit", async (event) => {
  event.preventDefault();
  const words = event.target.q.value;
  const { ok, offline, told } = await ask(`${said.search}?${new URLSearchParams({ q: words })}`, "GET");
  if (!ok && !offline) return tell(told.title, false);
  const found = offline ? memory.byWords(words) : told;
  door.querySelector("[data-found]").replaceChildren(...found.map(shown));
  if (!found.length) tell(said.saidNobody, false);
});

addEventListener("online", catchUpOnce);
addEventListener("offline", () => showLink(false));
setInterval(catchUpOnce, ASK_ANEW_MS);
showLink(navigator.onLine);
catchUpOnce();

if ("serviceWorker" in navigator) {
  navigator.serviceWorker.addEventListener("message", (event) => {
    door.dataset.kept = event.data.kept;
  });
  await navigator.serviceWorker.register(said.worker);
  const { active } = await navigator.serviceWorker.ready;
  const parts = performance.getEntriesByType("resource").map((one) => one.name);
  const ours = parts.filter((url) => url.startsWith(`${location.origin}/static/`));
  active.postMessage({ keep: [...new Set([location.href, new URL(said.decoder, location).href, ...ours])] });
}

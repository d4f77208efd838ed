// The door: reads codes by camera (the browser's detector, or jsQR where there is none), by hand, and finds people.
const door = document.querySelector("[data-door]");
const said = door.dataset;
const verdict = door.querySelector("[data-verdict]");
const video = door.querySelector("[data-camera]");
const used = document.querySelector("[data-used]");
const PAUSE_MS = 250;
const SAME_CODE_MS = 4000;

function tell(text, admitted) {
  verdict.textContent = text;
  verdict.classList.toggle("door__verdict--yes", admitted);
  verdict.classList.toggle("door__verdict--no", !admitted);
}

async function ask(url, method, body) {
  try {
    const answer = await fetch(url, {
      method,
      headers: { "Content-Type": "application/json", "X-CSRFToken": door.querySelector("[name=csrfmiddlewaretoken]").value },
      body: body && JSON.stringify(body),
    });
    return { ok: answer.ok, told: answer.status === 204 ? {} : await answer.json() };
  } catch {
    return { ok: false, told: { title: said.saidOffline } };
  }
}

async function letIn(what) {
  const gate = door.querySelector("[data-gate]").value;
  const { ok, told } = await ask(said.door, "POST", { ...what, gate });
  if (ok) {
    used.textContent = Number(used.textContent) + 1;
    tell(`${said.saidAdmitted}: ${told.holder_name || ""} ${told.ticket_type_name}`, true);
  } else {
    const first = told.checked_in_at ? ` ${new Date(told.checked_in_at).toLocaleTimeString()} ${told.gate}` : "";
    tell(`${told.title || said.saidOffline}${first}`, false);
  }
  return ok;
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

function shown(ticket) {
  const line = document.createElement("li");
  const button = document.createElement("button");
  line.textContent = `${ticket.holder_name || ticket.booked_by} · ${ticket.ticket_type_name} `;
  button.type = "button";
  button.className = "button button--plain";
  const label = () => (button.textContent = ticket.checked_in_at ? said.saidUndo : said.saidLetIn);
  label();
  button.addEventListener("click", async () => {
    if (ticket.checked_in_at) {
      const { ok, told } = await ask(`${said.door}${ticket.id}/`, "DELETE");
      if (ok) {
        ticket.checked_in_at = null;
        used.textContent = Number(used.textContent) - 1;
        tell(said.saidUndo, true);
      } else tell(told.title, false);
    } else if (await letIn({ ticket: ticket.id })) ticket.checked_in_at = "now";
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
  const { ok, told } = await ask(`${said.search}?${new URLSearchParams({ q: event.target.q.value })}`, "GET");
  if (!ok) return tell(told.title, false);
  door.querySelector("[data-found]").replaceChildren(...told.map(shown));
  if (!told.length) tell(said.saidNobody, false);
});

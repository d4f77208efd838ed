// Keeps what is left up to date while the page is open. Without this script a reload shows it.
const form = document.querySelector(".offers[data-live]");
const FIRST_PAUSE_MS = 1000;
const LONGEST_PAUSE_MS = 60000;
const FREE = ':not([data-availability="sold_out"])';
let version = 0;
let pause = FIRST_PAUSE_MS;

function show({ availability, ticket_types: types }) {
  for (const type of types) {
    const offer = form.querySelector(`[data-offer="${type.id}"]`);
    if (!offer) continue;
    offer.dataset.availability = type.availability;
    offer.dataset.sale = type.sale;
    for (const word of offer.querySelectorAll("[data-level]")) word.hidden = word.dataset.level !== type.availability;
    const quantity = offer.querySelector(".offer__quantity");
    if (quantity) {
      quantity.disabled = type.availability === "sold_out" || type.sale !== "open";
      if (quantity.disabled) quantity.value = 0;
    }
  }
  // Types that an access code has opened stand on this page only: the word about the whole event leaves them out.
  form.querySelector(".offers__gone").hidden = Boolean(form.querySelector(`.offer${FREE}`));
  const bookable = form.querySelector("[data-bookable]");
  if (bookable) bookable.hidden = !form.querySelector(`.offer[data-sale="open"]${FREE}`);
  document.querySelector("[data-live-few]").hidden = availability !== "few";
  form.dispatchEvent(new Event("input"));
}

function watch() {
  const socket = new WebSocket(form.dataset.live, "aquastream.chat.v1");
  socket.addEventListener("open", () => {
    pause = FIRST_PAUSE_MS;
    socket.send(JSON.stringify({ type: "subscribe", topics: [form.dataset.topic] }));
  });
  socket.addEventListener("message", ({ data }) => {
    for (const line of data.split("\n")) {
      const told = JSON.parse(line);
      if (told.type !== "topic" || told.version <= version) continue;
      version = told.version;
      show(told.data);
    }
  });
  socket.addEventListener("close", () => {
    // Not all pages at once: the server may just have started again.
    setTimeout(watch, pause * (0.5 + Math.random()));
    pause = Math.min(pause * 2, LONGEST_PAUSE_MS);
  });
}

if (form) watch();

/* A hold counts down, a payment is awaited, and a button works once. Everything here also works without it. */

const pad = (number) => String(number).padStart(2, "0");

function countDown(box) {
  const source = document.querySelector("[data-seconds-left]");
  const timer = box.querySelector("[role=timer]");
  // By the server's clock: the seconds that were left, minus those that this page has lived.
  const endsAt = performance.now() + Number(source.dataset.secondsLeft) * 1000;
  box.hidden = false;
  const tick = () => {
    const seconds = Math.max(0, Math.round((endsAt - performance.now()) / 1000));
    timer.textContent = `${pad(Math.floor(seconds / 60))}:${pad(seconds % 60)}`;
    box.classList.toggle("countdown__live--short", seconds <= 60);
    if (seconds === 0) {
      clearInterval(clock);
      setTimeout(() => location.reload(), 1500);
    }
  };
  const clock = setInterval(tick, 1000);
  tick();
}

async function awaitPayment(box) {
  let pause = 1000;
  for (;;) {
    await new Promise((resolve) => setTimeout(resolve, pause));
    try {
      const answer = await fetch(box.dataset.awaiting, { headers: { Accept: "application/json" } });
      if (answer.ok && (await answer.json()).status !== box.dataset.status) {
        location.reload();
        return;
      }
    } catch {
      // The network is away: ask again later.
    }
    pause = Math.min(pause * 1.3, 10000);
  }
}

for (const box of document.querySelectorAll("[data-countdown]")) countDown(box);
for (const box of document.querySelectorAll("[data-awaiting]")) awaitPayment(box);

for (const form of document.querySelectorAll("form[data-once]")) {
  form.addEventListener("submit", (event) => {
    if (form.dataset.sent) event.preventDefault();
    form.dataset.sent = "yes";
  });
}

// A page that comes back from the browser's memory may be sent again.
addEventListener("pageshow", (event) => {
  if (event.persisted) location.reload();
});

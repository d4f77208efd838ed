// Search as you type: asks for the same page and swaps its results. Without this script the form works as it is.
const PAUSE_MS = 250;
const COUNTED = ["ordering", "age_rating", "language", "min_rating"];
const form = document.getElementById("search");
let timer = 0;
let asking = new AbortController();

function address() {
  const wishes = new URLSearchParams(new FormData(form));
  for (const [name, value] of [...wishes]) if (!value) wishes.delete(name);
  if (wishes.get("ordering") === form.elements.ordering.options[0].value) wishes.delete("ordering");
  return wishes.size ? `/?${wishes}` : "/";
}

async function show() {
  asking.abort();
  asking = new AbortController();
  const url = address();
  const results = document.getElementById("results");
  results.setAttribute("aria-busy", "true");
  try {
    const response = await fetch(url, { signal: asking.signal });
    if (!response.ok) return;
    const page = new DOMParser().parseFromString(await response.text(), "text/html");
    results.replaceChildren(...page.getElementById("results").childNodes);
    // Which orders make sense, and how many events each choice leaves, depends on what is wished for.
    for (const name of COUNTED) {
      const told = page.getElementById(name);
      const chosen = told.value;
      form.elements[name].replaceChildren(...told.childNodes);
      // Options that come over one by one leave the last of them chosen.
      form.elements[name].value = chosen;
    }
    history.replaceState(null, "", url);
  } catch (error) {
    if (error.name !== "AbortError") form.submit();
  } finally {
    results.removeAttribute("aria-busy");
  }
}

form.addEventListener("input", () => {
  clearTimeout(timer);
  timer = setTimeout(show, PAUSE_MS);
});

// Where the reader is, to about a kilometre, and only when they ask for it.
const nearMe = document.getElementById("near-me");
const refused = document.getElementById("near-me-refused");
nearMe.parentElement.hidden = !navigator.geolocation;
nearMe.addEventListener("click", () => {
  navigator.geolocation.getCurrentPosition(
    ({ coords }) => {
      refused.hidden = true;
      form.elements.near.value = `${coords.latitude.toFixed(2)},${coords.longitude.toFixed(2)}`;
      form.elements.city.value = "";
      form.elements.radius_km.value ||= "50";
      show();
    },
    () => {
      refused.hidden = false;
    },
  );
});
// A city takes the place of the point.
form.elements.city.addEventListener("input", () => {
  form.elements.near.value = "";
});

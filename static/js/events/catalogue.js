// Search as you type: asks for the same page and swaps its results. Without this script the form works as it is.
const PAUSE_MS = 250;
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

// Shows what the chosen tickets cost together. The server counts for itself.
const form = document.querySelector(".offers");
const total = form?.querySelector(".offers__total");

function show() {
  let sum = 0;
  let seats = 0;
  for (const input of form.querySelectorAll("[data-price]")) {
    seats += Number(input.value);
    sum += Number(input.value) * Number(input.dataset.price);
  }
  const number = new Intl.NumberFormat(document.documentElement.lang, {
    minimumFractionDigits: sum % 1 ? 2 : 0,
    maximumFractionDigits: 2,
  });
  total.hidden = sum === 0;
  total.querySelector("output").textContent = `${number.format(sum)}\u00a0${form.dataset.sign}`;
  form.querySelector("button.offers__go").disabled = seats === 0;
}

if (total) {
  form.addEventListener("input", show);
  show();
}

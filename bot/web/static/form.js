// The form works without this file; with it, units are suggested while typing and a second click does nothing.
(() => {
  "use strict";
  const form = document.querySelector("form[data-units]");
  if (!form) return;
  document.getElementById("told")?.focus();

  const unit = document.getElementById("unit");
  const list = document.getElementById("units");
  const none = form.elements.unit_none;
  let timer = 0;
  let asked = "";

  const suggest = async () => {
    const words = unit.value.trim();
    if (words.length < 2 || words === asked) return;
    asked = words;
    try {
      const answer = await fetch(`${form.dataset.units}?q=${encodeURIComponent(words)}`);
      if (!answer.ok || asked !== words) return;
      const names = await answer.json();
      list.replaceChildren(...names.map((name) => Object.assign(document.createElement("option"), { value: name })));
    } catch { /* no network now: the typed words are searched when the form is sent */ }
  };
  unit.addEventListener("input", () => {
    if (unit.value) none.checked = false;
    clearTimeout(timer);
    timer = setTimeout(suggest, 180);
  });
  none.addEventListener("change", () => { if (none.checked) unit.value = ""; });

  form.addEventListener("submit", (event) => {
    if (form.dataset.sent) event.preventDefault();
    form.dataset.sent = "yes";
    form.querySelector(".send").setAttribute("aria-disabled", "true");
  });
  addEventListener("pageshow", () => { delete form.dataset.sent; });
})();

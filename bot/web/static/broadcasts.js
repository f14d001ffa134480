// Shows a message to many while it is being written, as each channel will, and for how many people it is.
(() => {
  "use strict";
  const form = document.getElementById("broadcast"), place = document.getElementById("look");
  if (!form || !place) return;
  let waits = 0, asked = 0;

  const look = async () => {
    const mine = ++asked, fields = new FormData(form);
    fields.delete("file");
    const image = form.elements.picture.selectedOptions[0].dataset.image;
    if (image) fields.set("image", image);
    try {
      const answer = await fetch("/console/broadcasts/look", { method: "POST", body: fields });
      if (!answer.ok || answer.redirected) return;
      const words = await answer.text();
      if (mine === asked) place.innerHTML = words;
    } catch { /* no network now: at the next letter */ }
  };
  const soon = () => { clearTimeout(waits); waits = setTimeout(look, 400); };

  const appeal = document.getElementById("appeal");
  const choose = () => { appeal.hidden = form.elements.purpose.value !== "urgent"; };
  form.elements.purpose.addEventListener("change", choose);
  choose();
  form.elements.file.addEventListener("change", () => { if (form.elements.file.files.length) form.elements.picture.value = "own"; });
  form.addEventListener("input", soon);
  look();
})();

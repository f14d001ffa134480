// Shows a public post as it will stand there while it is being written, and only the fields that its platform knows.
(() => {
  "use strict";
  const form = document.getElementById("post");
  if (!form) return;
  const by = (id) => document.getElementById(id);
  const account = by("account"), picture = by("picture"), channel = by("channel"), file = by("file");
  let lastChannel = "";

  // Addresses in the words go out as links of ours that are counted.
  const link = by("preview").dataset.link;
  const counted = (words) => link ? words.replace(/https?:\/\/[^\s<>"'“”]*[^\s<>"'“”.,;:!?)]/g, link) : words;

  const show = () => {
    const at = account.selectedOptions[0], kind = at.dataset.kind;
    for (const field of form.querySelectorAll("[data-for]")) field.hidden = field.dataset.for !== kind;
    if (channel.value === lastChannel && at.dataset.channel) channel.value = lastChannel = at.dataset.channel;
    by("wall").className = "wall " + kind;
    by("seen-account").textContent = at.textContent.split(" – ")[0];
    by("seen-kind").textContent = at.dataset.head;
    by("seen-title").textContent = kind === "article" ? by("title").value : "";
    const way = by("drive").value ? at.dataset.way : "";
    by("seen-words").textContent = [counted(by("words").value.trim()), way].filter(Boolean).join("\n\n");
    const image = picture.selectedOptions[0].dataset.image || "";
    by("seen-image").hidden = !image;
    if (image && by("seen-image").getAttribute("src") !== image) by("seen-image").src = image;
  };

  file.addEventListener("change", () => { if (file.files.length) picture.value = "own"; show(); });
  form.addEventListener("input", show);
  form.addEventListener("change", show);
  by("preview").hidden = false;
  show();
})();

// Keeps lists and talks of the console fresh without touching what is being typed.
(() => {
  "use strict";
  const every = document.getElementById("lines") ? 4000 : 10000;
  const lines = document.getElementById("lines");
  const toEnd = () => { if (lines) lines.scrollTop = lines.scrollHeight; };
  toEnd();

  const freshen = async () => {
    if (document.visibilityState !== "visible") return;
    try {
      const answer = await fetch(location.pathname, { headers: { "X-Fresh": "1" } });
      if (!answer.ok || answer.redirected) return;
      const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
      const version = document.querySelector("[data-version]"), newest = fresh.querySelector("[data-version]");
      if (version && newest && version.dataset.version !== newest.dataset.version && !document.activeElement.matches("input, textarea")) {
        location.replace(version.dataset.page); // its buttons count for what stands beside them, so the page is new as a whole
        return;
      }
      for (const part of document.querySelectorAll("[data-live]")) {
        const now = fresh.getElementById(part.id);
        if (now && now.innerHTML !== part.innerHTML) {
          part.innerHTML = now.innerHTML;
          if (part === lines) toEnd();
        }
      }
    } catch { /* no network now: the next time */ }
  };
  if (document.querySelector("main [data-live]")) setInterval(freshen, every);

  for (const form of document.querySelectorAll("form")) {
    form.addEventListener("submit", (event) => {
      if ("again" in form.dataset) return; // a download leaves the page where it is
      if (form.dataset.sent) event.preventDefault();
      form.dataset.sent = "yes";
    });
  }
  addEventListener("pageshow", () => { for (const form of document.querySelectorAll("form")) delete form.dataset.sent; });
})();

// The small menu: put the chat on the home screen, or clear it from this device.
export const makeMore = ({ button, panel, dialog, install, clear, words, forget }) => {
  let offer = null;

  const show = (open) => {
    panel.hidden = !open;
    button.setAttribute("aria-expanded", String(open));
    if (open) panel.querySelector("button:not([hidden]), a").focus();
  };
  button.addEventListener("click", () => show(panel.hidden));
  document.addEventListener("click", (event) => {
    if (!panel.hidden && !panel.contains(event.target) && !button.contains(event.target)) show(false);
  });
  panel.addEventListener("focusout", (event) => {
    if (event.relatedTarget && !panel.contains(event.relatedTarget) && event.relatedTarget !== button) show(false);
  });

  addEventListener("beforeinstallprompt", (event) => {
    event.preventDefault();
    offer = event;
    install.hidden = false;
  });
  addEventListener("appinstalled", () => { install.hidden = true; });
  install.addEventListener("click", () => {
    show(false);
    offer?.prompt();
    offer = null;
    install.hidden = true;
  });

  clear.addEventListener("click", () => {
    show(false);
    if (dialog.showModal) dialog.showModal();
    else if (confirm(words.clearing)) forget();
  });
  dialog.addEventListener("close", () => {
    if (dialog.returnValue === "clear") forget();
    dialog.returnValue = "";
  });

  // Whether Esc had something to close here.
  return {
    escape() {
      if (panel.hidden) return dialog.open;
      show(false);
      button.focus();
      return true;
    },
  };
};

// The web chat's page: one socket, lines kept until the server has them, choices as buttons.
(() => {
  "use strict";
  const words = document.body.dataset;
  const log = document.querySelector(".log");
  const list = log.querySelector("ol");
  const state = document.querySelector(".state");
  const form = document.querySelector(".write");
  const input = form.querySelector("textarea");
  const language = document.documentElement.lang;

  // --- what survives a reload: the visitor's token and the lines not yet taken -----------------------------------
  const memory = {};
  const keep = (name, value) => {
    memory[name] = value;
    try {
      localStorage.setItem("giothong." + name, JSON.stringify(value));
    } catch { /* private mode: the page still works, only a reload begins anew */ }
  };
  const kept = (name, otherwise) => {
    if (name in memory) return memory[name];
    try {
      return JSON.parse(localStorage.getItem("giothong." + name)) ?? otherwise;
    } catch {
      return otherwise;
    }
  };
  const waiting = () => kept("waiting", []);
  const newId = () => Array.from(crypto.getRandomValues(new Uint8Array(12)), (b) => b.toString(16).padStart(2, "0")).join("");

  const asked = new URLSearchParams(location.search);
  let start = asked.get("ref") ? { ref: asked.get("ref"), id: newId() } : null;
  if (start) {
    asked.delete("ref");
    history.replaceState(null, "", location.pathname + (asked.size ? "?" + asked : ""));
  }

  // --- showing ----------------------------------------------------------------------------------------------------
  const shown = new Set();
  let lastDay = "";
  let dots = null;

  const element = (tag, name, text) => {
    const made = document.createElement(tag);
    if (name) made.className = name;
    if (text !== undefined) made.textContent = text;
    return made;
  };

  const nearEnd = () => log.scrollHeight - log.scrollTop - log.clientHeight < 160;
  const toEnd = () => { log.scrollTop = log.scrollHeight; };
  // A message taller than the window is read from its beginning.
  const toTurn = (turn) => {
    if (turn.offsetHeight < log.clientHeight) toEnd();
    else log.scrollTop = turn.offsetTop - list.offsetTop;
  };

  const newDay = (at) => {
    const day = at.toDateString();
    if (day === lastDay) return;
    const isToday = day === new Date().toDateString();
    if (lastDay || !isToday) {
      const said = isToday ? words.today : at.toLocaleDateString(language, { weekday: "long", day: "numeric", month: "long" });
      list.insertBefore(element("li", "day", said), list.querySelector(".waiting") || dots);
    }
    lastDay = day;
  };

  // A link written out under its label (as on channels without link buttons) becomes a button again.
  const linkInWords = /(?:^|\n+)([^\n]{1,40}):\s+(https?:\/\/\S+)\s*$/;
  const spoken = (frame) => {
    const found = frame.link ? null : linkInWords.exec(frame.text);
    return found ? { text: frame.text.slice(0, found.index), link: { label: found[1], url: found[2] } } : frame;
  };

  // Addresses become links, and so does the number that matters in an emergency.
  const fill = (bubble, text) => {
    for (const piece of text.split(/(https?:\/\/[^\s<>"]+|\b115\b)/)) {
      if (/^https?:/.test(piece) || piece === "115") {
        const link = element("a", "", piece);
        link.href = piece === "115" ? "tel:115" : piece;
        if (piece !== "115") outside(link);
        bubble.append(link);
      } else if (piece) {
        bubble.append(piece);
      }
    }
  };
  const outside = (link) => {
    if (new URL(link.href).origin !== location.origin) {
      link.target = "_blank";
      link.rel = "noopener noreferrer";
    }
  };

  const pastChoices = () => {
    for (const old of list.querySelectorAll(".choices:not(.past)")) {
      old.classList.add("past");
      for (const button of old.children) button.disabled = true;
    }
  };

  // The past goes before lines that still wait to be sent; everything else comes last.
  const place = (turn, at, isPast) => {
    const follow = nearEnd();
    newDay(at);
    list.insertBefore(turn, (isPast && list.querySelector(".waiting")) || dots);
    if (!follow) return;
    if (isPast) toEnd();
    else requestAnimationFrame(() => toTurn(turn));
  };

  const safe = (address) => {
    try {
      return /^(https?|tel):$/.test(new URL(address, location.href).protocol);
    } catch {
      return false;
    }
  };

  const fromBot = (frame) => {
    hideDots();
    if (shown.has(frame.id)) return;
    shown.add(frame.id);
    if (frame.choices.length || !frame.at) pastChoices();
    const turn = element("li", "turn bot");
    turn.append(element("span", "hidden", words.bot));
    const { text, link: shownLink } = spoken(frame);
    if (text) {
      const bubble = element("div", "bubble");
      fill(bubble, text);
      turn.append(bubble);
    }
    if (frame.image && safe(frame.image)) {
      const picture = element("div", "picture");
      const image = element("img");
      image.alt = words.picture;
      image.loading = "lazy";
      image.src = frame.image;
      picture.append(image);
      turn.append(picture);
    }
    if (shownLink && safe(shownLink.url)) {
      const link = element("a", "button open", shownLink.label);
      link.href = shownLink.url;
      outside(link);
      turn.append(link);
    }
    if (frame.choices.length) turn.append(menu(frame.choices));
    place(turn, frame.at ? new Date(frame.at) : new Date(), Boolean(frame.at));
  };

  const menu = (choices) => {
    const box = element("div", "choices");
    box.setAttribute("role", "group");
    for (const choice of choices) {
      const button = element("button", "", choice.label);
      button.type = "button";
      button.addEventListener("click", () => say({ type: "choice", id: newId(), payload: choice.payload }, choice.label));
      box.append(button);
    }
    return box;
  };

  const mine = (id, text, at, isWaiting) => {
    const known = list.querySelector(`[data-mine="${CSS.escape(id)}"]`);
    if (known) {
      if (!isWaiting) arrived(id);
      return;
    }
    pastChoices();
    const turn = element("li", "turn mine");
    turn.dataset.mine = id;
    turn.append(element("span", "hidden", words.you), element("div", "bubble", text));
    place(turn, at, !isWaiting);
    if (isWaiting) {
      turn.classList.add("waiting");
      // Said only when it takes long enough to worry somebody.
      setTimeout(() => { if (turn.classList.contains("waiting")) turn.append(element("span", "sending", words.sending)); }, 1500);
    }
  };

  const arrived = (id) => {
    keep("waiting", waiting().filter((line) => line.frame.id !== id));
    const turn = list.querySelector(`[data-mine="${CSS.escape(id)}"]`);
    if (!turn) return;
    turn.classList.remove("waiting");
    turn.querySelector(".sending")?.remove();
  };

  const showDots = () => {
    if (dots) return;
    dots = element("li", "dots");
    dots.setAttribute("aria-hidden", "true");
    dots.append(element("i"), element("i"), element("i"));
    const follow = nearEnd();
    list.append(dots);
    if (follow) toEnd();
  };
  const hideDots = () => {
    dots?.remove();
    dots = null;
  };

  let stateTimer = 0;
  const tell = (text, forMs) => {
    clearTimeout(stateTimer);
    state.textContent = text;
    state.hidden = !text;
    if (text && forMs) stateTimer = setTimeout(() => tell(""), forMs);
  };

  // --- the socket -------------------------------------------------------------------------------------------------
  let socket = null;
  let ready = false;
  let tries = 0;
  let again = 0;

  const connect = () => {
    clearTimeout(again);
    const address = new URL("/chat/ws", location.href);
    address.protocol = address.protocol.replace("http", "ws");
    const mySocket = socket = new WebSocket(address);
    socket.addEventListener("open", () => {
      socket.send(JSON.stringify({ type: "hello", token: kept("token", null), history: true, ...(start ?? {}) }));
    });
    socket.addEventListener("message", (event) => { if (mySocket === socket) receive(JSON.parse(event.data)); });
    socket.addEventListener("close", () => { if (mySocket === socket) lost(); });
  };

  const lost = () => {
    ready = false;
    hideDots();
    tries += 1;
    if (tries > 1) tell(words.away);
    const pause = Math.min(30000, 500 * 2 ** Math.min(tries, 6)) * (0.5 + Math.random() / 2);
    again = setTimeout(connect, pause);
  };

  const receive = (frame) => {
    switch (frame.type) {
      case "welcome":
        if (kept("token", null) !== frame.token) keep("token", frame.token);
        start = null;
        ready = true;
        tries = 0;
        tell("");
        for (const line of waiting()) socket.send(JSON.stringify(line.frame));
        break;
      case "typing": showDots(); break;
      case "message": fromBot(frame); break;
      case "said": mine(frame.id, frame.text, new Date(frame.at), false); break;
      case "taken": hideDots(); arrived(frame.id); break;
      case "error": fault(frame); break;
    }
  };

  const fault = (frame) => {
    hideDots();
    if (frame.reason === "too-fast") {
      tell(words.slow, 4000);
      resend(frame.id, 3000);
    } else if (frame.reason === "try-again" || frame.reason === "too-many") {
      tell(words.away, 5000);
      resend(frame.id, 4000);
    } else if (frame.id) {
      if (frame.reason === "too-long") tell(words.long, 5000);
      arrived(frame.id);
    }
  };
  const resend = (id, after) => setTimeout(() => {
    const line = waiting().find((one) => one.frame.id === id);
    if (line && ready) socket.send(JSON.stringify(line.frame));
  }, after);

  const say = (frame, text) => {
    keep("waiting", [...waiting(), { frame, text, at: Date.now() }]);
    mine(frame.id, text, new Date(), true);
    toEnd();
    if (ready) socket.send(JSON.stringify(frame));
  };

  // --- writing ----------------------------------------------------------------------------------------------------
  const grow = () => {
    input.style.height = "auto";
    input.style.height = `${input.scrollHeight + 2}px`;
  };
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const text = input.value.trim();
    if (!text) return;
    say({ type: "text", id: newId(), text }, text);
    input.value = "";
    grow();
    input.focus();
  });
  input.addEventListener("input", grow);
  input.addEventListener("keydown", (event) => {
    // While Vietnamese is being composed, Enter belongs to the keyboard.
    if (event.key === "Enter" && !event.shiftKey && !event.isComposing && event.keyCode !== 229) {
      event.preventDefault();
      form.requestSubmit();
    }
  });

  // Another language is for the page and for the talk.
  const tongue = document.querySelector(".tongue");
  tongue.addEventListener("click", () => say({ type: "choice", id: newId(), payload: `l.${tongue.dataset.language}` }, tongue.textContent));

  addEventListener("online", () => { if (!ready) { tries = 0; connect(); } });
  document.addEventListener("visibilitychange", () => {
    if (document.visibilityState === "visible" && socket?.readyState === WebSocket.CLOSED) connect();
  });

  for (const line of waiting()) mine(line.frame.id, line.text, new Date(line.at), true);
  connect();
  setTimeout(() => { if (!ready) tell(words.connecting); }, 1500);
})();

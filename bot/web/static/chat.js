// The web chat's page: what is written goes to the outbox, what comes by the line goes to the talk.
import { makeDays, now, setClock } from "./chat-days.js";
import { makeLine } from "./chat-line.js";
import * as memory from "./chat-memory.js";
import { makeMore } from "./chat-more.js";
import { makeOutbox } from "./chat-outbox.js";
import { makeTalk } from "./chat-talk.js";

const find = (selector) => document.querySelector(selector);
const words = document.body.dataset;
const language = document.documentElement.lang;
const state = find(".state");
const form = find(".write");
const input = form.querySelector("textarea");

// --- the code of a poster leaves the address, not the memory ----------------------------------------------------------
const asked = new URLSearchParams(location.search);
if (asked.get("ref")) {
  memory.keepStart({ ref: asked.get("ref"), id: memory.newId() });
  asked.delete("ref");
  history.replaceState(null, "", location.pathname + (String(asked) ? `?${asked}` : ""));
}

// --- one sentence about how things stand ------------------------------------------------------------------------------
let stateTimer = 0;
const tell = (text, forMs) => {
  clearTimeout(stateTimer);
  state.textContent = text;
  state.hidden = !text;
  if (text && forMs) stateTimer = setTimeout(() => tell(""), forMs);
};

// --- the parts --------------------------------------------------------------------------------------------------------
const say = (frame, text) => {
  const line = { frame: { ...frame, id: memory.newId() }, text, at: now() };
  talk.mine(line.frame.id, text, line.at, { waiting: true });
  outbox.add(line);
  talk.toEnd();
  wire.wake();
};
const choose = (choice, button, byKeyboard) => {
  button.classList.add("chosen");
  say({ type: "choice", payload: choice.payload }, choice.label);
  if (byKeyboard && matchMedia("(pointer: fine)").matches) input.focus();
};
const talk = makeTalk({
  log: find(".log"), list: find(".log ol"), jump: find(".jump"), words, choose,
  days: makeDays({ language, today: words.today, yesterday: words.yesterday }),
});
const outbox = makeOutbox({
  transmit(frame) {
    talk.going(frame.id);
    wire.send(frame);
  },
  stalled: () => wire.probe(),
});

let told = null;  // the token of our last hello
let held = 0;     // bot messages since the last cut; none yet means the whole talk is wanted
const wire = makeLine({
  hello() {
    told = memory.token();
    talk.busy(true);
    const after = held ? { after: talk.newest() } : {};
    return { type: "hello", token: told, history: true, ...after, ...(memory.start() ?? {}) };
  },
  heard: (frame) => heard[frame.type]?.(frame),
  down(why, tries) {
    outbox.closed();
    talk.setDown(true);
    if (why === "offline") tell(words.offline);
    else if (why === "crowded") tell(words.crowded);
    else if ((tries > 1 || memory.lines().length) && state.textContent !== words.full) tell(words.away);
  },
});

// --- what comes -------------------------------------------------------------------------------------------------------
const heard = {
  welcome(frame) {
    const kept = memory.token();
    if (kept && kept !== told) return again();  // another tab was first: one visitor, not two
    if (told && told !== frame.token) talk.empty();
    told = frame.token;
    memory.keepToken(told);
    setClock(frame.now);
  },
  ready() {
    memory.keepStart(null);
    talk.busy(false);
    talk.setDown(false);
    tell("");
    outbox.opened();
  },
  typing: () => talk.showDots(),
  message(frame) {
    held += 1;
    if (state.textContent === words.later) tell("");
    talk.fromBot(frame);
  },
  said: (frame) => {
    talk.mine(frame.id, frame.text, Date.parse(frame.at));
    outbox.settled(frame.id);
  },
  taken(frame) {
    talk.hideDots();
    talk.arrived(frame.id);
    outbox.settled(frame.id);
    if (frame.later) tell(words.later);
  },
  error(frame) {
    talk.hideDots();
    if (frame.reason === "too-fast") wait(frame, words.slow, 2000);
    else if (frame.reason === "try-again") wait(frame, words.away, 4000);
    else if (frame.reason === "too-many") tell(words.full);
    else if (frame.id || outbox.going()) refused(frame.reason, frame.id || outbox.going());
  },
};
const wait = (frame, sentence, pause) => {
  tell(sentence, pause + 1000);
  if (frame.id) outbox.later(frame.id, pause);
};
// Never shown as said when it was not.
const refused = (reason, id) => {
  if (reason === "too-long") tell(words.long, 6000);
  talk.failed(id);
  outbox.settled(id);
};
const again = () => {
  talk.empty();
  held = 0;
  wire.drop();
  wire.wake();
};

// --- other tabs, and the end of a talk on a shared phone --------------------------------------------------------------
memory.watch({
  line(line) {
    talk.mine(line.frame.id, line.text, line.at, { waiting: true, elsewhere: true });
    outbox.beside(line.frame.id);
  },
  gone: (id) => talk.arrived(id),
  visitor: () => { if (memory.token() !== told) again(); },
});
const more = makeMore({
  button: find(".more"), panel: find(".panel"), dialog: find("dialog"), install: find(".install"), clear: find(".clear"),
  words,
  forget() {
    memory.clear();
    again();
    input.value = "";
    input.focus();
  },
});

// --- writing ----------------------------------------------------------------------------------------------------------
const grow = () => {
  input.style.height = "auto";
  input.style.height = `${input.scrollHeight + 2}px`;
};
form.addEventListener("submit", (event) => {
  event.preventDefault();
  const text = input.value.trim();
  if (text) say({ type: "text", text }, text);
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
addEventListener("keydown", (event) => {
  if (event.key === "Escape" && !event.isComposing && !more.escape()) input.focus();
});

// Another language is for the page and for the talk.
const tongue = find(".tongue");
tongue.addEventListener("click", () => say({ type: "choice", payload: `l.${tongue.hreflang}` }, tongue.title));

// Where the keyboard covers the page instead of making it smaller (iPhone), the page makes room itself.
const room = window.visualViewport;
room?.addEventListener("resize", () => {
  const covered = room.scale === 1 && innerHeight - room.height > 80;
  find(".chat").style.height = covered ? `${room.height}px` : "";
  if (covered) scrollTo(0, 0);
});
document.addEventListener("visibilitychange", () => talk.refresh());

for (const line of memory.lines()) talk.mine(line.frame.id, line.text, line.at, { waiting: true });
wire.connect();
setTimeout(() => { if (!wire.isReady() && state.hidden) tell(words.connecting); }, 1500);

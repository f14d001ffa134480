// The talk on the screen: what was said in its order, lines that wait below it, dots while an answer is worked on.
import { now } from "./chat-days.js";
import { botTurn, element, ownTurn } from "./chat-turns.js";

const DOTS_AFTER = 250;
const DOTS_AT_MOST = 30000;
const WORRY_AFTER = 1500;

export const makeTalk = ({ log, list, jump, words, days, choose }) => {
  const shown = new Set();
  let newest = "";
  let dots = null;
  let dotsTimer = 0;
  let isDown = false;

  // --- scrolling: follow whoever reads at the end, never pull away whoever reads above --------------------------------
  const nearEnd = () => log.scrollHeight - log.scrollTop - log.clientHeight < 120;
  const toEnd = () => { log.scrollTop = log.scrollHeight; };
  const follow = (turn) => {
    if (turn.offsetHeight < log.clientHeight) toEnd();
    else log.scrollTop = turn.offsetTop - list.offsetTop;  // a tall one is read from its beginning
  };
  // A picture that arrives late, or the keyboard of a phone, must not push the newest line out of sight.
  let atEnd = true;
  new ResizeObserver(() => { if (atEnd) toEnd(); }).observe(log);
  log.addEventListener("load", (event) => { if (atEnd || list.lastElementChild?.contains(event.target)) toEnd(); }, true);
  const isUnread = (turn) => turn.classList.contains("bot") && !log.hasAttribute("aria-busy");
  log.addEventListener("scroll", () => {
    atEnd = nearEnd();
    if (atEnd) jump.hidden = true;
  }, { passive: true });
  jump.addEventListener("click", () => { jump.hidden = true; toEnd(); });

  // --- placing --------------------------------------------------------------------------------------------------------
  const lineBefore = (place) => {
    let line = place ? place.previousElementSibling : list.lastElementChild;
    if (line === dots) line = line?.previousElementSibling;
    return line;
  };
  const place = (turn, before) => {
    const following = nearEnd();
    const at = Number(turn.dataset.at);
    if (days.breaks(Number(lineBefore(before)?.dataset.at ?? 0), at)) {
      list.insertBefore(days.mark(at), before);
      days.refresh(list);
    }
    list.insertBefore(turn, before);
    if (following) follow(turn);
    else if (isUnread(turn)) jump.hidden = false;
  };
  // What the server says comes before lines that it has not seen yet.
  const beforeWaiting = () => list.querySelector(".waiting:not(.going)") ?? dots;
  // A line of another tab stands before the answers to it, which may be here first.
  const beforeItsAnswer = (at) => {
    let before = dots;
    let turn = before ? before.previousElementSibling : list.lastElementChild;
    for (; turn?.classList.contains("bot") && Number(turn.dataset.at) > at; turn = turn.previousElementSibling) before = turn;
    return before;
  };
  const retire = () => {
    for (const old of list.querySelectorAll(".choices:not(.past)")) {
      old.classList.add("past");
      for (const button of old.children) button.disabled = true;
    }
  };
  const own = (id) => list.querySelector(`[data-mine="${CSS.escape(id)}"]`);

  const fromBot = (frame) => {
    if (shown.has(frame.id)) return;
    shown.add(frame.id);
    if (newest.length < frame.id.length || (newest.length === frame.id.length && newest < frame.id)) newest = frame.id;
    const turn = botTurn(frame, Date.parse(frame.at), words, choose);
    hideDots();
    if (frame.choices.length) retire();
    place(turn, beforeWaiting());
  };

  const mine = (id, text, at, { waiting = false, elsewhere = false } = {}) => {
    if (own(id)) return waiting ? undefined : arrived(id);
    retire();
    const turn = ownTurn(id, text, at, words);
    if (waiting) turn.classList.add("waiting");
    turn.classList.toggle("going", elsewhere);
    place(turn, elsewhere ? beforeItsAnswer(at) : waiting ? null : beforeWaiting());
    if (waiting) setTimeout(() => note(turn), isDown ? 0 : WORRY_AFTER);
    if (waiting && !elsewhere) toEnd();
  };
  // Said only when it takes long enough to worry somebody.
  const note = (turn) => {
    if (!turn.classList.contains("waiting")) return;
    const text = isDown ? words.unsent : words.sending;
    const told = turn.querySelector(".sending") ?? turn.appendChild(element("span", "sending"));
    if (told.textContent !== text) told.textContent = text;
    if (nearEnd()) toEnd();
  };
  const arrived = (id) => {
    const turn = own(id);
    if (!turn) return retire();  // a tap or words that are not kept: whatever was offered before is past
    turn.classList.remove("waiting", "going");
    turn.querySelector(".sending")?.remove();
  };
  const failed = (id) => {
    arrived(id);
    const turn = own(id);
    turn?.classList.add("failed");
    turn?.append(element("span", "sending", words.failed));
  };
  const going = (id) => own(id)?.classList.add("going");

  const showDots = () => {
    clearTimeout(dotsTimer);
    if (!dots) dotsTimer = setTimeout(paintDots, DOTS_AFTER);
  };
  const paintDots = () => {
    const following = nearEnd();
    const made = element("li", "dots");
    made.setAttribute("aria-hidden", "true");
    made.append(element("i"), element("i"), element("i"));
    list.insertBefore(made, beforeWaiting());
    dots = made;
    if (following) toEnd();
    dotsTimer = setTimeout(hideDots, DOTS_AT_MOST);
  };
  const hideDots = () => {
    clearTimeout(dotsTimer);
    dots?.remove();
    dots = null;
  };

  const setDown = (down) => {
    isDown = down;
    if (down) {
      hideDots();
      for (const turn of list.querySelectorAll(".going")) turn.classList.remove("going");
    }
    for (const turn of list.querySelectorAll(".waiting")) if (down || turn.querySelector(".sending")) note(turn);
  };
  const empty = () => {
    hideDots();
    shown.clear();
    newest = "";
    list.replaceChildren();
    jump.hidden = true;
  };

  return {
    fromBot, mine, arrived, failed, going, showDots, hideDots, setDown, empty, toEnd, now,
    newest: () => newest,
    busy: (is) => (is ? log.setAttribute("aria-busy", "true") : log.removeAttribute("aria-busy")),
    refresh: () => days.refresh(list),
  };
};

// One line of the talk as elements. Words are only ever text, and addresses open only where they may.
export const element = (tag, name, text) => {
  const made = document.createElement(tag);
  if (name) made.className = name;
  if (text !== undefined) made.textContent = text;
  return made;
};

const address = (text) => {
  try {
    const url = new URL(text, location.href);
    return /^(https?|tel):$/.test(url.protocol) ? url : null;
  } catch {
    return null;
  }
};
const anchor = (url, name, words) => {
  const link = element("a", name, words);
  link.href = url.href;
  if (url.protocol !== "tel:" && url.origin !== location.origin) {
    link.target = "_blank";
    link.rel = "noopener noreferrer";
  }
  return link;
};

// Addresses become links, and so does the number that matters in an emergency.
const PIECES = /(https?:\/\/[^\s<>"]*[^\s<>".,;:!?)\]}…'“”]|\b115\b)/;
const fill = (bubble, text) => {
  for (const piece of text.split(PIECES)) {
    const url = piece === "115" ? address("tel:115") : /^https?:/.test(piece) ? address(piece) : null;
    if (url) bubble.append(anchor(url, "", piece));
    else if (piece) bubble.append(piece);
  }
  return bubble;
};

// A link written out under its label (as on channels without link buttons) becomes a button again.
const linkInWords = /(?:^|\n+)([^\n]{1,40}):\s+(https?:\/\/\S+)\s*$/;
const spoken = (frame) => {
  const found = frame.link ? null : linkInWords.exec(frame.text);
  return found ? { text: frame.text.slice(0, found.index), link: { label: found[1], url: found[2] } } : frame;
};

const picture = (url, words) => {
  const box = element("div", "picture");
  const image = element("img");
  image.alt = words.picture;
  image.loading = "lazy";
  image.decoding = "async";
  image.addEventListener("error", () => box.replaceChildren(anchor(url, "broken", words.broken)));
  image.src = url.href;
  box.append(image);
  return box;
};

const menu = (choices, words, choose) => {
  const box = element("div", "choices");
  box.setAttribute("role", "group");
  box.setAttribute("aria-label", words.choices);
  for (const choice of choices) {
    const button = element("button", "", choice.label);
    button.type = "button";
    button.addEventListener("click", (event) => choose(choice, button, event.detail === 0));
    box.append(button);
  }
  return box;
};

const turn = (name, at, words, speaker) => {
  const made = element("li", `turn ${name}`);
  made.dataset.at = at;
  made.append(element("span", "hidden", speaker));
  return made;
};

// choose(choice, button, byKeyboard)
export const botTurn = (frame, at, words, choose) => {
  const made = turn("bot", at, words, words.bot);
  const { text, link } = spoken(frame);
  const image = frame.image ? address(frame.image) : null;
  const target = link ? address(link.url) : null;
  const holder = image ? made.appendChild(element("div", "with-picture")) : made;
  if (image) holder.append(picture(image, words));
  if (text) holder.append(fill(element("div", "bubble"), text));
  if (target) holder.append(anchor(target, "button open", link.label));
  if (frame.choices.length) made.append(menu(frame.choices, words, choose));
  return made;
};

export const ownTurn = (id, text, at, words) => {
  const made = turn("mine", at, words, words.you);
  made.dataset.mine = id;
  made.append(element("div", "bubble", text));
  return made;
};

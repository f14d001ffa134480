// What survives a reload and is shared by every tab of this browser: who the visitor is, and the lines that still wait.
// Each line has a key of its own, so two tabs never overwrite each other.
const PREFIX = "giothong.";
const LINE = PREFIX + "line.";
const TOKEN = PREFIX + "token";
const START = PREFIX + "start";
const beside = new Map();  // private mode: the page still works, only a reload begins anew
let count = 0;

const write = (store, name, value) => {
  try {
    store().setItem(name, JSON.stringify(value));
    beside.delete(name);
  } catch {
    beside.set(name, value);
  }
};
const read = (store, name) => {
  if (beside.has(name)) return beside.get(name);
  try {
    return JSON.parse(store().getItem(name));
  } catch {
    return null;
  }
};
const remove = (store, name) => {
  beside.delete(name);
  try {
    store().removeItem(name);
  } catch { /* nothing was kept there */ }
};
const shared = () => localStorage;
const ofTab = () => sessionStorage;

const names = () => {
  try {
    return [...new Set([...Object.keys(localStorage), ...beside.keys()])];
  } catch {
    return [...beside.keys()];
  }
};

export const newId = () => Array.from(crypto.getRandomValues(new Uint8Array(12)), (b) => b.toString(16).padStart(2, "0")).join("");

export const token = () => read(shared, TOKEN);
export const keepToken = (value) => write(shared, TOKEN, value);

// The code of a poster, until the server has greeted by it: a cut or a reload must not lose it.
export const start = () => read(ofTab, START);
export const keepStart = (value) => (value ? write(ofTab, START, value) : remove(ofTab, START));

export const lines = () => names()
  .filter((name) => name.startsWith(LINE))
  .map((name) => read(shared, name))
  .filter((line) => line?.frame?.id)
  .sort((a, b) => a.at - b.at || a.count - b.count);
export const keepLine = (line) => write(shared, LINE + line.frame.id, { ...line, count: count++ });
export const dropLine = (id) => remove(shared, LINE + id);

export const clear = () => {
  for (const line of lines()) dropLine(line.frame.id);
  remove(shared, TOKEN);
  keepStart(null);
};

// Other tabs: a line was written or has arrived, or the visitor became another.
export const watch = ({ line, gone, visitor }) => addEventListener("storage", (event) => {
  if (event.key === null) visitor();  // the browser's own "clear site data"
  else if (event.key === TOKEN) visitor();
  else if (!event.key.startsWith(LINE)) return;
  else if (event.newValue) line(JSON.parse(event.newValue));
  else gone(event.key.slice(LINE.length));
});

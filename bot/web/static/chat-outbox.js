// Lines on their way: one at a time and in order, each until the server says that it has it.
import * as memory from "./chat-memory.js";

const TAKEN_WITHIN = 10000;
const ANOTHER_TAB_WITHIN = 5000;

// transmit(frame): put it on the wire; stalled(): nothing came back for long.
export const makeOutbox = ({ transmit, stalled }) => {
  const ours = new Set();
  let open = false;
  let going = "";
  let timer = 0;

  const pump = () => {
    if (!open || going) return;
    const line = memory.lines().find((one) => ours.has(one.frame.id));
    if (!line) return;
    going = line.frame.id;
    timer = setTimeout(stalled, TAKEN_WITHIN);
    transmit(line.frame);
  };
  const free = (id) => {
    if (going !== id) return;
    clearTimeout(timer);
    going = "";
  };
  const adopt = (id) => {
    ours.add(id);
    pump();
  };

  return {
    going: () => going,
    add(line) {
      memory.keepLine(line);
      adopt(line.frame.id);
    },
    // Another tab sends its own lines; we help when it is closed or asleep.
    beside: (id) => setTimeout(() => adopt(id), ANOTHER_TAB_WITHIN),
    settled(id) {
      memory.dropLine(id);
      ours.delete(id);
      free(id);
      pump();
    },
    later(id, pause) {
      if (going !== id) return;
      clearTimeout(timer);
      timer = setTimeout(() => { free(id); pump(); }, pause);
    },
    opened() {
      open = true;
      for (const line of memory.lines()) ours.add(line.frame.id);
      pump();
    },
    closed() {
      open = false;
      free(going);
    },
  };
};

// Days and times between the lines of the talk, by the server's clock: cheap phones are often wrong.
const GAP = 15 * 60 * 1000;
let skew = 0;

export const setClock = (serverNow) => { skew = Date.parse(serverNow) - Date.now(); };
export const now = () => Date.now() + skew;

export const makeDays = ({ language, today, yesterday }) => {
  const day = new Intl.DateTimeFormat(language, { weekday: "long", day: "numeric", month: "long" });
  const hour = new Intl.DateTimeFormat(language, { hour: "2-digit", minute: "2-digit", hour12: false });

  const name = (at) => {
    const midnight = new Date(now()).setHours(0, 0, 0, 0);
    const days = Math.round((midnight - new Date(at).setHours(0, 0, 0, 0)) / 86400000);
    return days === 0 ? today : days === 1 ? yesterday : day.format(at);
  };
  const say = (mark) => { mark.textContent = `${name(Number(mark.dataset.at))}, ${hour.format(Number(mark.dataset.at))}`; };

  return {
    clock: (at) => hour.format(at),
    // Whether a line at this moment begins a new stretch of the talk.
    breaks: (before, at) => !before || at - before > GAP || new Date(before).toDateString() !== new Date(at).toDateString(),
    mark(at) {
      const mark = document.createElement("li");
      mark.className = "day";
      mark.dataset.at = at;
      say(mark);
      return mark;
    },
    // "Today" does not stay today.
    refresh: (list) => list.querySelectorAll(".day").forEach(say),
  };
};

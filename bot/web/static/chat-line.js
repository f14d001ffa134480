// The socket: opened again after every cut, asked whether it lives, left alone when there is no network.
const CONNECT_WITHIN = 15000;
const PONG_WITHIN = 10000;
const STALE_AFTER = 5000;
const QUIET_FOR = 25000;
const CROWDED = 4001;

// hello(): the first frame; heard(frame): one frame; down(why): "cut", "offline" or "crowded".
export const makeLine = ({ hello, heard, down }) => {
  let socket = null;
  let ready = false;
  let tries = 0;
  let again = 0;
  let patience = 0;
  let lastHeard = 0;

  const send = (frame) => { if (socket?.readyState === WebSocket.OPEN) socket.send(JSON.stringify(frame)); };

  const connect = () => {
    clearTimeout(again);
    again = 0;
    const address = new URL("/chat/ws", location.href);
    address.protocol = address.protocol.replace("http", "ws");
    const ours = socket = new WebSocket(address);
    wait(CONNECT_WITHIN);
    ours.addEventListener("open", () => ours === socket && send(hello()));
    ours.addEventListener("message", (event) => ours === socket && take(JSON.parse(event.data)));
    ours.addEventListener("close", (event) => ours === socket && lost(event.code));
  };
  const wait = (within) => {
    clearTimeout(patience);
    patience = setTimeout(() => drop(), within);
  };
  const take = (frame) => {
    clearTimeout(patience);
    lastHeard = Date.now();
    if (!ready) wait(CONNECT_WITHIN);
    if (frame.type === "ready") {
      clearTimeout(patience);
      ready = true;
      tries = 0;
    }
    if (frame.type !== "pong") heard(frame);
  };
  // A socket may be dead for minutes before the browser says so: we leave it and open another.
  const abandon = () => {
    const old = socket;
    socket = null;
    old?.close();
  };
  const drop = () => {
    abandon();
    lost(0);
  };
  const lost = (code) => {
    clearTimeout(patience);
    socket = null;
    ready = false;
    tries += 1;
    if (code === CROWDED) return down("crowded", tries);
    const pause = Math.min(30000, 500 * 2 ** Math.min(tries, 6)) * (0.5 + Math.random() / 2);
    clearTimeout(again);
    again = setTimeout(connect, pause);
    down(navigator.onLine ? "cut" : "offline", tries);
  };
  const probe = () => {
    if (!ready) return;
    send({ type: "ping" });
    wait(PONG_WITHIN);
  };
  // Somebody is here again, or writes: do not let them wait for the next try.
  const wake = () => {
    if (!socket) connect();
    else if (Date.now() - lastHeard > STALE_AFTER) probe();
  };

  addEventListener("online", () => {
    tries = 0;
    if (ready) return probe();
    abandon();
    connect();
  });
  addEventListener("offline", () => { if (socket) drop(); });
  addEventListener("pageshow", (event) => { if (event.persisted) wake(); });
  document.addEventListener("visibilitychange", () => { if (document.visibilityState === "visible") wake(); });
  setInterval(() => {
    if (document.visibilityState === "visible" && Date.now() - lastHeard > QUIET_FOR) probe();
  }, QUIET_FOR);

  return { connect, send, probe, wake, drop, isReady: () => ready };
};

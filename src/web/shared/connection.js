/* connection.js - the WebSocket, kept open.
 *
 * Reconnects after 0.5 s, then twice as long each time up to 10 s, each with chance in it so that many overlays do not
 * come back at once. A socket that stays silent for a minute is replaced: a network that dies without a word leaves it
 * looking open for ever. The server sends the whole state again on every connection.
 */

const FIRST_WAIT_MS = 500;
const LONGEST_WAIT_MS = 10_000;
const SILENCE_MS = 60_000;
const OPENING_MS = 10_000;

/* on: { open(), text(string), change() }. Returns link, which says how things stand. What is sent while it is not open
 * is lost. */
export function connect(url, on) {
  const link = { open: false, everOpen: false, send: (text) => link.open && socket.send(text) };
  let socket;
  let waitMs = FIRST_WAIT_MS;
  let silence;

  function open() {
    const mine = (socket = new WebSocket(url, 'undertone.events'));
    mine.onopen = () => mine === socket && opened();
    mine.onmessage = ({ data }) => mine === socket && heard(data);
    mine.onclose = () => mine === socket && closed();
    watch(OPENING_MS);
  }

  function opened() {
    link.open = link.everOpen = true;
    waitMs = FIRST_WAIT_MS;
    watch(SILENCE_MS);
    on.open();
    on.change();
  }

  function heard(data) {
    watch(SILENCE_MS);
    on.text(data);
  }

  function closed() {
    clearTimeout(silence);
    socket = null;
    link.open = false;
    setTimeout(open, waitMs * (0.5 + Math.random() / 2));
    waitMs = Math.min(waitMs * 2, LONGEST_WAIT_MS);
    on.change();
  }

  /* close() alone would wait for an answer that a dead network never gives. */
  function drop() {
    if (!socket) return;
    socket.close();
    closed();
  }

  function watch(ms) {
    clearTimeout(silence);
    silence = setTimeout(drop, ms * (1 + Math.random() / 4));
  }

  addEventListener('offline', drop);
  open();
  return link;
}

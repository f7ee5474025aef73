/* connection.js - the WebSocket, kept open.
 *
 * Reconnects after 0.5 s, then twice as long each time up to 10 s, each with chance in it so that many overlays do not
 * come back at once. A socket that stays silent for a minute is replaced: a network that dies without a word leaves it
 * looking open for ever. The server sends the whole state again on every connection.
 *
 * Timers run late in a page that nobody sees, and stand still while the computer sleeps: who knows that time has passed
 * calls check().
 */

import { nowMs } from './now.js';

const FIRST_WAIT_MS = 500;
const LONGEST_WAIT_MS = 10_000;
const SILENCE_MS = 60_000;
const OPENING_MS = 10_000;

/* on: { open(), text(string), change() }. Returns link, which says how things stand. What is sent while it is not open
 * is lost. */
export function connect(url, on) {
  const link = { open: false, everOpen: false, send: (text) => link.open && socket.send(text), check };
  let socket = null;
  let waitMs = FIRST_WAIT_MS;
  let due = { atMs: 0, act: open };
  let timer;

  function open() {
    const mine = (socket = new WebSocket(url, 'undertone.events'));
    mine.onopen = () => mine === socket && opened();
    mine.onmessage = ({ data }) => mine === socket && heard(data);
    mine.onclose = () => mine === socket && closed();
    patient(OPENING_MS);
  }

  function opened() {
    link.open = link.everOpen = true;
    waitMs = FIRST_WAIT_MS;
    patient(SILENCE_MS);
    on.open();
    on.change();
  }

  function heard(data) {
    due.atMs = nowMs() + SILENCE_MS;
    on.text(data);
  }

  function closed() {
    socket = null;
    link.open = false;
    plan(waitMs * (0.5 + Math.random() / 2), open);
    waitMs = Math.min(waitMs * 2, LONGEST_WAIT_MS);
    on.change();
  }

  /* close() alone would wait for an answer that a dead network never gives. */
  function drop() {
    if (!socket) return;
    socket.close();
    closed();
  }

  const patient = (ms) => plan(ms * (1 + Math.random() / 4), drop);

  function plan(ms, act) {
    due = { atMs: nowMs() + ms, act };
    clearTimeout(timer);
    timer = setTimeout(check, ms);
  }

  /* A timer may come a little early. */
  function check() {
    const leftMs = due.atMs - nowMs();
    if (leftMs < 1) due.act();
    else plan(leftMs, due.act);
  }

  addEventListener('offline', drop);
  addEventListener('online', () => !socket && plan(FIRST_WAIT_MS * Math.random(), open));
  document.addEventListener('visibilitychange', check);
  open();
  return link;
}

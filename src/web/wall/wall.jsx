/* wall.jsx - the page's entry: events -> model -> page, once a frame at most however many events come, and once a
 * second for what only goes on. */

import { render } from 'preact';

import texts from '../texts/wall.json';
import { announce, prepareAnnouncements } from '../shared/announce.js';
import { eventsAddress } from '../shared/api.js';
import { parseEvent } from '../shared/calls.js';
import { connect } from '../shared/connection.js';
import { showFavicon } from '../shared/favicon.js';
import { nowMs as timeMs } from '../shared/now.js';
import { noteOf } from '../shared/standing.js';
import { textsOf } from '../shared/texts.js';
import { nameOf } from './card.js';
import { filterOf, namesOf, searchOf, waitingOf } from './filter.js';
import { newHold } from './hold.js';
import { deedOf, stepOf } from './keys.js';
import { stepTo } from './layout.js';
import { alsoSeen, lookAt, measure } from './look.js';
import {
  advance, arrive, cardAt, cardsOf, countsOf, indexOf, letGo, narrow, newWall, reconnect, take,
} from './model.js';
import { Page } from './page.jsx';

const t = textsOf(texts);

const BEAT_MS = 1000;
const PHASES = 4;
const TOLD_MS = 100; /* the whole state has been told when no call came for so long */
const TOLD_MOST_MS = 3000;
const ASKED_MS = 5000; /* to wait for an answer before it is asked again */
const REFUSED_MS = 8000;
const SAID_MS = 5000;
const MOST_SAID = 500;

const wall = newWall(filterOf(location.search));
const holds = { cards: newHold(ask), waits: newHold(ask) };

/* How it is looked at. times: the last second of each part of the cards; see beat. */
const view = { times: Array(PHASES).fill(timeMs()), ids: [], look: null, counts: countsOf(wall), waiting: 0,
  names: { team: [], queue: [] }, note: null, lost: false, settled: false, focused: null, refused: '', help: false };

const act = { narrow: narrowTo, take: takeEscalation, apply: () => paint({ apply: true }), holds,
  openHelp: () => show({ help: true }), closeHelp: () => show({ help: false }) };

function show(more) {
  Object.assign(view, more);
  ask();
}

/* ---- what comes ---- */

let openedAtMs, calledAtMs;

function opened() {
  reconnect(wall);
  openedAtMs = calledAtMs = timeMs();
  setTimeout(settleIn, TOLD_MS);
}

function change() {
  view.lost = !link.open;
  renew();
}

function settleIn() {
  const nowMs = timeMs();
  if (nowMs - calledAtMs < TOLD_MS && nowMs - openedAtMs < TOLD_MOST_MS) return setTimeout(settleIn, TOLD_MS);
  arrive(wall);
  view.settled = true;
  return renew();
}

function heard(data) {
  const nowMs = timeMs();
  const event = parseEvent(data);
  if (event?.type === 'call') calledAtMs = nowMs;
  if (event?.type === 'refused') showRefused(event.why);
  else if (take(wall, event, nowMs)) ask();
}

/* ---- what is shown ---- */

let frame = 0;
let grid = null;

function ask() {
  frame ||= requestAnimationFrame(() => {
    frame = 0;
    paint();
  });
}

/* Clocks go on once a second, a part of the cards after the other, so that no frame has to do with all of them. Also
 * while nobody looks, when there are no frames: the title still says what is up. */
let phase = 0;

function beat() {
  phase = (phase + 1) % PHASES;
  view.times = view.times.with(phase, timeMs());
  if (phase === 0) reconsider();
  paint();
}

function reconsider() {
  const calls = [...wall.state.calls.values()];
  view.names = { team: namesOf(calls, 'team', wall.filter.team), queue: namesOf(calls, 'queue', wall.filter.queue) };
  view.note = noteOf({ lost: view.lost, status: { storing: wall.state.unstored === null, why: wall.state.unstored } });
}

/* All of it at once. */
function renew() {
  view.times = Array(PHASES).fill(timeMs());
  reconsider();
  paint();
}

function paint({ apply = false } = {}) {
  const nowMs = timeMs();
  const { waiting, begun } = advance(wall, nowMs,
    { cardsHeld: !apply && holds.cards.isOn(nowMs), waitsHeld: holds.waits.isOn(nowMs) });
  Object.assign(view, { waiting, ids: cardsOf(wall), counts: countsOf(wall) });
  const kept = focusedCard();
  lookAround(kept);
  render(<Page wall={wall} view={view} act={act} />, document.body);
  keepFocus(kept);
  say(begun);
  showInTab();
}

function lookAround(kept) {
  const look = grid && lookAt(zone(), grid, wall.order);
  if (!look) return;
  const index = indexOf(wall, kept ?? view.focused);
  view.look = { ...look, seen: alsoSeen(look.seen, index), focusable: cardAt(wall, index < 0 ? look.first : index) };
}

function showInTab() {
  const { lost, counts: { calls, inNeed, waiting } } = view;
  const title = lost ? t('lost') : waiting ? t('wait', { n: waiting }) : t('title');
  document.title = t('title_of', { title });
  showFavicon(lost ? 'lost' : waiting ? 'urgent' : inNeed ? 'notice' : calls ? 'live' : 'idle');
}

/* What a screen reader says of those who begin to wait: each once, also after a connection was lost. */
const said = new Set();

function say(begun) {
  const fresh = begun.flatMap((call) => waitingOf(call).map((cue) => ({ call, cue, key: `${call.id} ${cue.id}` })))
    .filter(({ key }) => !said.has(key));
  if (!fresh.length) return;
  for (const { key } of fresh) said.add(key);
  while (said.size > MOST_SAID) said.delete(said.values().next().value);
  const [{ call, cue }] = fresh;
  announce(fresh.length > 1 ? t('wait', { n: fresh.length }) : t('waits_of', { name: nameOf(call), text: cue.text }),
    { urgent: true });
  setTimeout(() => announce('', { urgent: true }), SAID_MS);
}

/* ---- what is done ---- */

function narrowTo(filter) {
  narrow(wall, filter);
  history.replaceState(null, '', `${location.pathname}${searchOf(filter, location.search)}`);
  paint();
}

let asked = { id: '', atMs: -Infinity };

/* It counts as taken when the server says so. */
function takeEscalation(id) {
  const nowMs = timeMs();
  const call = wall.state.calls.get(id);
  if (!call || !link.open || (asked.id === id && nowMs - asked.atMs < ASKED_MS)) return;
  asked = { id, atMs: nowMs };
  for (const cue of waitingOf(call))
    link.send(JSON.stringify({ type: 'feedback', call: id, cue: cue.id, verdict: 'taken' }));
}

function showRefused(why) {
  const { id } = asked;
  asked = { id: '', atMs: -Infinity };
  if (letGo(wall, id)) return ask();
  setTimeout(() => show({ refused: '' }), REFUSED_MS);
  return show({ refused: typeof why === 'string' ? why.slice(0, 240) : '?' });
}

/* ---- by keyboard ---- */

const zone = () => document.querySelector('.zone');
const linkOf = (id) => document.querySelector(`.call-who[data-call="${CSS.escape(id)}"]`);
const focusedCard = () => document.activeElement?.closest('.call')?.querySelector('.call-who').dataset.call ?? null;

/* A card that was put elsewhere in the list has lost the focus by that, one that went leaves it to the next. */
function keepFocus(id) {
  if (id === null || focusedCard() !== null) return;
  const next = linkOf(id) ?? linkOf(view.look.focusable);
  next?.focus({ preventScroll: true });
}

function focusCard(id) {
  view.focused = id;
  paint();
  linkOf(id)?.focus();
}

const DEEDS = {
  search: () => document.getElementById('search').focus(),
  help: act.openHelp,
  apply: act.apply,
  /* Of the card that has the focus, else the way to the first that waits. */
  take() {
    const id = focusedCard();
    if (wall.waits.get(id)?.takenAtMs === null) takeEscalation(id);
    else document.querySelector('.wait-take')?.focus();
  },
};

function press(event) {
  const id = focusedCard();
  const step = id && stepOf(event, document.dir === 'rtl');
  const deed = DEEDS[deedOf(event)];
  if (step) focusCard(cardAt(wall, stepTo(view.look.layout, indexOf(wall, id), step, view.look.rowsPerPage)));
  else if (deed) deed();
  if (step || deed) event.preventDefault();
}

/* ---- the start ---- */

function remeasure() {
  grid = measure(zone());
  ask();
}

renew();
prepareAnnouncements();
const sizes = new ResizeObserver(remeasure);
for (const element of [zone(), zone().querySelector('.probe')]) sizes.observe(element);
addEventListener('scroll', ask, { passive: true });
document.addEventListener('keydown', press);
document.addEventListener('visibilitychange', renew);
setInterval(beat, BEAT_MS / PHASES);
const link = connect(eventsAddress({ view: 'wall' }), { open: opened, text: heard, change });

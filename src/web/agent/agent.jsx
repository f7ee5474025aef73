/* agent.jsx - the agent's overlay: events -> state -> scene -> page, and back what the agent says and does. */

import { render } from 'preact';

import { eventsAddress, post } from '../shared/api.js';
import { newState, parseEvent, reduce } from '../shared/calls.js';
import { connect } from '../shared/connection.js';
import { showFavicon } from '../shared/favicon.js';
import { nowMs } from '../shared/now.js';
import { actOf } from './keys.js';
import { putOnTop } from './ontop.js';
import { Away, Overlay } from './overlay.jsx';
import { keep, kept } from './own.js';
import { sceneOf, t } from './scene.js';

const SETTLE_MS = 150; /* after connecting, the whole state arrives in pieces: show it as one */
const TICK_MS = 500;
const MAX_SEEN = 100;
const AIM_MS = 400; /* a click so soon after the panel changed was aimed at the one before: its buttons wait */
const TOLD_MS = 10_000;

const asked = new URLSearchParams(location.search);
const [wanted, agent] = [asked.get('call'), asked.get('agent')];

const here = document.createElement('div');
const away = document.createElement('div');
document.body.append(away, here);

let state = newState();
let settledAtMs = 0;
let main = { key: '', sinceMs: 0, scene: null, ready: false };
let view = window; /* where the overlay is */
let ticking;
let told = { words: '', untilMs: 0 };
let stopping = '';
let posting = false;
let page = { keysOn: kept('keys') !== 'off', helping: kept('introduced') === null, apart: false };
const seen = new Set();

const link = connect(eventsAddress({ call: wanted, agent }), {
  open() {
    state = newState(state);
    settledAtMs = nowMs() + SETTLE_MS;
    view.setTimeout(show, SETTLE_MS + 1);
  },
  text(data) {
    const event = parseEvent(data);
    if (event?.type === 'refused') tell(t('refused', { why: `${event.why}` }));
    else take(event);
  },
  change: show,
});

function take(event) {
  const { ignored } = state;
  state = reduce(state, event, nowMs());
  if (state.ignored > ignored) console.debug(`events ignored: ${state.ignored}`);
  show();
}

/* ---- what the agent does ---- */

const acts = {
  rate: (verdict) => main.ready && main.scene.feedback && say({ ...main.scene.feedback, verdict }),
  pause() {
    const { pause } = main.scene;
    stopping = '';
    if (pause) setPaused(pause.call, pause.does === 'pause');
  },
  /* Nothing more is heard while the agent decides. */
  stop() {
    const { pause } = main.scene;
    if (!pause) return;
    stopping = pause.call;
    if (pause.does === 'pause') setPaused(pause.call, true);
    else show();
  },
  answer(answer) {
    const { call } = main.scene.panel;
    if (!main.ready || !call) return;
    if (answer === 'resume') setPaused(call, false);
    else change(call, 'consent', { consent: answer, method: 'overlay' });
  },
  on_top: () => (page.apart ? view.close() : goOnTop()),
  help() {
    if (page.helping) keep('introduced', 'yes');
    use({ helping: !page.helping });
  },
  useKeys(on) {
    keep('keys', on ? 'on' : 'off');
    use({ keysOn: on });
  },
};
for (const verdict of ['helpful', 'wrong', 'dismiss']) acts[verdict] = () => acts.rate(verdict);

function use(more) {
  page = { ...page, ...more };
  show();
}

/* A dismissed cue goes at once; the other verdicts show when they come back, which is when they are kept. */
function say({ call, cue, verdict }) {
  if (!link.open) return tell(t('unsent'));
  const feedback = { type: 'feedback', call, cue, verdict };
  link.send(JSON.stringify(feedback));
  if (verdict === 'dismiss') state = reduce(state, feedback, nowMs());
  return show();
}

/* The question whether to stop is gone when the call goes on. */
async function setPaused(call, paused) {
  const done = await change(call, 'pause', { state: paused ? 'paused' : 'resumed' });
  if (done !== paused) stopping = '';
  show();
}

/* One at a time. What then holds, the server's events say. */
async function change(call, what, values) {
  if (posting) return false;
  posting = true;
  try {
    const who = agent ?? state.calls.get(call)?.agent;
    await post(`api/calls/${encodeURIComponent(call)}/${what}`, { ...values, ...(who && { who }) });
    tell('');
    return true;
  } catch (error) {
    tell(error.status ? t('refused', { why: error.message }) : t('unreachable'));
    return false;
  } finally {
    posting = false;
  }
}

function tell(words) {
  told = { words, untilMs: nowMs() + TOLD_MS };
  show();
}

/* ---- the window ---- */

async function goOnTop() {
  use({ helping: false });
  try {
    moved(await putOnTop(here, () => moved(window)));
  } catch {
    tell(t('no_window'));
  }
}

/* The timers of a window that nobody sees run late, so time is taken from the one the overlay is in. */
function moved(to) {
  if (to !== window) to.addEventListener('keydown', press);
  ticking.clearInterval();
  view = to;
  tick();
  use({ apart: to !== window });
}

function tick() {
  const { setInterval, clearInterval } = view;
  const number = setInterval.call(view, beat, TICK_MS);
  ticking = { clearInterval: () => clearInterval.call(view, number) };
}

function beat() {
  link.check();
  show();
}

function press(event) {
  const act = page.keysOn && !page.helping ? actOf(event) : undefined;
  if (!act) return;
  event.preventDefault();
  acts[act]();
}

addEventListener('keydown', press);
document.addEventListener('visibilitychange', show);
tick();
show();

/* ---- on the page ---- */

/* That the main cue was on a screen; once, and not of a page that nobody looks at. */
function tellSeen({ call, cue }) {
  const key = `${call} ${cue}`;
  if (seen.has(key) || view.document.hidden || !link.open) return;
  seen.add(key);
  if (seen.size > MAX_SEEN) seen.delete(seen.values().next().value);
  link.send(JSON.stringify({ type: 'feedback', call, cue, verdict: 'seen' }));
}

function show() {
  const now = nowMs();
  const own = { stopping, told: now < told.untilMs ? told.words : '' };
  const scene = now < settledAtMs ? main.scene : sceneOf(state, link, wanted, now, own);
  const key = `${scene.feedback?.call ?? scene.panel.call} ${scene.panel.key}`;
  if (key !== main.key) view.setTimeout(show, AIM_MS + 1);
  const sinceMs = key === main.key ? main.sinceMs : now;
  main = { key, sinceMs, scene, ready: now - sinceMs > AIM_MS };
  if (scene.panel.severity === 'urgent') page = { ...page, helping: false };

  render(<Overlay scene={scene} page={{ ...page, ready: main.ready }} acts={acts} />, here);
  render(page.apart && <Away bringBack={acts.on_top} />, away);
  document.title = view.document.title = scene.title;
  showFavicon(scene.icon);
  if (scene.feedback) tellSeen(scene.feedback);
}

/* agent.jsx - the agent's overlay: events -> state -> scene -> page. */

import './agent.css';
import { connect } from '../shared/connection.js';
import { newState, parseEvent, reduce } from '../shared/calls.js';
import { sceneOf } from './scene.js';
import { show } from './view.js';

const SETTLE_MS = 150; /* after connecting, the whole state arrives in pieces: show it as one */
const TICK_MS = 500;
const MAX_SEEN = 100;
const AIM_MS = 400; /* a click so soon after the cue changed was aimed at the one before */

const wanted = new URLSearchParams(location.search).get('call');
const url = new URL('/events', location.href);
url.protocol = location.protocol === 'https:' ? 'wss:' : 'ws:';
if (wanted) url.searchParams.set('call', wanted);

let state = newState();
let settledAtMs = 0;
let main = { feedback: null, sinceMs: 0 };
const seen = new Set();

const link = connect(url, {
  open() {
    state = newState(state);
    settledAtMs = performance.now() + SETTLE_MS;
    setTimeout(render, SETTLE_MS + 1);
  },
  text(data) {
    const { ignored } = state;
    state = reduce(state, parseEvent(data), performance.now());
    if (state.ignored > ignored) console.debug(`events ignored: ${state.ignored}`);
    render();
  },
  change: render,
});

const about = document.getElementById('about');
document.getElementById('about-open').addEventListener('click', () => about.showModal());
about.addEventListener('click', ({ target }) => target === about && about.close());

document.getElementById('feedback').addEventListener('click', ({ target }) => {
  const button = target.closest('button');
  if (button && main.feedback && performance.now() - main.sinceMs > AIM_MS) say(button.value);
});

setInterval(render, TICK_MS);

/* A dismissed cue goes at once; the other verdicts show when they come back, which is when they are kept. */
function say(verdict) {
  const { call, cue } = main.feedback;
  const feedback = { type: 'feedback', call, cue, verdict };
  link.send(JSON.stringify(feedback));
  if (verdict === 'dismiss') state = reduce(state, feedback, performance.now());
  render();
}

/* That the main cue was on a screen; once, and not of a page that nobody looks at. */
function tellSeen({ call, cue }) {
  const key = `${call} ${cue}`;
  if (seen.has(key) || document.hidden || !link.open) return;
  seen.add(key);
  if (seen.size > MAX_SEEN) seen.delete(seen.values().next().value);
  link.send(JSON.stringify({ type: 'feedback', call, cue, verdict: 'seen' }));
}

function render() {
  const nowMs = performance.now();
  if (nowMs < settledAtMs) return;
  const scene = sceneOf(state, link, wanted, nowMs);
  show(scene);
  const same = main.feedback?.call === scene.feedback?.call && main.feedback?.cue === scene.feedback?.cue;
  main = { feedback: scene.feedback, sinceMs: same ? main.sinceMs : nowMs };
  if (main.feedback) tellSeen(main.feedback);
  if (scene.panel.severity === 'urgent' && about.open) about.close();
}

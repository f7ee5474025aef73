/* overlay.js - the agent's overlay: events -> state -> scene -> page. */

import { connect } from './connection.js';
import { newState, parseEvent, reduce } from './state.js';
import { sceneOf } from './scene.js';
import { show } from './view.js';

const SETTLE_MS = 150; /* after connecting, the whole state arrives in pieces: show it as one */
const TICK_MS = 500;

const wanted = new URLSearchParams(location.search).get('call');
const url = new URL('/events', location.href);
url.protocol = location.protocol === 'https:' ? 'wss:' : 'ws:';
if (wanted) url.searchParams.set('call', wanted);

let state = newState();
let settledAtMs = 0;

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

setInterval(render, TICK_MS);

function render() {
  const nowMs = performance.now();
  if (nowMs < settledAtMs) return;
  const scene = sceneOf(state, link, wanted, nowMs);
  show(scene);
  if (scene.panel.severity === 'urgent' && about.open) about.close();
}

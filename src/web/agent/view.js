/* view.js - puts a scene on the page. Everything goes through textContent and fixed lists of names: what the server
 * sent is never markup. Only what changed is touched. */

import { showFavicon } from '../shared/favicon.js';

const ICONS = new Set(['frustration', 'stress', 'calming', 'talk_over', 'interruption', 'dead_air', 'slow_reply',
  'monologue', 'talking_fast', 'waiting', 'listening', 'paused', 'unheard', 'ended']);

const still = matchMedia('(prefers-reduced-motion: reduce)');
const $ = (id) => document.getElementById(id);

export function show(scene) {
  const { mode, lost, badge, recording, consent, panel, minor, voice, talk } = scene;
  mark($('overlay'), { mode, lost, severity: panel.severity });
  write($('badge-words'), badge.words);
  draw($('badge-icon'), badge.icon);
  write($('clock'), scene.clock);
  showRecording(recording);
  showConsent(consent);
  showPanel(panel);
  [...$('minor').children].forEach((chip, i) => showChip(chip, minor[i]));
  showFeedback(scene.feedback);
  showVoice(voice);
  showMeter($('talk'), talk);
  showUnstored(scene.unstored);
  announce(scene);
  write(document.querySelector('title'), scene.title);
  showFavicon(scene.icon);
}

function showRecording(recording) {
  $('recording').hidden = !recording;
  if (!recording) return;
  write($('recording-words'), recording.words);
  draw($('recording-icon'), recording.icon);
  mark($('recording'), { kept: recording.icon === 'record' });
}

function showConsent(consent) {
  $('consent').hidden = !consent;
  if (!consent) return;
  write($('consent-words'), consent.words);
  draw($('consent-icon'), consent.icon);
  mark($('consent'), { given: consent.icon === 'check' });
  tip($('consent'), consent.words);
}

function showPanel({ key, kind, severity, text, advice, reason, likely }) {
  const panel = $('panel');
  if (panel.dataset.key !== key) showAnother(panel);
  mark(panel, { key, severity });
  draw($('panel-icon'), ICONS.has(kind) ? kind : 'other');
  write($('text'), text);
  write($('advice'), advice);
  write($('reason'), reason);
  write($('likely'), likely);
  tip(panel, [text, advice, reason].filter(Boolean).join('\n'));
}

/* Another cue is new words, not the old ones moved to other places. */
function showAnother(panel) {
  $('words').replaceWith($('words').cloneNode(true));
  if (!still.matches) panel.animate([{ opacity: 0 }, { opacity: 1 }], 180);
}

function showChip(chip, cue) {
  chip.hidden = !cue;
  if (!cue) return;
  mark(chip, { severity: cue.severity });
  draw(chip.querySelector('use'), ICONS.has(cue.kind) ? cue.kind : 'other');
  write(chip.querySelector('span'), cue.text);
  tip(chip, cue.text);
}

/* What was said is pressed once the server has it. */
function showFeedback(feedback) {
  $('feedback').hidden = !feedback;
  if (!feedback) return;
  for (const button of document.querySelectorAll('#feedback button')) {
    button.disabled = !feedback.possible;
    if (button.ariaPressed) button.ariaPressed = `${button.value === feedback.verdict}`;
  }
  write($('thanks'), feedback.verdict ? 'Thank you' : '');
}

function showVoice({ note, unsure, confidence, frustration, stress }) {
  mark($('voice'), { unsure: unsure === true, empty: note !== '' });
  write($('note'), note);
  write($('confidence'), confidence ?? '');
  tip($('voice'), confidence ?? '');
  showMeter($('frustration'), frustration);
  showMeter($('stress'), stress);
}

/* A meter without a value has no bar at all: nothing is not zero. */
function showMeter(meter, share) {
  const bar = meter.querySelector('[role=meter]');
  mark(meter, { empty: !share });
  write(meter.querySelector('.value'), share ? share.words : '–');
  bar.hidden = !share;
  if (!share) return;
  bar.style.setProperty('--value', share.value);
  bar.ariaValueNow = share.value.toFixed(2);
  bar.ariaValueText = share.words;
}

function showUnstored(words) {
  mark($('unstored'), { empty: !words });
  write($('unstored-words'), words);
  tip($('unstored'), words);
}

/* What a screen reader says: each thing once, what is urgent at once. */
function announce({ badge, panel }) {
  const cue = panel.severity === 'none' ? '' : [panel.text, panel.advice].filter(Boolean).join('. ');
  write($('say-status'), badge.spoken);
  write($('say-cue'), panel.severity === 'urgent' ? '' : cue);
  write($('say-urgent'), panel.severity === 'urgent' ? cue : '');
}

function write(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

function tip(element, text) {
  if (element.title !== text) element.title = text;
}

function draw(use, icon) {
  const href = `#icon-${icon}`;
  if (use.getAttribute('href') !== href) use.setAttribute('href', href);
}

function mark(element, values) {
  for (const [key, value] of Object.entries(values)) {
    if (element.dataset[key] !== `${value}`) element.dataset[key] = value;
  }
}

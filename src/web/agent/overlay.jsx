/* overlay.jsx - a scene on the page. What the server sent goes in as text, never as markup.
 *
 * Nothing moves when a cue comes or goes: everything has its place, whether it is filled or not. */

import { CueChip, CueSign, Icon } from '../shared/signs.jsx';
import { Help } from './help.jsx';
import { KEYS } from './keys.js';
import { t } from './scene.js';

const VERDICTS = ['helpful', 'wrong', 'dismiss'];
const SAFE_ANSWER = 'resume'; /* gets the keyboard when the agent's own click was the question */
const FINAL_ANSWER = 'withdrawn';

/* scene: of scene.js. page: { keysOn, helping, apart, ready }, how the page is used; ready: what the panel offers can be
 * pressed. acts: what can be done, functions. */
export const Overlay = ({ scene, page, acts }) => (
  <>
    <main id="overlay" data-mode={scene.mode} data-lost={`${scene.lost}`}
      data-asks={`${scene.panel.answers.length > 0}`}>
      <h1 class="unseen">Undertone</h1>
      <Head scene={scene} page={page} acts={acts} />
      <Panel panel={scene.panel} minor={scene.minor} feedback={scene.feedback} page={page} acts={acts} />
      <Voice {...scene} />
      <p id="hint">{t('help_estimate')}</p>
      <Note note={scene.note} />
      <Spoken {...scene} />
    </main>
    {page.helping && <Help keysOn={page.keysOn} useKeys={acts.useKeys} close={acts.help} />}
  </>
);

/* What is left where the overlay was. */
export const Away = ({ bringBack }) => (
  <main id="away">
    <h1>{t('away')}</h1>
    <button type="button" class="button" onClick={bringBack}><Icon name="popout" />{t('bring_back')}</button>
  </main>
);

/* ---- the top line: how things stand, consent, and what can be done to the call ---- */

const Head = ({ scene: { badge, clock, recording, consent, pause }, page, acts }) => (
  <header>
    <p id="badge"><SignOf id="badge" {...badge} /></p>
    <p id="clock" class="figures">{clock}</p>
    {recording && (
      <p id="recording" data-sign={recording.icon} title={recording.words}><SignOf id="recording" {...recording} /></p>
    )}
    <p id="consent" data-sign={consent?.icon} title={consent?.words}>
      {consent && <SignOf id="consent" {...consent} />}
    </p>
    <div id="controls" role="group" aria-label={t('controls')}>
      {pause && (
        <Control act="pause" words={t(pause.does)} icon={pause.does === 'pause' ? 'paused' : 'play'} page={page}
          do={acts} />
      )}
      {pause && <Control act="stop" icon="stop" page={page} do={acts} />}
    </div>
    <Control act="on_top" words={t(page.apart ? 'bring_back' : 'on_top')} icon="popout" on={page.apart}
      page={page} do={acts} />
    <Control act="help" icon="help" popup="dialog" page={page} do={acts} />
  </header>
);

const SignOf = ({ id, icon, words }) => <><Icon name={icon} /><span id={`${id}-words`}>{words}</span></>;

const Control = ({ act, words = t(act), icon, on, popup, page, do: acts }) => (
  <button id={act} type="button" class="control" aria-label={words} title={withKey(words, act, page)}
    data-on={on} aria-haspopup={popup} onClick={acts[act]}>
    <Icon name={icon} />
  </button>
);

const withKey = (words, act, { keysOn }) => (keysOn ? t('with_key', { words, key: KEYS.get(act) }) : words);

/* ---- the cue ---- */

const Panel = ({ panel, minor, feedback, page, acts }) => {
  const { key, severity, kind, text, advice, reason, likely, answers } = panel;
  return (
    <section id="panel" aria-label={t('cue')} data-key={key} data-kind={kind} data-severity={severity}
      title={[text, advice, reason].filter(Boolean).join('\n')}>
      {/* Another cue is new words, not the old ones moved to other places. */}
      <CueSign key={`sign ${key}`} kind={kind} />
      <div id="words" key={key}>
        <h2 id="text">{text}</h2>
        <p id="advice">{advice}</p>
        <p id="reason">{reason}</p>
      </div>
      <ul id="minor" aria-label={t('other_cues')}>{minor.map((cue) => <li key={cue.key}><CueChip {...cue} /></li>)}</ul>
      <p id="likely" class="figures">{likely}</p>
      {feedback && <Feedback feedback={feedback} page={page} rate={acts.rate} />}
      {answers.length > 0 && (
        <Answers key={`answers ${key}`} answers={answers} ready={page.ready} answer={acts.answer} />
      )}
    </section>
  );
};

/* What was said is pressed once the server has it. */
const Feedback = ({ feedback: { verdict, possible }, page, rate }) => (
  <>
    <div id="feedback" role="group" aria-label={t('rate')}>
      {VERDICTS.map((value) => (
        <button key={value} type="button" value={value} disabled={!possible} aria-disabled={`${!page.ready}`}
          title={withKey(t(value), value, page)} aria-pressed={value === 'dismiss' ? undefined : `${value === verdict}`}
          onClick={() => rate(value)}>
          <Icon name={value === 'dismiss' ? 'close' : value} /><span>{t(value)}</span>
        </button>
      ))}
    </div>
    <p id="thanks" role="status">{verdict ? t('thanks') : ''}</p>
  </>
);

const focus = (element) => element?.focus();

const Answers = ({ answers, ready, answer }) => (
  <div id="answers" role="group" aria-labelledby="text">
    {answers.map((value) => (
      <button key={value} type="button" class={value === FINAL_ANSWER ? 'button danger' : 'button'} value={value}
        ref={value === SAFE_ANSWER ? focus : undefined} aria-disabled={`${!ready}`} onClick={() => answer(value)}>
        {t(`answer_${value}`)}
      </button>
    ))}
  </div>
);

/* ---- the customer's voice, quietly; who talks, or that nobody does ---- */

const Voice = ({ voice: { note, unsure = false, confidence = '', frustration, stress }, talk, silence }) => (
  <section id="voice" aria-label={t('voice')} title={confidence} data-empty={`${note !== ''}`}
    data-unsure={`${unsure}`}>
    <Meter id="frustration" share={frustration} />
    <Meter id="stress" share={stress} />
    <p id="note">{note}</p>
    <p id="confidence">{confidence}</p>
    <Meter id="talk" share={talk} />
    <p id="silence" class="meter" role="timer" data-empty="true" data-on={`${silence !== ''}`}>
      <span class="name">{t('silence')}</span><span class="value figures">{silence || '–'}</span>
    </p>
  </section>
);

/* A meter without a value has no bar at all: nothing is not zero. */
const Meter = ({ id, share }) => (
  <div class="meter" id={id} data-empty={`${!share}`}>
    <span class="name">{t(id)}</span><span class="value figures">{share ? share.words : '–'}</span>
    {share && <Bar name={t(id)} {...share} />}
  </div>
);

const Bar = ({ name, value, words, usual }) => (
  <div class="bar" role="meter" aria-label={name} aria-valuemin="0" aria-valuemax="1" aria-valuenow={value.toFixed(2)}
    aria-valuetext={usual ? `${words}. ${usualWords(usual)}` : words} title={usual && usualWords(usual)}
    style={{ '--value': value }}>
    {usual && <span class="usual" style={{ '--usual': usual.value }} />}
  </div>
);

const usualWords = ({ words }) => t('voice_usual', { share: words });

/* ---- the last line: what was refused, or that calls are not being stored ---- */

const Note = ({ note }) => (
  <p id="last" data-sign={note?.icon} title={note?.words}>
    {note && <Icon name={note.icon} />}
    <span id="last-words" role="status">{note?.words}</span>
  </p>
);

/* What a screen reader says: each thing once, what is urgent at once. */
function Spoken({ badge, panel }) {
  const silent = panel.severity === 'none' && panel.answers.length === 0;
  const words = silent ? '' : [panel.text.replace(/[?.!]$/, ''), panel.advice].filter(Boolean).join('. ');
  const isUrgent = panel.severity === 'urgent';
  return (
    <>
      <p class="unseen" id="say-status" role="status">{badge.spoken}</p>
      <p class="unseen" id="say-cue" aria-live="polite">{isUrgent ? '' : words}</p>
      <p class="unseen" id="say-urgent" role="alert">{isUrgent ? words : ''}</p>
    </>
  );
}

/* help.jsx - the keys: on one sheet, and the most used in a line. */
import { Dialog } from '../shared/dialog.jsx';
import { KEYS } from './keys.js';
import { t } from './texts.js';

/* What an action is called where it has room. */
const LONG = { play: 'play_pause', back_5: 'back_5_long', on_5: 'on_5_long', all: 'all_long' };
const nameOf = (action) => t(LONG[action] ?? action);
const keyName = (key) => (key.length > 1 ? t(`key_${key}`) : key);

/* on: whether keys are listened to. Who speaks to the machine turns them off. canHear: the call may be listened to. */
export const Help = ({ close, on, setOn, canHear }) => (
  <Dialog title={t('help')} close={close} class="help">
    <dl>{KEYS.filter(({ action }) => canHear || action !== 'listen').map(({ action, shown }) => (
      <div key={action}>
        <dt>{shown.map((key) => <kbd key={key}>{keyName(key)}</kbd>)}</dt>
        <dd>{nameOf(action)}</dd>
      </div>
    ))}</dl>
    <h3>{t('help_pointer')}</h3>
    <p class="soft">{t('help_pointer_text')}</p>
    <label class="keys-on">
      <input type="checkbox" checked={on} onChange={(event) => setOn(event.currentTarget.checked)} />
      {t('keys_on')}
    </label>
  </Dialog>
);

const HINTS = new Set(['play', 'back_5', 'on_5', 'previous_cue', 'next_cue', 'skip', 'note', 'help']);
const NOT_LIVE = new Set(['play', 'skip']);

/* The most used ones, below the timeline. */
export const Hints = ({ live, act }) => (
  <p class="hints soft" aria-hidden="true">
    {KEYS.filter(({ action }) => HINTS.has(action) && !(live && NOT_LIVE.has(action))).map(({ action, shown }) => (
      <span key={action} onClick={() => act(action)}><kbd>{keyName(shown[0])}</kbd> {nameOf(action)}</span>))}
  </p>
);

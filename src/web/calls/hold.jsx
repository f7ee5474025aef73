/* hold.jsx - legal hold: set with a reason, lifted again. */

import { useId, useState } from 'preact/hooks';

import texts from '../texts/calls.json';
import { post } from '../shared/api.js';
import { Dialog } from '../shared/dialog.jsx';
import { Icon } from '../shared/icons.jsx';
import { textsOf } from '../shared/texts.js';
import { whenWords } from './words.js';

const t = textsOf(texts);
const WHY_MAX = 500; /* bytes, says the server */

/* held: whether it is to be. done: told the call as it is then. */
export function Hold({ call, held, nowMs, close, done }) {
  const [why, setWhy] = useState('');
  const [fault, setFault] = useState(null);
  const [id, faultId] = [useId(), useId()];
  async function send(event) {
    event.preventDefault();
    if (held && !why.trim()) {
      setFault(t('hold_wants_why'));
      event.currentTarget.querySelector('textarea').focus();
      return;
    }
    try {
      await post(`api/calls/${call.call}/hold`, why.trim() ? { held, why: why.trim() } : { held });
      done({ ...call, held });
    } catch (error) {
      setFault(t('refused', { why: error.message }));
    }
  }
  return (
    <Dialog title={t(held ? 'hold_title' : 'lift_title')} close={close}>
      <form onSubmit={send} noValidate>
        <p><b>{whenWords(call.started_at, nowMs)}</b></p>
        <p>{t(held ? 'hold_means' : 'lift_means')}</p>
        <label class="field" for={id}>{t(held ? 'hold_why' : 'lift_why')}</label>
        <textarea id={id} rows={3} maxLength={WHY_MAX} value={why} aria-invalid={String(fault !== null)}
          aria-describedby={fault ? faultId : undefined} onInput={({ target }) => setWhy(target.value)} />
        {fault && <p id={faultId} class="refused" role="alert" data-severity="urgent"><Icon name="lost" />{fault}</p>}
        <p class="actions">
          <button type="submit" class="button primary">
            <Icon name="hold" />{t(held ? 'hold_set_now' : 'hold_lift_now')}
          </button>
          <button type="button" class="button" onClick={close}>{t('leave')}</button>
        </p>
      </form>
    </Dialog>
  );
}

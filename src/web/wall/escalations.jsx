/* escalations.jsx - how many calls there are, and where a supervisor is waited for: always in the same place. */

import texts from '../texts/wall.json';
import { escalations } from '../shared/calls.js';
import { CueSign, Icon } from '../shared/icons.jsx';
import { textsOf } from '../shared/texts.js';
import { clock, hour } from '../shared/words.js';
import { nameOf } from './card.js';

const t = textsOf(texts);

const MOST_SHOWN = 20; /* at once: those who have waited longest */

export function Strip({ waits, counts, narrowed, hold, nowMs, takable, take }) {
  const { calls, shown, inNeed, waiting } = counts;
    return (
    <div class="strip" data-waiting={waiting > 0 ? '' : undefined}>
      <p class="strip-counts figures">
        {calls > 0 && <strong>{narrowed ? t('shown_of', { shown, n: calls }) : t('shown', { n: calls })}</strong>}
        {inNeed > 0 && <span>{t('in_need', { n: inNeed })}</span>}
      </p>
      <section class="waits" aria-label={t('escalations')} {...hold}>
        {waiting > 0 && <h2 class="waits-title">{t('wait', { n: waiting })}</h2>}
        {waits.length > 0 && (
          <ul class="waits-list">
            {waits.slice(0, MOST_SHOWN).map((wait) => <Wait key={wait.call.id} {...{ wait, nowMs, takable, take }} />)}
          </ul>
        )}
      </section>
    </div>
  );
}

function Wait({ wait: { call, cue, beganAtMs, takenAtMs }, nowMs, takable, take }) {
  const who = nameOf(call);
  const taken = takenAtMs !== null;
  return (
    <li class="wait" data-severity={taken ? 'none' : 'urgent'} data-call={call.id}>
      {taken ? <Icon name="check" /> : <CueSign kind="escalate" />}
      <span class="wait-words">
        <a href={`../replay/${encodeURIComponent(call.id)}`}>{who}</a>
        <span class="wait-text" title={cue.text}>{cue.text}</span>
      </span>
      {taken ? <span class="wait-taken">{t('taken', { time: hour(takenAtOf(call)) })}</span> : (
        <>
          <Waited s={Math.max(0, nowMs - beganAtMs) / 1000} ended={call.ended} />
          <button type="button" class="button primary wait-take" aria-disabled={String(!takable)} aria-keyshortcuts="T"
            aria-label={t('take_of', { name: who })} onClick={() => take(call.id)}>
            {t('take')}
          </button>
        </>
      )}
    </li>
  );
}

const Waited = ({ s, ended }) => (
  <span class="wait-since figures">
    <span class="unseen">{t('since', { time: clock(s) })}</span>
    <span aria-hidden="true">{clock(s)}</span>
    {ended && <span class="wait-ended">{t('ended')}</span>}
  </span>
);

const takenAtOf = (call) => escalations(call).map(({ takenAt }) => takenAt ?? '').sort().at(-1);

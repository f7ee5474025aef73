/* cues.jsx - the call's cues: what was shown and why, and beside the score what the agent said of it. */
import { useMemo } from 'preact/hooks';

import { CueChip, Icon } from '../shared/icons.jsx';
import { because, percent } from '../shared/words.js';
import { At } from './at.jsx';
import { lasting } from './moment.js';
import { ratings } from './record.js';
import { t } from './texts.js';

/* chosen: the id of the cue that is meant, null. */
export function Cues({ record, chosen, choose }) {
  const { cues } = record;
  return useMemo(() => (
    <section class="panel cues" aria-labelledby="cues-title">
      <header><h2 id="cues-title">{t('cues')}</h2><p class="soft">{summaryOf(record)}</p></header>
      {cues.length === 0 ? <p class="empty soft">{t(record.live ? 'no_cues_yet' : 'no_cues')}</p> : (
        <ol class="card">{cues.map((cue) => (
          <Cue key={cue.id} cue={cue} record={record} chosen={cue.id === chosen} choose={choose} />))}</ol>
      )}
    </section>
  ), [cues, record.live, record.heldOut, chosen, choose]);
}

/* "4 cues, 2 rated: 1 helpful, 1 wrong" */
function summaryOf(record) {
  const { cues, helpful, wrong } = ratings(record);
  if (!cues) return '';
  const parts = [helpful && t('n_helpful', { n: helpful }), wrong && t('n_wrong', { n: wrong })].filter(Boolean);
  const rated = parts.length ? t('rated', { n: helpful + wrong, what: parts.join(', ') }) : t('not_rated');
  return t('summary_line', { cues: t('n_cues', { n: cues }), rated: record.heldOut ? t('held_out_short') : rated });
}

const Cue = ({ cue, record, chosen, choose }) => (
  <li data-severity={cue.severity} data-cue={cue.id} aria-current={chosen ? 'true' : undefined}>
    <At tS={cue.fromS} seek={() => choose(cue)} text={cue.text} />
    <div class="what">
      <p class="head"><CueChip kind={cue.kind} severity={cue.severity} text={cue.text} />
        <span class="soft">{upFor(cue)}{cue.toSupervisor && ` · ${t('to_supervisor')}`}</span></p>
      {cue.reasons.length > 0 && <p>{because(cue.reasons)}</p>}
      {cue.advice && <p class="soft">{cue.advice}</p>}
    </div>
    <Score cue={cue} />
    <p class="said"><span class="label">{t(cue.toSupervisor ? 'supervisor' : 'agent')}</span>
      <Said cue={cue} record={record} /></p>
  </li>
);

const upFor = (cue) => (cue.up ? t('still_up') : t('up_for', { time: lasting(cue) }));

/* Against what it would have been, had the voice been as usual. A cue of the conversation has none. */
const Score = ({ cue: { score, scoreUsual } }) => (
  <p class="score"><span class="label">{t('score')}</span>
    {score === null ? <span class="soft">{t('no_score')}</span> : (
      <>
        <span class="bar"><i style={{ inlineSize: percentCss(score) }} />
          {scoreUsual !== null && <u style={{ insetInlineStart: percentCss(scoreUsual) }} />}</span>
        <span class="figures"><b>{percent(score)}</b>
          {scoreUsual !== null && <span class="soft"> {t('usual', { share: percent(scoreUsual) })}</span>}</span>
      </>
    )}
  </p>
);

const percentCss = (share) => `${Math.round(Math.min(Math.max(share, 0), 1) * 100)}%`;

const SIGNS = { helpful: 'helpful', wrong: 'wrong', dismiss: 'close', taken: 'check' };

function Said({ cue, record }) {
  if (!cue.shown || record.heldOut) return <span class="soft">{t('not_shown')}</span>;
  if (!cue.said) return <span class="soft">{t(cue.seen ? 'said_seen' : 'said_nothing')}</span>;
  return <span class="verdict" data-said={cue.said}><Icon name={SIGNS[cue.said]} />{t(`said_${cue.said}`)}</span>;
}

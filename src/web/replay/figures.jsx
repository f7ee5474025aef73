/* figures.jsx - what the call comes to, and its consent. */
import { consentName, count, moment, percent } from '../shared/words.js';
import { At } from './at.jsx';
import { lasting } from './moment.js';
import { t } from './texts.js';

const seconds = (n) => t('seconds', { n });
const none = (value, words) => (value === null || value === undefined ? '–' : words(value));

const byAgent = (n, { interruptions_by_agent: by }) => t('by_agent', { n, by });

/* [key, value in words] of the conversation; what nothing could be said of is a dash. */
function conversation({ summary }) {
  const d = summary?.dynamics;
  if (!d) return [];
  return [
    ['agent_share', none(d.agent_talk_share, percent)],
    ['interruptions', none(d.interruptions, (n) => (n ? byAgent(n, d) : count(n)))],
    ['overlaps', none(d.overlaps, count)],
    ['dead_air', none(d.dead_air_s, seconds)],
    ['holds', none(d.hold_s, seconds)],
    ['reply', none(d.response_latency_median_s, seconds)],
    ['monologue', none(d.monologue_longest_s, seconds)],
  ];
}

function voice({ summary }) {
  const c = summary?.customer;
  if (!c) return [];
  const heard = (peak, mean) => none(peak, () => t('peak_mean', { peak: percent(peak), mean: none(mean, percent) }));
  return [
    ['frustration', heard(c.frustration_peak, c.frustration_mean)],
    ['stress', heard(c.stress_peak, c.stress_mean)],
    ['customer_speech', none(c.speech_s, seconds)]];
}

export function Figures({ record }) {
  const rows = [...voice(record), ...conversation(record)];
  return (
    <section class="panel" aria-labelledby="figures-title">
      <h2 id="figures-title">{t('figures')}</h2>
      {rows.length === 0 ? <p class="empty soft">{t(record.live ? 'figures_later' : 'no_figures')}</p> : (
        <dl class="card figures">{rows.map(([key, value]) => (
          <div key={key}><dt>{t(`figure_${key}`)}</dt><dd>{value}</dd></div>))}</dl>
      )}
    </section>
  );
}

/* What lies between the voices, for those who do not see it: interruptions, silences, holds, pauses. */
const BETWEEN = new Set(['interruption', 'silence', 'hold']);

function momentWords(one) {
  if (one.kind === 'interruption') return t(`interruption_by_${one.channel}`);
  return `${t(`moment_${one.kind}`)}, ${lasting(one)}`;
}

export function Moments({ record, seek }) {
  const pauses = record.pauses.map((pause) => ({ ...pause, kind: 'pause' }));
  const all = [...record.talk.filter(({ kind }) => BETWEEN.has(kind)), ...pauses].sort((a, b) => a.fromS - b.fromS);
  return all.length > 0 && (
    <details class="panel moments">
      <summary><h2>{t('moments')}</h2> <span class="soft">{count(all.length)}</span></summary>
      <ul class="card">{all.map((one) => (
        <li key={`${one.kind}${one.fromS}`}>
          <At tS={one.fromS} seek={seek} /><span>{momentWords(one)}</span></li>))}</ul>
    </details>
  );
}

export const Consents = ({ record, seek }) => record.consents.length > 0 && (
  <section class="panel" aria-labelledby="consents-title">
    <h2 id="consents-title">{t('consents')}</h2>
    <ul class="card consents">{record.consents.map(({ tS, state, method, who, at }) => (
      <li key={`${at}${state}`}>
        <At tS={tS} seek={seek} />
        <div><p>{consentName(state)}</p>
          <p class="soft small">{[method, who, moment(at)].filter(Boolean).join(' · ')}</p></div>
      </li>
    ))}</ul>
  </section>
);

/* moment.js - what is to be said of one time in the call, in words. */
import { clock, consentName, count, percent } from '../shared/words.js';
import { momentOf } from './record.js';
import { t } from './texts.js';

const NONE = '–';
const share = (value) => (value === null ? NONE : percent(value));
const rounded = (value, unit) => (value ? `${count(Math.round(value)).replace('-', '−')} ${unit}` : NONE);

/* Who speaks, or what happens instead; "" where nobody knows. */
export function talkAt(record, values, tS) {
  const { turns, silence, hold, paused } = momentOf(record, tS);
  const speaking = turns.length ? turns : values.speaking;
  if (paused) return t('paused');
  if (hold) return `${t('hold')}, ${lasting(hold)}`;
  if (silence) return `${t('silence')}, ${lasting(silence)}`;
  if (speaking.length) return t(speaking.length > 1 ? 'both_speak' : `${speaking[0]}_speaks`);
  return '';
}

/* [[what, value]], always the same for the same call and view, so that nothing moves when a value is not known. */
export function valuesInWords(record, values, shown) {
  const scored = record.channels.includes('customer');
  return [
    ...(scored ? [[t('frustration'), share(values.frustration)], [t('stress'), share(values.stress)],
      [t('confidence'), share(values.frustration === null ? null : values.confidence)]] : []),
    ...(scored && shown.pitch ? [[t('pitch'), rounded(values.pitch_hz, 'Hz')]] : []),
    ...(shown.level ? record.channels.map(levelOf(values)) : []),
  ];
}

export const lasting = ({ fromS, toS }) => t('seconds', { n: Math.round((toS - fromS) * 10) / 10 });

const levelOf = (values) => (role) => [t('level_of', { who: t(role) }), rounded(values.level_db[role], 'dB')];

/* As one sentence, for who does not see the timeline. */
export function sentenceAt(record, values, tS, shown) {
  const known = valuesInWords(record, values, shown).filter(([, value]) => value !== NONE);
  const cues = momentOf(record, tS).cues.map(({ text }) => text);
  const parts = [clock(tS), talkAt(record, values, tS), ...known.map((pair) => pair.join(' ')), ...cues];
  return parts.filter(Boolean).join(', ');
}

/* What the timeline itself has to say. */
export const boardWords = {
  paused: t('paused'),
  role: (role) => t(role),
  lasting: (span) => (span.kind === 'hold' ? `${t('hold')} ${lasting(span)}` : lasting(span)),
  pin: (kind, item) => (kind === 'consent' ? consentName(item.state) : item.text),
};

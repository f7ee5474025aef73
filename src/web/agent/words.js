/* words.js - numbers and reasons in plain words, numbers as the reader's language writes them. */

const percents = new Intl.NumberFormat(undefined, { style: 'percent' });
const numbers = new Intl.NumberFormat(undefined, { maximumFractionDigits: 1 });
const twoDigits = new Intl.NumberFormat(undefined, { minimumIntegerDigits: 2 });

export const percent = (part) => percents.format(part);
export const count = (n) => numbers.format(n);

/* 462 -> "7:42", 3725 -> "1:02:05" */
export function clock(s) {
  const whole = Math.floor(s);
  const [h, m] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60];
  const minutes = h ? `${numbers.format(h)}:${twoDigits.format(m)}` : numbers.format(m);
  return `${minutes}:${twoDigits.format(whole % 60)}`;
}

/* What more and less of a feature is called, against the caller's usual. */
const COMPARED = new Map([
  ['pitch_hz', ['higher', 'lower']],
  ['level_db', ['louder', 'quieter']],
  ['rate_syl_s', ['faster', 'slower']],
  ['brightness_db', ['brighter', 'duller']],
  ['emphasis_db', ['more emphatic', 'flatter']],
]);

/* What is told by how long it had lasted when the cue was told. */
const LASTING = new Map([
  ['silence_s', 'of silence'],
  ['overlap_s', 'of talking at once'],
  ['monologue_s', 'without an answer'],
  ['reply_s', 'of waiting for an answer'],
]);

/* What is told by how much of it there was. */
const COUNTED = new Map([
  ['interruptions', (n) => (n === 1 ? 'interrupted once' : `interrupted ${count(n)} times`)],
  ['talk_share', (n) => `${percent(n / 100)} of the talk`],
]);

const UNITS = new Map([
  ['st', ['semitone', 'semitones']],
  ['syl/s', ['syllables/s', 'syllables/s']],
]);

/* "4.1 semitones higher, 6 dB louder than usual"; "Over 8.2 s of silence". */
export function because(reasons) {
  const said = reasons.map(sayReason).filter((one) => one.words);
  const compared = said.filter((one) => one.compared).map((one) => one.words);
  const others = said.filter((one) => !one.compared).map((one) => one.words);
  if (compared.length) compared[compared.length - 1] += ' than usual';
  return capital([compared.join(', '), ...others].filter(Boolean).join(' · '));
}

function sayReason({ feature, change }) {
  const fall = /^(\d{1,3}) % to (\d{1,3}) %$/.exec(change);
  if (fall) return { words: `${plainName(feature)} from ${percent(fall[1] / 100)} to ${percent(fall[2] / 100)}` };
  const parts = /^([+\-\u2212]?)(\d{1,6}(?:\.\d{1,4})?)\s*(\S{0,12})$/.exec(change.trim());
  if (!parts) return { words: `${plainName(feature)} ${change}`.trim() };
  const [, sign, digits, unit] = parts;
  const amount = quantity(Number(digits), unit);
  const comparison = COMPARED.get(feature);
  if (comparison && sign) return { compared: true, words: `${amount} ${comparison[sign === '+' ? 0 : 1]}` };
  if (COUNTED.has(feature)) return { words: COUNTED.get(feature)(Number(digits)) };
  if (LASTING.has(feature)) return { words: `over ${amount} ${LASTING.get(feature)}` };
  return { words: `${plainName(feature)} ${sign.replace('-', '\u2212')}${amount}` };
}

function quantity(n, unit) {
  const [one, many] = UNITS.get(unit) ?? [unit, unit];
  return `${n < 10 ? numbers.format(n) : numbers.format(Math.floor(n))}\u00a0${n === 1 ? one : many}`.trim();
}

/* "response_latency_s" -> "Response latency" */
function plainName(feature) {
  const words = feature.replace(/_(hz|db|st|s|syl_s)$/, '').replaceAll('_', ' ');
  return capital(words);
}

/* "/srv/calls/undertone.db: the disk is full" -> "the disk is full": where it lies is for those who run the server. */
export const withoutPath = (why) => why.replace(/^[^:]*\/[^:]*:\s*/, '');

const capital = (words) => words.charAt(0).toUpperCase() + words.slice(1);

/* words.js - numbers, times and reasons in plain words, as the reader's language writes them. */

import namesTexts from '../texts/names.json';
import texts from '../texts/words.json';
import { locale, textsOf } from './texts.js';

const t = textsOf(texts);
const names = /* @__PURE__ */ textsOf(namesTexts); /* not in a page that names none */
const percents = new Intl.NumberFormat(locale, { style: 'percent' });
const numbers = new Intl.NumberFormat(locale, { maximumFractionDigits: 1 });
const twoDigits = new Intl.NumberFormat(locale, { minimumIntegerDigits: 2 });
const lists = new Intl.ListFormat(locale, { type: 'unit', style: 'short' });
const moments = new Intl.DateTimeFormat(locale, { dateStyle: 'medium', timeStyle: 'short' });
const hours = new Intl.DateTimeFormat(locale, { timeStyle: 'short' });

export const percent = (part) => percents.format(part);
export const count = (n) => numbers.format(n);

const SIZES = ['byte', 'kilobyte', 'megabyte', 'gigabyte', 'terabyte'];

/* 3365733 -> "3.4 MB" */
export function bytes(n) {
  const power = Math.min(SIZES.length - 1, Math.floor(Math.log10(Math.max(1, n)) / 3));
  const format = { style: 'unit', unit: SIZES[power], maximumFractionDigits: power ? 1 : 0 };
  return new Intl.NumberFormat(locale, format).format(n / 1000 ** power);
}

/* 462 -> "7:42", 3725 -> "1:02:05" */
export function clock(s) {
  const whole = Math.floor(s);
  const [h, m] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60];
  const minutes = h ? `${numbers.format(h)}:${twoDigits.format(m)}` : numbers.format(m);
  return `${minutes}:${twoDigits.format(whole % 60)}`;
}

/* "2026-11-21T10:00:00.000Z" -> the reader's own date and time, or time; "" for what is no time. */
export const moment = (utc) => when(moments, utc);
export const hour = (utc) => when(hours, utc);

function when(format, utc) {
  const ms = Date.parse(utc);
  return Number.isFinite(ms) ? format.format(ms) : '';
}

/* "frustration" -> "Frustration"; kinds that are not known read as they are written. */
export const cueName = (kind) => known(`cue_${kind}`, names) ?? capital(kind.replaceAll('_', ' '));

/* What is said of a call's consent: "given" -> "Consent given". */
export const consentName = (consent) => known(`consent_${consent}`, names) ?? consent;

function known(key, texts = t) {
  const words = texts(key);
  return words === key ? undefined : words;
}

/* Features that are told against the caller's own usual: more or less of them. */
const COMPARED = new Set(['pitch_hz', 'level_db', 'rate_syl_s', 'brightness_db', 'emphasis_db']);
/* What is told by how long it had lasted, and by how much of it there was, when the cue was told. */
const LASTING = new Set(['silence_s', 'overlap_s', 'monologue_s', 'reply_s']);
const COUNTED = new Map([['interruptions', (n) => ({ n })], ['talk_share', (n) => ({ share: percent(n / 100) })]]);
const UNITS = new Map([['st', 'unit_st'], ['syl/s', 'unit_syl_s']]);

/* "4.1 semitones higher, 6 dB louder than usual"; "Over 8.2 s of silence". */
export function because(reasons) {
  const said = reasons.map(sayReason).filter((one) => one.words);
  const compared = said.filter((one) => one.compared).map((one) => one.words);
  const others = said.filter((one) => !one.compared).map((one) => one.words);
  const usual = compared.length ? [t('than_usual', { changes: lists.format(compared) })] : [];
  return capital([...usual, ...others].join(' · '));
}

function sayReason({ feature, change }) {
  const fall = /^(\d{1,3}) % to (\d{1,3}) %$/.exec(change);
  if (fall) return { words: t('from_to', { name: featureName(feature), from: percent(fall[1] / 100), to: percent(fall[2] / 100) }) };
  const parts = /^([+\-\u2212]?)(\d{1,6}(?:\.\d{1,4})?)\s*(\S{0,12})$/.exec(change.trim());
  if (!parts) return voiceWords(feature, change);
  const [, sign, digits, unit] = parts;
  const amount = quantity(Number(digits), unit);
  if (COMPARED.has(feature) && sign) {
    return { compared: true, words: t(`${feature}_${sign === '+' ? 'more' : 'less'}`, { amount }) };
  }
  if (COUNTED.has(feature)) return { words: t(feature, COUNTED.get(feature)(Number(digits))) };
  if (LASTING.has(feature)) return { words: t(feature, { amount }) };
  return { words: `${featureName(feature)} ${sign.replace('-', '\u2212')}${amount}` };
}

/* A change in words, such as "rougher" of voice_quality. */
function voiceWords(feature, change) {
  const words = known(`${feature}_${change.trim().replaceAll(' ', '_')}`);
  return words ? { compared: feature === 'voice_quality', words } : { words: `${featureName(feature)} ${change}`.trim() };
}

function quantity(n, unit) {
  const amount = n < 10 ? numbers.format(n) : numbers.format(Math.floor(n));
  const name = UNITS.has(unit) ? t(UNITS.get(unit), { n }) : unit;
  return `${amount}\u00a0${name}`.trim();
}

/* "response_latency_s" -> "Response latency" */
const featureName = (feature) =>
  known(`feature_${feature}`) ?? capital(feature.replace(/_(hz|db|st|s|syl_s)$/, '').replaceAll('_', ' '));

/* "/srv/calls/undertone.db: the disk is full" -> "the disk is full": where it lies is for those who run the server. */
export const withoutPath = (why) => why.replace(/^[^:]*\/[^:]*:\s*/, '');

const capital = (words) => words.charAt(0).toUpperCase() + words.slice(1);

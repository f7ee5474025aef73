/* receipt.js - the receipt of a deletion (src/store/erase.h) in words, for the dialog and for the paper.
 *
 *     told    { number, title, facts: [{ name, value }], calls: [{ id, when, about }], deleted: [{ name, value }],
 *               left: [words] }
 *
 * A receipt names calls by their ids alone. What else is known of them is known to the page that had them deleted, and
 * goes onto the paper, not into the store; the customer's reference only where the deletion was asked for by it.
 */

import texts from '../texts/calls.json';
import { locale, textsOf } from '../shared/texts.js';
import { bytes, clock, count } from '../shared/words.js';

const t = textsOf(texts);
const COUNTED = ['recordings', 'audio_bytes', 'readings', 'cues', 'turns', 'notes', 'tags'];
const NOBODY = 'nobody known'; /* as the server says it */

/* Whole: a paper is read on another day, and maybe elsewhere. */
const days = new Intl.DateTimeFormat(locale, { dateStyle: 'full', timeStyle: 'short' });
const instants = new Intl.DateTimeFormat(locale, { dateStyle: 'full', timeStyle: 'long' });
const written = (format, utc) => (Number.isFinite(Date.parse(utc)) ? format.format(Date.parse(utc)) : '');

/* calls: those the page knew before, as the list has them. customer: the reference that was asked for, or null. */
export function toldOf(receipt, calls = [], customer = null) {
  const known = new Map(calls.map((call) => [call.call, call]));
  return {
    number: receipt.receipt,
    title: titleOf(receipt),
    facts: factsOf(receipt, customer),
    calls: receipt.calls.map((id) => ({ id, ...(known.has(id) && callOf(known.get(id))) })),
    deleted: COUNTED.filter((key) => receipt.deleted[key]).map((key) =>
      ({ name: t(`receipt_${key}`), value: (key === 'audio_bytes' ? bytes : count)(receipt.deleted[key]) })),
    left: leftOf(receipt).map(({ key, ...values }) => t(`left_${key}`, values)),
  };
}

export const titleOf = ({ calls }) => t('deleted_n', { n: calls.length });

function factsOf({ receipt, at, who, origin }, customer) {
  const facts = { number: receipt, at: written(instants, at), by: !who || who === NOBODY ? t('by_nobody') : who,
    origin, customer };
  return Object.entries(facts).filter(([, value]) => value)
    .map(([key, value]) => ({ name: t(`receipt_${key}`), value }));
}

const callOf = (call) => ({ when: written(days, call.started_at), about: [
  call.duration_s != null && t('lasted', { time: clock(call.duration_s) }),
  ...['agent', 'team', 'queue'].map((key) => call[key] && `${t(`field_${key}`)} ${call[key]}`),
].filter(Boolean).join(' · ') });

/* What is not gone, and why: [{ key, n | path }]; none where all is. */
export const leftOf = (receipt) => [...keptOf(receipt), ...owedOf(receipt)];

function keptOf({ kept }) {
  const held = kept.filter(({ why }) => why.includes('hold')).length;
  return [
    ...(held ? [{ key: 'held', n: held }] : []),
    ...(kept.length > held ? [{ key: 'live', n: kept.length - held }] : []),
  ];
}

/* What will be deleted and is not yet. The backups are told as they were at first. */
export function owedOf({ backups, complete, set_aside: setAside }) {
  const missed = complete ? [] :
    backups.filter(({ reached, gone }) => !reached && !gone).map(({ path }) => ({ key: 'backup', path }));
  return [
    ...missed,
    ...(setAside ? [{ key: 'set_aside' }] : []),
    ...(!complete && !setAside && !missed.length ? [{ key: 'later' }] : []),
  ];
}

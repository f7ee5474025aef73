/* words.js - what is said of a call in the list. */

import texts from '../texts/calls.json';
import { locale, textsOf } from '../shared/texts.js';
import { clock, hour, moment, percent } from '../shared/words.js';

const t = textsOf(texts);
const days = new Intl.DateTimeFormat(locale, { weekday: 'short', day: 'numeric', month: 'short' });

const dayNumber = (ms) => {
  const day = new Date(ms);
  return Math.round(Date.UTC(day.getFullYear(), day.getMonth(), day.getDate()) / 86_400_000);
};

/* { day: "Yesterday", hour: "14:32" }; a call of another year has the year as well. */
export function whenOf(utc, nowMs) {
  const ms = Date.parse(utc);
  if (!Number.isFinite(ms)) return { day: '', hour: '' };
  const ago = dayNumber(nowMs) - dayNumber(ms);
  if (ago === 0 || ago === 1) return { day: t(ago ? 'yesterday' : 'today'), hour: hour(utc) };
  const sameYear = new Date(nowMs).getFullYear() === new Date(ms).getFullYear();
  return sameYear ? { day: days.format(ms), hour: hour(utc) } : { day: moment(utc), hour: '' };
}

export const whenWords = (utc, nowMs) => {
  const when = whenOf(utc, nowMs);
  return `${when.day} ${when.hour}`.trim();
};

export const isLive = (call) => call.consent !== 'refused' && call.consent !== 'withdrawn' && !call.ended_at;

/* The strongest moment of the customer's voice: { kind, share, tS }, or null where nothing was scored. */
export function peakOf(call) {
  const peaks = ['frustration', 'stress'].map((kind) =>
    ({ kind, share: call[`${kind}_peak`], tS: call[`${kind}_peak_s`] ?? null })).filter(({ share }) => share != null);
  return peaks.sort((a, b) => b.share - a.share)[0] ?? null;
}

/* A reading is of the seconds before it. Who wants to hear what it is of has to begin there. */
const LEAD_S = 5;
export const leadOf = (tS) => Math.max(0, tS - LEAD_S);

export const peakWords = ({ share, tS }) =>
  tS === null ? percent(share) : t('peak_at', { share: percent(share), time: clock(leadOf(tS)) });

/* Where the replay is, before a reading. Whole tenths: a link that one can read out. */
export const replayPath = (id, tS = null) =>
  `../replay/${encodeURIComponent(id)}${tS === null ? '' : `#t=${Math.round(leadOf(tS) * 10) / 10}`}`;

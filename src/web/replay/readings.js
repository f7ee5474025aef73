/* readings.js - what was measured half second by half second: pieces from the server, and what comes live.
 *
 *     piece  { fromS, stepS, channels: { customer: { speaking: [], level_db: { min, max, mean } ... }, agent } }
 *
 * The agent's channel has no score in it, and nothing here would draw one.
 */

export const READING_S = 0.5;
const MOST_LIVE = 4 * 3600 / READING_S;

export const readingsGrid = { stepS: READING_S, points: 256, levels: 10 };

const SCORES = ['frustration', 'stress'];
const ROLES = ['customer', 'agent', 'mixed'];

/* What GET /api/calls/ID/readings answers. */
export const readingsPiece = ({ from_s: fromS, step_s: stepS, channels }) => ({ fromS, stepS, channels });

/* A piece that readings of a call in progress are added to; null until the first. It is changed in place. */
export function addReading(live, event) {
  const index = Math.round(event.t_s / READING_S) - 1;
  if (!ROLES.includes(event.channel) || !(index >= 0)) return live;
  const piece = live ?? { fromS: index * READING_S, stepS: READING_S, channels: {} };
  const i = index - Math.round(piece.fromS / READING_S);
  if (i < 0 || i >= MOST_LIVE) return piece;
  const channel = (piece.channels[event.channel] ??= newChannel(event.channel));
  channel.speaking[i] = event.speaking === true ? 1 : 0;
  put(channel.level_db, i, event.level_db);
  if (event.channel === 'customer') addScores(channel, i, event);
  return piece;
}

const triple = () => {
  const mean = [];
  return { min: mean, max: mean, mean };
};

/* One array is all three: a reading's minimum is its mean. */
const newChannel = (role) => ({ speaking: [], level_db: triple(),
  ...(role === 'customer' ? { pitch_hz: triple(), frustration: triple(), stress: triple(), confidence: [] } : {}) });

const put = ({ mean }, i, value) => { mean[i] = typeof value === 'number' ? value : null; };

function addScores(channel, i, event) {
  const scored = event.abstain === false;
  put(channel.pitch_hz, i, event.pitch_hz > 0 ? event.pitch_hz : null);
  for (const score of SCORES) put(channel[score], i, scored ? event[score] : null);
  channel.confidence[i] = scored && typeof event.confidence === 'number' ? event.confidence : null;
}

/* The values at tS in the piece that has it: { speaking and level_db by role, pitch_hz, frustration, stress,
 * confidence }, null where nothing was read. A reading is of the half second that ends with it. */
export function valuesAt(pieces, tS) {
  const piece = pieces.findLast(({ fromS, toS }) => tS >= fromS && tS <= toS)?.data;
  const i = piece ? Math.max(Math.ceil((tS - piece.fromS) / piece.stepS) - 1, 0) : -1;
  const of = (role, name) => piece?.channels[role]?.[name]?.mean?.[i] ?? null;
  return {
    speaking: ROLES.filter((role) => piece?.channels[role]?.speaking[i] > 0.5),
    level_db: Object.fromEntries(ROLES.map((role) => [role, of(role, 'level_db')])),
    pitch_hz: of('customer', 'pitch_hz'),
    frustration: of('customer', 'frustration'),
    stress: of('customer', 'stress'),
    confidence: piece?.channels.customer?.confidence?.[i] ?? null,
  };
}

/* A level as a height of 0..1, as the ear would have it: nothing at -60 dB. */
export const heightOf = (levelDb) => Math.min(Math.max(((levelDb ?? -60) + 60) / 50, 0), 1);

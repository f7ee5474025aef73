/* spans.js - stretches of time, { fromS, toS } and what they are of. */

const SILENCE_LEAST_S = 2; /* what is skipped is longer */
const SILENCE_EDGE_S = 0.25; /* and this much of it stays, so that no word is cut */
const SPEECH = new Set(['turn', 'backchannel', 'overlap', 'interruption', 'monologue']);

export const contains = ({ fromS, toS }, tS) => tS >= fromS && tS < toS;

/* Sorted, none touching another. */
export function joined(spans) {
  const result = [];
  for (const { fromS, toS } of [...spans].sort((a, b) => a.fromS - b.fromS)) {
    const last = result.at(-1);
    if (last && fromS <= last.toS) last.toS = Math.max(last.toS, toS);
    else result.push({ fromS, toS });
  }
  return result;
}

/* Where anybody speaks, by the turns, or where there are none by the readings: { fromS, stepS, channels }. Null where
 * neither is known: then nothing may be passed over. */
export function speechOf(talk, readings) {
  const turns = talk.filter(({ kind }) => SPEECH.has(kind));
  if (turns.length) return joined(turns);
  const channels = Object.values(readings?.channels ?? {});
  if (!channels.length) return null;
  const { fromS, stepS } = readings;
  const steps = channels.flatMap(({ speaking }) => speaking.flatMap((share, i) =>
    (share === 0 ? [] : [{ fromS: fromS + i * stepS, toS: fromS + (i + 1) * stepS }])));
  return joined(steps);
}

/* What may be skipped of a call. */
export function silencesOf(speech, durationS) {
  if (!speech) return [];
  const edges = [{ toS: 0 }, ...speech, { fromS: durationS }];
  return edges.slice(1).flatMap(({ fromS }, i) => {
    const [startS, endS] = [edges[i].toS, Math.min(fromS, durationS)];
    if (endS - startS <= SILENCE_LEAST_S) return [];
    return [{ fromS: startS + SILENCE_EDGE_S, toS: endS - SILENCE_EDGE_S }];
  });
}

/* Where playing goes on: tS, or the end of the silence it is in. */
export function pastSilence(silences, tS) {
  let low = 0;
  let high = silences.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (silences[middle].toS <= tS) low = middle + 1;
    else high = middle;
  }
  const next = silences[low];
  return next && contains(next, tS) ? next.toS : tS;
}

/* Spans that are up at once lie below each other: each gets the first row that is free. */
export function inRows(spans, mostRows) {
  const endsS = [];
  return spans.map((span) => {
    const free = endsS.findIndex((endS) => endS <= span.fromS);
    const row = free >= 0 ? free : Math.min(endsS.length, mostRows - 1);
    endsS[row] = Math.max(span.toS, endsS[row] ?? 0);
    return { ...span, row };
  });
}

/* The next or the one before, by when they begin. Going back just after a beginning means the one before it. */
const JUST_AFTER_S = 1;
export const nextOf = (spans, tS) => spans.find(({ fromS }) => fromS > tS + 0.05);
export const previousOf = (spans, tS) => spans.findLast(({ fromS }) => fromS < tS - JUST_AFTER_S) ??
  spans.findLast(({ fromS }) => fromS < tS - 0.05);

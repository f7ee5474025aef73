/* paint.js - the timeline on a canvas. What moves by itself, such as where we are, is not on it. */
import { clock } from '../shared/words.js';
import { boxesOf } from './lanes.js';
import { heightOf } from './readings.js';
import { ticksOf } from './scale.js';

const TURN = 0.13; /* how strong the ground of a turn is */
const CUE_GROUND = 0.5;
const BAND = 0.16;
const UNSURE = 0.12; /* how far the band of a score goes out where nothing is known of it */
const BROKEN = [5, 4];
const PITCH_HZ = [50, 400];
const OPEN_BELOW = new Set(['customer', 'between']); /* lanes without a line below */
const EDGE_PX = 0.4; /* silence is a thin line */
const HATCH_PX = 7;
const SIGN_PX = 15; /* from one sign to the next */
const LABEL_PX = 60; /* words are not cut shorter */
const STRIP_MARK_PX = { info: 5, notice: 9, urgent: 15 };

/* The height for each byte of an outline, -1..1: quiet speech is to be seen too, the noise of a line is not. */
const HEIGHTS = Float32Array.from({ length: 256 }, (_, i) => {
  const byte = i - 128;
  return Math.sign(byte) * (Math.min(Math.max(Math.abs(byte) - 1, 0), 126) / 126) ** 0.7;
});

/* scene: { record, lanes, scale, sound, readings, palette, silences (to be shown), words, labelled (whether the voices
 * are named) }; sound and readings are pieces in view, [{ data, fromS, toS }]. */
export function paintScene(ctx, scene) {
  const { lanes, scale, palette } = scene;
  const { bottom } = lanes.at(-1);
  const draw = { ...scene, ctx, bottom, lane: Object.fromEntries(lanes.map((lane) => [lane.name, lane])),
    boxes: boxesOf(scene.record, scale, lanes) };
  ctx.fillStyle = palette.card;
  ctx.fillRect(0, 0, scale.widthPx, bottom);
  ctx.textBaseline = 'middle';
  paintGrid(draw);
  paintCueGrounds(draw);
  paintTurns(draw);
  paintVoices(draw);
  paintSkipped(draw);
  if (draw.lane.between) paintBetween(draw);
  if (draw.lane.scores) paintScores(draw);
  if (draw.lane.pitch) paintPitch(draw);
  if (draw.lane.level) paintLevels(draw);
  paintPauses(draw);
  paintCues(draw);
  paintPins(draw);
  if (draw.labelled) paintLabels(draw);
}

function paintLabels({ ctx, record, lane, palette, words }) {
  for (const role of record.channels) paintPlate({ ctx, palette }, words.role(role), 2, lane[role].top + 12, Infinity);
}

/* ---- the ground ---- */

function paintGrid({ ctx, scale, lanes, palette, bottom }) {
  ctx.fillStyle = palette.line;
  for (const tS of ticksOf(scale)) ctx.fillRect(Math.round(scale.x(tS)), 0, 1, bottom);
  for (const { name, bottom: y } of lanes) if (!OPEN_BELOW.has(name)) ctx.fillRect(0, y - 1, scale.widthPx, 1);
  ctx.fillStyle = palette.soft;
  ctx.font = `11px ${palette.font}`;
  ctx.textAlign = 'start';
  for (const tS of ticksOf(scale)) ctx.fillText(clock(tS), Math.round(scale.x(tS)) + 5, 12);
}

const severityOf = (palette, { severity }) => ({ shade: palette[severity], tone: palette[`${severity}-ink`] });

/* From a cue down to what it was raised on. */
function paintCueGrounds({ ctx, boxes, lane, palette, bottom }) {
  const top = lane.cues.bottom;
  ctx.globalAlpha = CUE_GROUND;
  for (const { kind, item, x, toX } of boxes) {
    if (kind !== 'cue' || toX - x < 3) continue;
    ctx.fillStyle = severityOf(palette, item).shade;
    ctx.fillRect(x, top, toX - x, lane.pins.top - top);
  }
  ctx.globalAlpha = 1;
}

/* A slanted pattern that stays where it is on the canvas. */
function hatched(ctx, colour, x, y, width, height) {
  ctx.save();
  ctx.beginPath();
  ctx.rect(x, y, width, height);
  ctx.clip();
  ctx.beginPath();
  for (let at = Math.floor((x - height) / HATCH_PX) * HATCH_PX; at < x + width; at += HATCH_PX) {
    ctx.moveTo(at, y + height);
    ctx.lineTo(at + height, y);
  }
  ctx.strokeStyle = colour;
  ctx.lineWidth = 1;
  ctx.stroke();
  ctx.restore();
}

const inView = (spans, { fromS, toS }) => spans.filter((span) => span.toS > fromS && span.fromS < toS);

/* [x, width] of what is to be seen of it. */
function placed({ fromS, toS }, scale) {
  const x = Math.max(scale.x(fromS), -8);
  return [x, Math.min(scale.x(toS), scale.widthPx + 8) - x];
}

/* ---- voices ---- */

function paintTurns({ ctx, record, scale, lane, palette }) {
  ctx.globalAlpha = TURN;
  for (const turn of inView(record.talk, scale)) {
    const voice = turn.kind === 'turn' && lane[turn.channel];
    if (!voice) continue;
    const [x, width] = placed(turn, scale);
    ctx.fillStyle = palette[turn.channel];
    ctx.beginPath();
    ctx.roundRect(x, voice.top + 3, Math.max(width, 1), voice.height - 6, Math.min(4, width / 2));
    ctx.fill();
  }
  ctx.globalAlpha = 1;
}

function paintVoices(draw) {
  const { ctx, lane, palette, record, sound } = draw;
  for (const role of record.channels) {
    const { top, height } = lane[role];
    const colour = palette[role] ?? palette.fill;
    const middle = top + height / 2;
    ctx.fillStyle = colour;
    const heard = record.recorded && sound.length > 0;
    if (heard) paintSound(draw, role, middle, height / 2 - 4, sound);
    else paintLevelAsVoice(draw, role, middle, height / 2 - 6);
  }
}

/* The outline as one shape a piece: along the maxima, back along the minima. */
function paintSound({ ctx, scale }, role, middle, halfPx, sound) {
  ctx.beginPath();
  for (const { data, fromS, toS } of sound) {
    const pairs = data.channels[role];
    if (pairs) traceOutline(ctx, scale, pairs, data, [fromS, toS], middle, halfPx);
  }
  ctx.fill();
}

function traceOutline(ctx, scale, pairs, { fromS: startS, stepS }, [fromS, toS], middle, halfPx) {
  const first = Math.max(Math.floor((Math.max(fromS, scale.fromS) - startS) / stepS), 0);
  const end = Math.min(Math.ceil((Math.min(toS, scale.toS) - startS) / stepS), pairs.length / 2);
  if (end <= first) return;
  const stepPx = stepS / scale.secondsPerPx;
  const startX = scale.x(startS + first * stepS);
  const y = (byte, edge) => middle - HEIGHTS[byte + 128] * halfPx - edge;
  ctx.moveTo(startX, y(pairs[2 * first + 1], EDGE_PX));
  for (let i = first; i < end; i++) ctx.lineTo(startX + (i - first + 0.5) * stepPx, y(pairs[2 * i + 1], EDGE_PX));
  ctx.lineTo(startX + (end - first) * stepPx, y(pairs[2 * end - 1], EDGE_PX));
  ctx.lineTo(startX + (end - first) * stepPx, y(pairs[2 * end - 2], -EDGE_PX));
  for (let i = end - 1; i >= first; i--) ctx.lineTo(startX + (i - first + 0.5) * stepPx, y(pairs[2 * i], -EDGE_PX));
  ctx.lineTo(startX, y(pairs[2 * first], -EDGE_PX));
  ctx.closePath();
}

/* Not the sound but how loud it was, and so it looks: bars with space between them. */
function paintLevelAsVoice(draw, role, middle, halfPx) {
  const { ctx } = draw;
  ctx.globalAlpha = 0.55;
  ctx.beginPath();
  eachStep(draw, role, (channel, i, x, stepPx) => {
    const high = Math.max(heightOf(channel.level_db?.max[i]) * halfPx, 0.5);
    const gap = Math.min(1, stepPx * 0.3);
    ctx.roundRect(x + gap / 2, middle - high, Math.max(stepPx - gap, 0.5), 2 * high, Math.min(2, stepPx / 3));
  });
  ctx.fill();
  ctx.globalAlpha = 1;
}

/* each(channel, i, x, stepPx) for every step of a role that is in view. */
function eachStep({ scale, readings }, role, each) {
  for (const { data, fromS, toS } of readings) {
    const channel = data.channels[role];
    if (!channel) continue;
    const { fromS: startS, stepS } = data;
    const first = Math.max(Math.floor((Math.max(fromS, scale.fromS) - startS) / stepS), 0);
    const end = Math.min(Math.ceil((Math.min(toS, scale.toS) - startS) / stepS), channel.speaking.length);
    for (let i = first; i < end; i++) each(channel, i, scale.x(startS + i * stepS), stepS / scale.secondsPerPx);
  }
}

/* ---- between the voices: who came in, silence, hold ---- */

function paintBetween({ ctx, record, scale, lane, palette, words }) {
  const { top, height, bottom } = lane.between;
  const middle = top + height / 2;
  ctx.font = `11px ${palette.font}`;
  /* A sort keeps the order of what is alike: arrows come last, over the overlaps that they begin. */
  const arrow = ({ kind }) => kind === 'interruption';
  for (const span of inView(record.talk, scale).sort((a, b) => arrow(a) - arrow(b))) {
    const [x, width] = placed(span, scale);
    ctx.fillStyle = ctx.strokeStyle = palette.soft;
    if (span.kind === 'silence' || span.kind === 'hold') {
      paintMeasure(ctx, x, width, middle, span.kind === 'hold', words.lasting(span), palette);
    } else if (span.kind === 'overlap') {
      paintOverlap(ctx, palette, x, middle, Math.max(width, 2));
    } else if (arrow(span)) {
      paintArrow(ctx, x, span.channel === 'customer' ? [bottom - 3, top + 3] : [top + 3, bottom - 3], palette.ink);
    } else if (span.kind === 'backchannel' && width > 1) {
      ctx.beginPath();
      ctx.arc(x + width / 2, span.channel === 'customer' ? top + 4 : bottom - 4, 2, 0, 2 * Math.PI);
      ctx.fill();
    }
  }
}

function paintOverlap(ctx, palette, x, middle, width) {
  ctx.fillStyle = palette.line;
  ctx.fillRect(x, middle - 4, width, 8);
  hatched(ctx, palette.ink, x, middle - 4, width, 8);
}

/* As on a drawing: a line with an end at both sides, and how long it is. A hold is a double line. */
function paintMeasure(ctx, x, width, y, isHold, label, palette) {
  const [left, right] = [Math.round(x), Math.round(x + width)];
  const rails = isHold ? [-2, 2] : [0];
  for (const rail of rails) ctx.fillRect(left, Math.round(y) + rail, right - left, 1);
  if (right - left < 5) return;
  for (const end of [left, right - 1]) ctx.fillRect(end, Math.round(y) - 5, 1, 11);
  const labelPx = ctx.measureText(label).width;
  if (labelPx + 16 > right - left) return;
  ctx.fillStyle = palette.card;
  ctx.fillRect((left + right - labelPx) / 2 - 4, y - 7, labelPx + 8, 14);
  ctx.fillStyle = palette.soft;
  ctx.textAlign = 'center';
  ctx.fillText(label, (left + right) / 2, y + 0.5);
  ctx.textAlign = 'start';
}

/* From the one who had the floor to the one who came in. */
function paintArrow(ctx, x, [fromY, toY], colour) {
  ctx.fillStyle = colour;
  ctx.beginPath();
  ctx.moveTo(x, toY);
  ctx.lineTo(x - 4.5, fromY);
  ctx.lineTo(x + 4.5, fromY);
  ctx.fill();
}

/* What playing passes over. */
function paintSkipped({ ctx, silences, scale, lane, palette, record }) {
  const voices = record.channels.map((role) => lane[role]);
  const [top, bottom] = [Math.min(...voices.map((one) => one.top)), Math.max(...voices.map((one) => one.bottom))];
  for (const silence of inView(silences, scale)) {
    const [x, width] = placed(silence, scale);
    ctx.globalAlpha = 0.7;
    ctx.fillStyle = palette.none;
    ctx.fillRect(x, top, width, bottom - top - 1);
    ctx.globalAlpha = 0.5;
    if (width > 3) hatched(ctx, palette.edge, x, top, width, bottom - top - 1);
    ctx.globalAlpha = 1;
  }
}

/* ---- curves ---- */

function paintScores(draw) {
  const { lane, palette, ctx } = draw;
  const { top, height } = lane.scores;
  const y = (share) => top + 8 + (1 - Math.min(Math.max(share, 0), 1)) * (height - 16);
  paintGuides(draw, [y(0), y(0.5), y(1)]);
  const spread = (channel, i) => UNSURE * (1 - (channel.confidence?.[i] ?? 1));
  paintCurve(draw, { role: 'customer', name: 'stress', colour: palette.stress, y, spread, dash: BROKEN });
  paintCurve(draw, { role: 'customer', name: 'frustration', colour: palette.frustration, y, spread });
  ctx.setLineDash([]);
}

function paintPitch(draw) {
  const { top, height } = draw.lane.pitch;
  const [low, high] = PITCH_HZ.map(Math.log2);
  const inOctaves = (hz) => Math.min(Math.max(Math.log2(hz), low), high);
  const y = (hz) => top + 8 + (high - inOctaves(hz)) / (high - low) * (height - 16);
  paintGuides(draw, [50, 100, 200, 400].map(y));
  paintCurve(draw, { role: 'customer', name: 'pitch_hz', colour: draw.palette.customer, y });
}

function paintLevels(draw) {
  const { top, height } = draw.lane.level;
  const y = (db) => top + 8 + Math.min(Math.max(-db / 60, 0), 1) * (height - 16);
  paintGuides(draw, [0, -30, -60].map(y));
  for (const role of draw.record.channels) {
    const dash = role === 'agent' ? BROKEN : [];
    paintCurve(draw, { role, name: 'level_db', colour: draw.palette[role] ?? draw.palette.fill, y, dash });
  }
  draw.ctx.setLineDash([]);
}

function paintGuides({ ctx, scale, palette }, ys) {
  ctx.fillStyle = palette.line;
  for (const y of ys) ctx.fillRect(0, Math.round(y), scale.widthPx, 1);
}

/* Means as a line, with a gap wherever there is none, on a band from the minima to the maxima that spread widens. */
function paintCurve(draw, { role, name, colour, y, spread = () => 0, dash = [] }) {
  const { ctx } = draw;
  ctx.strokeStyle = ctx.fillStyle = colour;
  for (const run of runsOf(draw, role, name, spread)) {
    ctx.globalAlpha = BAND;
    traceBand(ctx, run, y);
    ctx.fill();
    ctx.globalAlpha = 1;
    ctx.setLineDash(dash);
    ctx.lineWidth = 2;
    ctx.lineJoin = 'round';
    ctx.beginPath();
    ctx.moveTo(run[0].x - 1, y(run[0].mean));
    for (const point of run) ctx.lineTo(point.x, y(point.mean));
    ctx.lineTo(run.at(-1).x + 1, y(run.at(-1).mean));
    ctx.stroke();
  }
}

function traceBand(ctx, run, y) {
  const halfPx = run[0].stepPx / 2;
  ctx.beginPath();
  ctx.moveTo(run[0].x - halfPx, y(run[0].high));
  for (const point of run) ctx.lineTo(point.x, y(point.high));
  ctx.lineTo(run.at(-1).x + halfPx, y(run.at(-1).high));
  ctx.lineTo(run.at(-1).x + halfPx, y(run.at(-1).low));
  for (let i = run.length - 1; i >= 0; i--) ctx.lineTo(run[i].x, y(run[i].low));
  ctx.lineTo(run[0].x - halfPx, y(run[0].low));
  ctx.closePath();
}

/* Stretches without a gap. */
function runsOf(draw, role, name, spread) {
  const runs = [];
  let lastX = -Infinity;
  eachStep(draw, role, (channel, i, x, stepPx) => {
    const mean = channel[name]?.mean[i];
    if (mean === null || mean === undefined) return;
    if (x - lastX > 1.5 * stepPx) runs.push([]);
    const wider = spread(channel, i);
    const [low, high] = [channel[name].min[i] - wider, channel[name].max[i] + wider];
    runs.at(-1).push({ x: x + stepPx / 2, stepPx, mean, low, high });
    lastX = x;
  });
  return runs;
}

/* ---- signs ---- */

function paintPauses({ ctx, record, scale, lane, palette, words }) {
  const top = lane.cues.bottom;
  for (const pause of inView(record.pauses, scale)) {
    const [x, width] = placed(pause, scale);
    const height = lane.pins.top - top;
    ctx.fillStyle = palette.none;
    ctx.fillRect(x, top, Math.max(width, 2), height);
    hatched(ctx, palette.edge, x, top, Math.max(width, 2), height);
    paintPlate({ ctx, palette }, words.paused, Math.max(x, 0) + 6, top + 14, width - 12);
  }
}

/* Words on a ground of their own, where there is room for them. */
function paintPlate({ ctx, palette }, label, x, y, roomPx) {
  ctx.font = `600 11px ${palette.font}`;
  const width = ctx.measureText(label).width;
  if (width + 10 > roomPx) return;
  ctx.fillStyle = palette.card;
  ctx.beginPath();
  ctx.roundRect(x, y - 9, width + 10, 18, 4);
  ctx.fill();
  ctx.fillStyle = palette.ink;
  ctx.fillText(label, x + 5, y + 0.5);
}

/* As the signs of core.css: circle, square on its corner, octagon. */
const DIAMOND = [[0, -6], [6, 0], [0, 6], [-6, 0]];
const OCTAGON = [[-2.4, -6], [2.4, -6], [6, -2.4], [6, 2.4], [2.4, 6], [-2.4, 6], [-6, 2.4], [-6, -2.4]];

function paintSign(ctx, severity, x, y, palette) {
  ctx.beginPath();
  if (severity === 'info') ctx.arc(x, y, 5, 0, 2 * Math.PI);
  else polygon(ctx, x, y, severity === 'notice' ? DIAMOND : OCTAGON);
  ctx.fillStyle = ctx.strokeStyle = palette[`${severity}-ink`];
  ctx.lineWidth = 1.75;
  if (severity === 'urgent') ctx.fill();
  else ctx.stroke();
}

function polygon(ctx, x, y, points) {
  for (const [dx, dy] of points) ctx.lineTo(x + dx, y + dy);
  ctx.closePath();
}

/* Where cues are crowded not each has room for its sign, and fewer for their words. */
function paintCues({ ctx, boxes, palette }) {
  const cues = boxes.filter(({ kind }) => kind === 'cue');
  const lastX = [];
  for (const box of cues) paintCueSpan(ctx, box, palette);
  for (const box of cues) {
    const middle = box.top + box.height / 2 - 1;
    if (box.x - (lastX[box.item.row] ?? -Infinity) < SIGN_PX) continue;
    paintSign(ctx, box.item.severity, box.x + 9, middle, palette);
    lastX[box.item.row] = box.x;
    if (box.labelPx < LABEL_PX) continue;
    ctx.font = `600 12px ${palette.font}`;
    ctx.fillStyle = severityOf(palette, box.item).tone;
    ctx.fillText(shortened(ctx, box.item.text, box.labelPx - 22), box.x + 20, middle + 0.5);
  }
}

function paintCueSpan(ctx, { item, x, width, toX, top, height }, palette) {
  const { shade, tone } = severityOf(palette, item);
  const spanPx = Math.max(toX - x, 2);
  ctx.fillStyle = shade;
  ctx.beginPath();
  ctx.roundRect(x, top, Math.max(width, spanPx), height, Math.min(5, spanPx / 2));
  ctx.fill();
  ctx.fillStyle = tone;
  ctx.fillRect(x, top + height - 2, spanPx, 2);
}

/* As much of the text as there is room for. */
function shortened(ctx, text, widthPx) {
  if (ctx.measureText(text).width <= widthPx) return text;
  let n = Math.floor(text.length * widthPx / ctx.measureText(text).width);
  while (n > 1 && ctx.measureText(`${text.slice(0, n)}…`).width > widthPx) n--;
  return n > 1 ? `${text.slice(0, n).trimEnd()}…` : '';
}

function paintPins({ ctx, boxes, scale, palette, words, lane }) {
  for (const { kind, item, x, top, height, labelPx } of boxes) {
    if (kind === 'cue') continue;
    const colour = kind === 'consent' ? palette.given : palette.accent;
    const middle = top + height / 2;
    ctx.fillStyle = colour;
    ctx.globalAlpha = 0.5;
    if (item.tS > 0) ctx.fillRect(Math.round(scale.x(item.tS)), lane.cues.bottom, 1, top - lane.cues.bottom);
    ctx.globalAlpha = 1;
    paintPin(ctx, kind, x + 7, middle, colour);
    ctx.font = `11px ${palette.font}`;
    ctx.fillStyle = palette.ink;
    if (labelPx >= LABEL_PX) ctx.fillText(shortened(ctx, words.pin(kind, item), labelPx - 20), x + 17, middle + 0.5);
  }
}

/* A page, a label, a check in a circle. */
function paintPin(ctx, kind, x, y, colour) {
  ctx.strokeStyle = ctx.fillStyle = colour;
  ctx.lineWidth = 1.5;
  ctx.beginPath();
  if (kind === 'note') {
    polygon(ctx, x, y, [[-4.5, -5], [4.5, -5], [4.5, 2], [1, 5], [-4.5, 5]]);
    ctx.moveTo(x - 2, y - 1.5);
    ctx.lineTo(x + 2, y - 1.5);
  } else if (kind === 'tag') {
    polygon(ctx, x, y, [[-5, -5], [0, -5], [5, 0], [0, 5], [-5, 0]]);
  } else {
    ctx.arc(x, y, 5, 0, 2 * Math.PI);
    ctx.moveTo(x - 2.3, y + 0.2);
    ctx.lineTo(x - 0.6, y + 2);
    ctx.lineTo(x + 2.4, y - 2);
  }
  ctx.stroke();
}

/* ---- the whole call in a strip: the customer above, the agent below, cues across ---- */

export function paintStrip(ctx, { record, scale, sound, readings, palette, height }) {
  ctx.fillStyle = palette.card;
  ctx.fillRect(0, 0, scale.widthPx, height);
  for (const { severity, fromS, toS } of record.cues) {
    ctx.fillStyle = palette[severity];
    ctx.fillRect(scale.x(fromS), 0, Math.max((toS - fromS) / scale.secondsPerPx, 2), height);
  }
  const [above, below = above] = record.channels;
  const draw = { ctx, scale, sound, readings };
  paintHalf(draw, above, palette[above] ?? palette.fill, height / 2, -1);
  paintHalf(draw, below, palette[below] ?? palette.fill, height / 2, 1);
  for (const { severity, fromS } of record.cues) {
    ctx.fillStyle = palette[`${severity}-ink`];
    ctx.fillRect(scale.x(fromS), 0, severity === 'urgent' ? 3 : 2, STRIP_MARK_PX[severity]);
  }
}

function paintHalf(draw, role, colour, middle, sign) {
  const { ctx, sound } = draw;
  const bar = (share, x, stepPx) => ctx.rect(x, middle, stepPx + 0.25, sign * Math.max(share * (middle - 5), 0.5));
  ctx.fillStyle = colour;
  ctx.globalAlpha = 0.75;
  ctx.beginPath();
  if (sound.length) eachPeak(draw, role, bar);
  else eachStep(draw, role, (channel, i, x, stepPx) => bar(heightOf(channel.level_db?.max[i]), x, stepPx));
  ctx.fill();
  ctx.globalAlpha = 1;
}

/* each(share, x, stepPx): how far the outline goes out in each step. */
function eachPeak({ scale, sound }, role, each) {
  for (const { data, fromS, toS } of sound) {
    const pairs = data.channels[role];
    const stepPx = data.stepS / scale.secondsPerPx;
    const end = Math.min(Math.ceil((toS - data.fromS) / data.stepS), (pairs?.length ?? 0) / 2);
    for (let i = Math.max(Math.floor((fromS - data.fromS) / data.stepS), 0); i < end; i++) {
      const share = Math.max(HEIGHTS[pairs[2 * i + 1] + 128], -HEIGHTS[pairs[2 * i] + 128]);
      each(share, scale.x(data.fromS + i * data.stepS), stepPx);
    }
  }
}

/* board.js - the timeline: what is in view, drawn when it changed and only then, once a frame at most.
 *
 * The scene and the strip are canvases; where we are, where the pointer is and which cue is meant lie over them as
 * elements, so that none of these draws a wave again.
 */
import { onGestures, onStrip } from './gestures.js';
import { boxAt, boxesOf, heightOfAll, lanesOf, sizeFor } from './lanes.js';
import { paintScene, paintStrip } from './paint.js';
import { onPalette, paletteOf } from './palette.js';
import { centred, isIn, moved, sameView, scaleOf, turnedTo, whole, within, zoomed } from './scale.js';
import { levelFor } from './tiles.js';

const SOUND_PX = 1; /* steps are at least this wide */
const READING_PX = 3;
const LIVE_LEAST_S = 120;
const LIVE_VIEW_S = 180;
const LIVE_MARGIN_S = 2;
const MOST_DPR = 2;

/* parts: the elements { plot, scene, strip, stripPlot, view, playhead, stripPlayhead, pointer, chosen }.
 * on: { seek(tS), choose(box), point(place or null), laidOut(lanes), viewed() }. words: see paint.js. */
export class Board {
  constructor(parts, { sound, readings, words, on }) {
    Object.assign(this, { parts, sound, readings, words, on });
    this.record = null;
    this.live = null; /* the piece that grows */
    this.shown = { pitch: false, level: false };
    this.silences = [];
    this.view = { fromS: 0, toS: 1 };
    this.following = false;
    this.tS = 0;
    this.ends = [
      onGestures(parts.plot, this),
      onStrip(parts.strip, this),
      onPalette(() => this.recolour()),
    ];
    this.sizes = new ResizeObserver(() => this.resized());
    this.sizes.observe(parts.plot);
    this.sizes.observe(parts.strip);
    this.resize = () => this.resized();
    addEventListener('resize', this.resize);
    this.recolour();
  }

  end() {
    for (const end of this.ends) end();
    this.sizes.disconnect();
    removeEventListener('resize', this.resize);
    cancelAnimationFrame(this.frame);
  }

  /* ---- what is shown ---- */

  get lengthS() {
    return this.record.live ? Math.max(this.record.durationS + LIVE_MARGIN_S, LIVE_LEAST_S) : this.record.durationS;
  }

  show(record, live) {
    const first = this.record === null || this.record.live !== record.live;
    this.record = record;
    this.live = live;
    if (first) this.view = record.live ? this.latest() : whole(record.durationS);
    if (first) this.following = record.live;
    if (this.following) this.view = this.latest();
    this.on.viewed();
    this.laidOut();
  }

  latest() {
    const lengthS = this.following ? this.view.toS - this.view.fromS : LIVE_VIEW_S;
    return within({ fromS: this.lengthS - lengthS, toS: this.lengthS }, this.lengthS);
  }

  setShown(shown) {
    this.shown = shown;
    this.laidOut();
  }

  setSilences(silences) {
    this.silences = silences;
    this.dirty();
  }

  laidOut() {
    if (!this.record) return;
    this.lanes = lanesOf(this.record, sizeFor(innerWidth, innerHeight), this.shown);
    const heightPx = heightOfAll(this.lanes);
    if (this.heightPx !== heightPx) this.parts.plot.style.setProperty('block-size', `${heightPx}px`);
    this.heightPx = heightPx;
    this.dirty();
    this.on.laidOut(this.lanes);
  }

  resized() {
    this.widthPx = this.parts.plot.clientWidth;
    this.stripPx = [this.parts.strip.clientWidth, this.parts.strip.clientHeight];
    if (this.record) this.laidOut();
  }

  recolour() {
    this.palette = paletteOf(this.parts.plot);
    this.dirty();
  }

  /* ---- the view ---- */

  setView(view) {
    if (sameView(view, this.view)) return;
    this.view = view;
    this.dirtyScene();
    this.on.viewed();
  }

  /* By hand: what goes on is not followed any more, unless its end is still in view. */
  look(view) {
    this.setView(view);
    this.following = this.record.live && this.view.toS >= this.lengthS - LIVE_MARGIN_S;
    this.on.viewed();
  }

  follow() {
    this.following = true;
    this.setView(this.latest());
    this.on.viewed();
  }

  zoom(x, factor) {
    this.look(zoomed(this.view, this.scale.t(x), factor, this.lengthS));
  }

  /* About where we are, or the middle where that is out of view. */
  zoomHere(factor) {
    const tS = isIn(this.view, this.tS) ? this.tS : (this.view.fromS + this.view.toS) / 2;
    this.look(zoomed(this.view, tS, factor, this.lengthS));
  }

  pan(px) {
    this.look(moved(this.view, px * this.scale.secondsPerPx, this.lengthS));
  }

  all() {
    this.look(whole(this.lengthS));
  }

  get scale() {
    return scaleOf(this.view, this.widthPx);
  }

  get stripScale() {
    return scaleOf(whole(this.lengthS), this.stripPx[0]);
  }

  viewPx() {
    return [this.stripScale.x(this.view.fromS), this.stripScale.x(this.view.toS)];
  }

  setViewPx(fromX, toX) {
    this.look(within({ fromS: this.stripScale.t(fromX), toS: this.stripScale.t(toX) }, this.lengthS));
  }

  centre(x) {
    this.look(centred(this.view, this.stripScale.t(x), this.lengthS));
  }

  /* ---- where we are ---- */

  /* reveal: the view comes along. */
  setPosition(tS, reveal) {
    this.tS = tS;
    if (!this.record || !this.widthPx) return;
    if (reveal) this.setView(turnedTo(this.view, tS, this.lengthS));
    this.placeHead();
  }

  /* As time goes by: who looks elsewhere meanwhile is left there. */
  advance(tS) {
    this.setPosition(tS, isIn(this.view, this.tS));
  }

  setChosen(cue) {
    this.cue = cue;
    this.placeChosen();
  }

  placeChosen() {
    const { chosen } = this.parts;
    const cue = this.record?.cues.find(({ id }) => id === this.cue);
    chosen.hidden = !cue || !this.widthPx;
    if (chosen.hidden) return;
    const [fromX, toX] = [Math.max(this.scale.x(cue.fromS), -9), Math.min(this.scale.x(cue.toS), this.widthPx + 9)];
    chosen.hidden = toX < fromX;
    chosen.dataset.severity = cue.severity;
    chosen.style.setProperty('transform', `translateX(${fromX}px)`);
    chosen.style.setProperty('inline-size', `${Math.max(toX - fromX, 2)}px`);
  }

  placeHead() {
    const x = this.scale.x(this.tS);
    const { playhead, stripPlayhead } = this.parts;
    playhead.hidden = x < -1 || x > this.widthPx + 1;
    playhead.style.setProperty('transform', `translateX(${x.toFixed(2)}px)`);
    stripPlayhead.style.setProperty('transform', `translateX(${this.stripScale.x(this.tS).toFixed(2)}px)`);
  }

  /* ---- the pointer ---- */

  boxUnder(x, y) {
    return boxAt(boxesOf(this.record, this.scale, this.lanes), x, y);
  }

  press(x, y) {
    const box = this.boxUnder(x, y);
    if (box) this.on.choose(box);
    else this.on.seek(Math.min(Math.max(this.scale.t(x), 0), this.record.durationS));
  }

  point(x, y) {
    const { pointer, plot } = this.parts;
    const box = this.boxUnder(x, y);
    pointer.hidden = false;
    pointer.style.setProperty('transform', `translateX(${Math.round(x)}px)`);
    plot.classList.toggle('on-box', box !== undefined);
    this.on.point({ x, y, tS: this.scale.t(x), box });
  }

  leave() {
    this.parts.pointer.hidden = true;
    this.on.point(null);
  }

  /* ---- drawing ---- */

  dirty() {
    this.stripDirty = true;
    this.dirtyScene();
  }

  dirtyScene() {
    this.frame ??= requestAnimationFrame(() => this.draw());
  }

  draw() {
    this.frame = null;
    if (!this.record || !this.lanes || !this.widthPx || !this.heightPx) return;
    this.fetch();
    this.paint(this.parts.scene, this.widthPx, this.heightPx, (ctx) => paintScene(ctx, this.sceneOf(this.scale)));
    if (this.stripDirty) this.drawStrip();
    this.stripDirty = false;
    const [fromX, toX] = this.viewPx();
    this.parts.view.style.setProperty('transform', `translateX(${fromX}px)`);
    this.parts.view.style.setProperty('inline-size', `${toX - fromX}px`);
    this.placeHead();
    this.placeChosen();
  }

  drawStrip() {
    const [width, height] = this.stripPx;
    const scale = this.stripScale;
    const { record, palette } = this;
    this.paint(this.parts.stripPlot, width, height, (ctx) =>
      paintStrip(ctx, { record, scale, palette, height, ...this.pieces(scale) }));
  }

  /* On a canvas of any size, for the printed page: the whole call. */
  drawWhole(canvas, widthPx, palette) {
    const scale = scaleOf(whole(this.lengthS), widthPx);
    const scene = { ...this.sceneOf(scale), palette, silences: [], labelled: true };
    this.paint(canvas, widthPx, this.heightPx, (ctx) => paintScene(ctx, scene), MOST_DPR);
  }

  sceneOf(scale) {
    const { record, lanes, palette, silences, words } = this;
    return { record, lanes, scale, palette, silences, words, ...this.pieces(scale) };
  }

  pieces(scale) {
    const { fromS, toS, secondsPerPx } = scale;
    const partsOf = (tiles, leastPx) => tiles.parts(levelFor(tiles.grid, secondsPerPx, leastPx), fromS, toS);
    return {
      sound: this.record.recorded ? partsOf(this.sound, SOUND_PX) : [],
      readings: this.withLive(partsOf(this.readings, READING_PX), toS),
    };
  }

  /* What came live takes the place of what was fetched of the same time. */
  withLive(pieces, toS) {
    if (!this.live) return pieces;
    const { fromS } = this.live;
    const before = pieces.filter((piece) => piece.fromS < fromS);
    const cut = before.map((piece) => ({ ...piece, toS: Math.min(piece.toS, fromS) }));
    return [...cut, { data: this.live, fromS, toS }];
  }

  paint(canvas, widthPx, heightPx, paint, dpr = Math.min(devicePixelRatio, MOST_DPR)) {
    const [width, height] = [Math.round(widthPx * dpr), Math.round(heightPx * dpr)];
    if (canvas.width !== width || canvas.height !== height) Object.assign(canvas, { width, height });
    const ctx = canvas.getContext('2d', { alpha: false });
    ctx.setTransform(dpr, 0, 0, dpr, 0, 0);
    paint(ctx);
  }

  /* What is in view, then the whole for the strip. */
  fetch() {
    if (!this.record.kept) return;
    const endS = this.live ? this.live.fromS : this.record.live ? Infinity : this.record.durationS;
    const want = (tiles, leastPx) => tiles.want([this.scale, this.stripScale].map(({ fromS, toS, secondsPerPx }) =>
      ({ level: levelFor(tiles.grid, secondsPerPx, leastPx), fromS, toS })), endS);
    want(this.readings, READING_PX);
    if (this.record.recorded) want(this.sound, SOUND_PX);
  }
}

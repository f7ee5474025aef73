/* player.js - the recording in the browser's own player, or where there is none a clock that only counts.
 *
 * Nothing is fetched before it is played: asking for the sound is listening, and listening is written down.
 */
import { pastSilence } from './spans.js';

export const SPEEDS = [0.5, 0.75, 1, 1.25, 1.5, 1.75, 2, 2.5, 3];

/* As much of an HTMLMediaElement as is used here. */
class SilentClock extends EventTarget {
  paused = true;
  playbackRate = 1;
  volume = 1;
  #baseS = 0;
  #sinceMs = 0;

  get currentTime() {
    return this.paused ? this.#baseS : this.#baseS + (performance.now() - this.#sinceMs) / 1000 * this.playbackRate;
  }

  set currentTime(s) {
    this.#baseS = s;
    this.#sinceMs = performance.now();
  }

  async play() {
    this.currentTime = this.#baseS;
    this.paused = false;
  }

  pause() {
    this.currentTime = this.currentTime;
    this.paused = true;
  }
}

/* silences is set from outside: what may be skipped. changed() is called when it plays, stops, fails or is set
 * otherwise; moved() when the time is another, and while it plays some times a second. */
export class Player {
  constructor({ changed, moved }) {
    Object.assign(this, { changed, moved, url: null, durationS: 0, silences: [], skips: false, speed: 1, volume: 1 });
    this.failed = this.fetched = false;
    this.startS = 0; /* until it is fetched */
    this.media = new SilentClock();
  }

  /* url: the recording's, null without one. */
  load({ url, durationS }) {
    this.durationS = durationS;
    if (url === this.url) return;
    const tS = this.tS;
    this.pause();
    this.url = url;
    this.failed = this.fetched = false;
    this.media = url ? this.audio() : new SilentClock();
    this.startS = tS;
    if (!url) this.media.currentTime = tS;
  }

  audio() {
    const audio = new Audio();
    audio.preload = 'none';
    audio.preservesPitch = true;
    audio.addEventListener('play', this.changed);
    audio.addEventListener('pause', this.changed);
    audio.addEventListener('ended', this.changed);
    audio.addEventListener('timeupdate', () => {
      this.tick();
      this.moved();
    });
    audio.addEventListener('error', () => {
      this.failed = true;
      this.changed();
    });
    return audio;
  }

  get tS() {
    const tS = this.url && !this.fetched ? this.startS : this.media.currentTime;
    return Math.min(tS, this.durationS);
  }

  get playing() {
    return !this.media.paused && !this.failed;
  }

  async play() {
    if (this.tS >= this.durationS - 0.05) this.seek(0);
    if (this.url && !this.fetched) {
      this.media.src = this.url;
      this.fetched = true;
      this.media.currentTime = this.startS;
    }
    this.media.playbackRate = this.speed;
    this.media.volume = this.volume;
    const begun = this.media.play();
    this.changed();
    try {
      await begun;
    } catch {
      /* paused again before it began, or it failed, which is told as an error */
    }
    this.changed();
  }

  pause() {
    this.media.pause();
    this.changed();
  }

  seek(tS) {
    const atS = Math.min(Math.max(tS, 0), this.durationS);
    if (this.url && !this.fetched) this.startS = atS;
    else this.media.currentTime = atS;
    this.moved();
  }

  setSpeed(speed) {
    this.speed = speed;
    if (!this.url) this.media.currentTime = this.media.currentTime;
    this.media.playbackRate = speed;
    this.changed();
  }

  faster(steps) {
    const at = SPEEDS.findIndex((speed) => speed >= this.speed);
    this.setSpeed(SPEEDS[Math.min(Math.max(at + steps, 0), SPEEDS.length - 1)]);
  }

  setVolume(volume) {
    this.volume = this.media.volume = volume;
    this.changed();
  }

  setSkips(skips) {
    this.skips = skips;
    this.changed();
  }

  /* To be called as time goes by. */
  tick() {
    if (!this.playing) return;
    if (this.skips && !this.media.seeking) {
      const tS = pastSilence(this.silences, this.tS);
      if (tS > this.tS) this.media.currentTime = Math.min(tS, this.durationS);
    }
    if (!this.url && this.tS >= this.durationS) this.pause();
  }
}

/* listening.js - the sound of a call in progress, over a connection of its own and into the speakers.
 *
 *     /events?call=ID&sound=1 --> pieces --> a schedule --> agent on one side, customer on the other --> volume
 *
 * A script of its own: only where a call may be listened to is it fetched.
 */
import { parseEvent } from '../shared/calls.js';
import { newSchedule, RATE_HZ, voicesIn } from './pieces.js';

const PATIENCE_MS = 10_000; /* a network that dies says nothing; a pause is sent as silence */
const MOST_CHANNELS = 2;
const SIDES = { agent: -0.4, customer: 0.4 };

/* Hears nothing until turn() is called, by a hand. phase: 'on' from the first sound on, 'lost' where it comes no more,
 * else 'off'. Nobody tries again by itself, because each listening is written down. changed() is called when phase or
 * listens is another. */
export class Ear {
  phase = 'off';
  #volume = 1;
  #ends = null; /* while somebody listens */
  #out = null;

  constructor(address, changed) {
    Object.assign(this, { address, changed });
  }

  setVolume(volume) {
    this.#volume = volume;
    if (this.#out) this.#out.gain.value = volume;
  }

  get listens() {
    return this.#ends !== null;
  }

  turn() {
    if (this.listens) this.#stop('off');
    else this.#begin();
  }

  /* Without a word. */
  end() {
    this.#ends?.abort();
    this.#ends = null;
  }

  #stop(phase) {
    this.end();
    this.#become(phase);
  }

  #become(phase) {
    this.phase = phase;
    this.changed();
  }

  #begin() {
    this.#ends = new AbortController();
    this.#become('off');
    const on = { heard: () => this.phase === 'on' || this.#become('on'), lost: () => this.#stop('lost') };
    try {
      /* At the sound's own rate: else each piece would be resampled by itself, and be heard to begin. */
      const context = new AudioContext({ sampleRate: RATE_HZ });
      this.#ends.signal.addEventListener('abort', () => context.close());
      this.#out = new GainNode(context, { gain: this.#volume });
      this.#out.connect(context.destination);
      hear(this.address, this.#out, this.#ends.signal, on);
    } catch {
      on.lost();
    }
  }
}

/* Into out, until signal is aborted. */
function hear(address, out, signal, on) {
  const socket = new WebSocket(address, 'undertone.events');
  const player = newPlayer(out);
  let timer;

  function patient() {
    clearTimeout(timer);
    timer = setTimeout(on.lost, PATIENCE_MS);
  }

  function heard(bytes) {
    if (!player.play(bytes)) return;
    patient();
    on.heard();
  }

  socket.binaryType = 'arraybuffer';
  socket.onmessage = ({ data }) => (typeof data === 'string' ? player.told(parseEvent(data)) : heard(data));
  socket.onclose = on.lost;
  signal.addEventListener('abort', () => {
    clearTimeout(timer);
    socket.onmessage = socket.onclose = null;
    socket.close();
  });
  patient();
}

function newPlayer(out) {
  const { context } = out;
  const beginsAt = newSchedule();
  let sides = [];

  function sideOf(role) {
    const side = new StereoPannerNode(context, { pan: SIDES[role] ?? 0 });
    side.connect(out);
    return side;
  }

  function playAt(begin, voice, side) {
    const buffer = new AudioBuffer({ length: voice.length, sampleRate: RATE_HZ });
    buffer.copyToChannel(voice, 0);
    const source = new AudioBufferSourceNode(context, { buffer });
    source.connect(side);
    source.start(begin / RATE_HZ);
  }

  return {
    /* The call's own event, which comes before its sound, says whose voices it has. */
    told(event) {
      if (event?.type !== 'call' || sides.length || !Array.isArray(event.channels)) return;
      sides = event.channels.slice(0, MOST_CHANNELS).map(sideOf);
    },

    /* False where it is no sound. */
    play(bytes) {
      const voices = voicesIn(bytes, sides.length);
      if (!voices[0]?.length) return false;
      const begin = beginsAt(Math.round(context.currentTime * RATE_HZ), voices[0].length);
      if (begin !== null) voices.forEach((voice, i) => playAt(begin, voice, sides[i]));
      return true;
    },
  };
}

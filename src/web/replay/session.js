/* session.js - what outlives a drawing of the page: the player, the tiles, the board; and what happens by itself. */
import { useEffect, useMemo, useRef, useState } from 'preact/hooks';

import { eventsAddress, get, getBytes } from '../shared/api.js';
import { actionOf } from './keys.js';
import { addressAt, timeIn } from './link.js';
import { Player } from './player.js';
import { readingsGrid, readingsPiece } from './readings.js';
import { soundGrid, soundPiece } from './sound.js';
import { silencesOf, speechOf } from './spans.js';
import { Tiles } from './tiles.js';

const SOUND_TILES = 384; /* of 2 kB */
const READING_TILES = 48;
const MOST_READINGS = 2000;
const DRAWN = 'speaking,level_db,pitch_hz,frustration,stress,confidence';
const TICKS_A_SECOND = 4; /* of what is said of where we are */
const PIN_MS = 400;

/* { board, player, sound, readings, record }: the board comes with the timeline, the record is the latest. */
export function newSession(record, changed, moved) {
  const session = { board: null, player: new Player({ changed, moved }), record };
  const path = `api/calls/${record.id}`;
  const draw = () => session.board?.dirty();
  session.readings = new Tiles({
    grid: readingsGrid,
    most: READING_TILES,
    load: async ({ points, fromS, toS }) =>
      readingsPiece(await get(`${path}/readings`, { points, from_s: fromS, to_s: toS, measures: DRAWN })),
    changed: () => {
      draw();
      changed();
    },
  });
  session.sound = new Tiles({
    grid: soundGrid,
    most: SOUND_TILES,
    load: async (tile) => {
      const asked = { from_s: tile.fromS, step_ms: Math.round(tile.stepS * 1000), points: tile.points };
      return soundPiece(tile, session.record.tracks, await getBytes(`${path}/peaks`, asked));
    },
    changed: draw,
  });
  return session;
}

/* Where nobody speaks: by the turns, or where those are not kept by the readings of the whole call. */
export function useSilences({ id, live, talk, durationS }) {
  const [readings, setReadings] = useState(null);
  const needed = !live && talk.length === 0;
  useEffect(() => {
    if (!needed) return;
    get(`api/calls/${id}/readings`, { points: MOST_READINGS, measures: 'speaking' })
      .then((all) => setReadings(readingsPiece(all)), () => {});
  }, [needed, id]);
  const silences = () => (live ? [] : silencesOf(speechOf(talk, readings), durationS));
  return useMemo(silences, [talk, durationS, live, readings]);
}

/* What the call in progress may be listened to with, null where it may not. hearing: listening.js, or null. */
export function useEar({ id, live }, hearing, changed) {
  const ear = useMemo(() => (live && hearing ? new hearing.Ear(eventsAddress({ call: id, sound: 1 }), changed) : null),
    [live, hearing]);
  useEffect(() => () => ear?.end(), [ear]);
  return ear;
}

/* While it plays the playhead moves with every frame, and what is said of it a few times a second. */
export function usePlaying(session, tell) {
  const { player } = session;
  const { playing } = player;
  useEffect(() => {
    if (!playing) return undefined;
    let frame;
    let told = -1;
    const step = () => {
      player.tick();
      const { tS } = player;
      session.board.advance(tS);
      const tick = Math.floor(tS * TICKS_A_SECOND);
      if (tick !== told) tell(tS);
      told = tick;
      frame = requestAnimationFrame(step);
    };
    step();
    return () => {
      cancelAnimationFrame(frame);
      tell(player.tS);
    };
  }, [playing, session]);
}

/* The time in the page's address: read at the start and when it is changed, written without a step in the history. */
export function usePinned(seek) {
  useEffect(() => {
    const go = () => {
      const tS = timeIn(location.hash);
      if (tS !== null) seek(tS);
    };
    go();
    addEventListener('hashchange', go);
    return () => removeEventListener('hashchange', go);
  }, [seek]);
}

/* Browsers allow few of these a second. */
let pinning;
export function pin(tS) {
  clearTimeout(pinning);
  pinning = setTimeout(() => history.replaceState(history.state, '', addressAt(location.href, tS)), PIN_MS);
}

export function useKeys(on, act) {
  const latest = useRef(act);
  latest.current = act;
  useEffect(() => {
    if (!on) return undefined;
    const press = (event) => {
      const action = event.defaultPrevented ? null : actionOf(event);
      if (!action) return;
      event.preventDefault();
      latest.current(action);
    };
    addEventListener('keydown', press);
    return () => removeEventListener('keydown', press);
  }, [on]);
}

/* Whether keys are listened to, kept where the browser lets us. */
const KEYS_OFF = 'undertone.replay.keys_off';

export function useKeysOn() {
  const [on, setOn] = useState(() => kept() !== '1');
  const set = (wanted) => {
    setOn(wanted);
    try {
      localStorage.setItem(KEYS_OFF, wanted ? '0' : '1');
    } catch {
      /* then it is so until the page is left */
    }
  };
  return [on, set];
}

function kept() {
  try {
    return localStorage.getItem(KEYS_OFF);
  } catch {
    return null;
  }
}

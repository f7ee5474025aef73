/* follow.js - one call from the server: what is kept of it, and while it goes on what is heard.
 *
 *     state  { status, why, record, live, lost }
 *
 * status is "loading", "there", "missing" (deleted, or never kept) or "failed" (why, a sentence); live is the piece of
 * readings that grows, changed in place; lost says that the server cannot be reached while the call goes on.
 */
import { eventsAddress, get, Refused } from '../shared/api.js';
import { parseEvent } from '../shared/calls.js';
import { connect } from '../shared/connection.js';
import { addReading } from './readings.js';
import { after, recordOf, unknownRecord } from './record.js';

const AGAIN_MS = 400; /* until the end of a call is written down */
const TRIES = 15;

export function follow(id, changed) {
  let state = { status: 'loading', why: '', record: null, live: null, lost: false, hearing: null };
  let link = null;

  function set(more) {
    state = { ...state, ...more };
    changed(state);
  }

  async function load() {
    try {
      const record = recordOf(await get(`api/calls/${id}`));
      const hearing = record.live ? await whereHeard() : null;
      set({ status: 'there', record, hearing, live: record.live ? state.live : null });
      if (record.live) listen();
    } catch (error) {
      failed(error);
    }
  }

  /* What listens to a call in progress, if that is permitted. */
  async function whereHeard() {
    try {
      const { listening } = await get('api/settings');
      return listening === true ? await import(new URL('listening.js', import.meta.url).href) : null;
    } catch {
      return state.hearing;
    }
  }

  /* Where nothing is kept a call that goes on can still be followed. */
  function failed(error) {
    const status = error instanceof Refused ? error.status : 0;
    if (status === 404) return set({ status: 'missing', record: null });
    if (state.record) return undefined;
    if (status === 503) listen();
    return set({ status: 'failed', why: error instanceof Refused ? error.message : '' });
  }

  function listen() {
    if (link) return;
    const change = () => set({ lost: link.everOpen && !link.open });
    link = connect(eventsAddress({ call: id }), { open, text: heard, change });
    document.addEventListener('visibilitychange', link.check);
  }

  /* What was missed meanwhile is kept. */
  const open = () => state.record?.live && load();

  function heard(text) {
    const event = parseEvent(text);
    if (event?.call !== id) return;
    if (event.type === 'deleted') return void set({ status: 'missing', record: null });
    if (event.type === 'summary' || event.type === 'over') return void ended(TRIES);
    take(event);
  }

  function take(event) {
    if (state.status === 'missing') return;
    const before = state.record ?? (event.type === 'call' ? unknownRecord(id) : null);
    if (!before || !before.live) return;
    const record = after(before, event);
    const live = event.type === 'reading' && record.consent === 'given' ? addReading(state.live, event) : state.live;
    set({ status: 'there', record, live });
  }

  /* The end is told before all of it is written down. Of a call that is not kept the page stays as it was. */
  async function ended(tries) {
    try {
      const record = recordOf(await get(`api/calls/${id}`));
      if (!record.live) set({ status: 'there', record, live: null });
      if ((record.live || record.settling) && tries > 0) setTimeout(ended, AGAIN_MS, tries - 1);
    } catch (error) {
      failed(error);
    }
  }

  load();
  return { again: load };
}

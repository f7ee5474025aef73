/* calls.jsx - the calls that are kept: found, looked at, imported, held, deleted. The page's entry.
 *
 * What is asked for stands in the address (query.js), so that a view can be kept as a bookmark and the browser's
 * buttons go back and forth between views.
 */

import { render } from 'preact';
import { useCallback, useEffect, useMemo, useRef, useState } from 'preact/hooks';

import texts from '../texts/calls.json';
import { announce, prepareAnnouncements } from '../shared/announce.js';
import { get } from '../shared/api.js';
import { Dialog } from '../shared/dialog.jsx';
import { showFavicon } from '../shared/favicon.js';
import { Frame } from '../shared/frame.jsx';
import { Icon } from '../shared/icons.jsx';
import { keepSearch } from '../shared/lately.js';
import { may } from '../shared/rights.js';
import { noteOf, useOften, useStanding } from '../shared/standing.js';
import { textsOf } from '../shared/texts.js';
import { DeleteCall, DeleteCustomer, Deletions } from './deletion.jsx';
import { Filters } from './filters.jsx';
import { Hold } from './hold.jsx';
import { DropSign, ImportButton, ImportDialog, Uploads, useDrop, useUploads } from './imports.jsx';
import { List } from './list.jsx';
import { argumentsOf, isNarrowed, queryOf, searchOf } from './query.js';
import { isLive, replayPath, whenWords } from './words.js';

const t = textsOf(texts);
const PAGE = 50;
const POINTS = 60;
const LOOK_MS = 15_000;

const pageOf = (query, before) =>
  get('api/calls', { ...argumentsOf(query, Date.now()), limit: PAGE, points: POINTS, before });

/* ---- what is asked for ---- */

function useQuery() {
  const [query, setQuery] = useState(() => queryOf(location.search));
  useEffect(() => {
    const read = () => setQuery(queryOf(location.search));
    addEventListener('popstate', read);
    return () => removeEventListener('popstate', read);
  }, []);
  /* again: in place of the last one, as while somebody types. */
  const go = useCallback((next, again = false) => {
    const search = searchOf(next);
    const put = again ? 'replaceState' : 'pushState';
    if (search !== location.search) history[put](null, '', search || location.pathname);
    setQuery(queryOf(search));
  }, []);
  useEffect(() => {
    if (!query.call) keepSearch('calls', searchOf(query)); /* one call that the replay sent here asks for no others */
  }, [query]);
  return [query, go];
}

/* ---- the list, as far as it was asked for ---- */

const NOTHING = { calls: [], next: null, newer: 0, state: 'loading', why: null };

function useCalls(query) {
  const [list, setList] = useState(NOTHING);
  const asked = useRef(0);

  const load = useCallback(async () => {
    const mine = ++asked.current;
    setList((before) => ({ ...before, state: 'loading' }));
    try {
      const { calls, next } = await pageOf(query);
      if (mine !== asked.current) return;
      setList({ calls, next, newer: 0, state: 'there', why: null });
      announce(countWords(calls.length, next));
    } catch (error) {
      if (mine === asked.current) setList({ ...NOTHING, state: 'failed', why: error.message });
    }
  }, [query]);
  useEffect(() => void load(), [load]);

  /* Rows that are there change in place; new ones wait until they are asked for, so that nothing jumps away. */
  const refresh = useCallback(async () => {
    const mine = asked.current;
    const page = await pageOf(query).catch(() => null);
    if (!page || mine !== asked.current) return;
    setList((before) => {
      if (before.state !== 'there') return before;
      const fresh = new Map(page.calls.map((call) => [call.call, call]));
      const known = new Set(before.calls.map(({ call }) => call));
      return { ...before, calls: before.calls.map((call) => fresh.get(call.call) ?? call),
        newer: page.calls.filter(({ call }) => !known.has(call)).length };
    });
  }, [query]);

  const more = useCallback(async () => {
    const mine = asked.current;
    const { calls, next } = await pageOf(query, list.next);
    if (mine !== asked.current) return;
    setList((before) => ({ ...before, calls: [...before.calls, ...calls], next }));
  }, [query, list.next]);

  const change = useCallback((changed) => setList((before) =>
    ({ ...before, calls: before.calls.map((call) => (call.call === changed.call ? changed : call)) })), []);
  const drop = useCallback((ids) => setList((before) =>
    ({ ...before, calls: before.calls.filter(({ call }) => !ids.includes(call)) })), []);
  return { ...list, load, refresh, more, change, drop };
}

const countWords = (n, next) => t(next ? 'count_first' : 'count', { n });

/* Names that were seen, to be offered where one is asked for. */
function useSeen(calls) {
  const seen = useRef({ agent: new Set(), team: new Set(), queue: new Set(), customer: new Set(), tag: new Set() });
  return useMemo(() => {
    for (const call of calls) {
      for (const name of ['agent', 'team', 'queue', 'customer']) if (call[name]) seen.current[name].add(call[name]);
      for (const tag of call.tags ?? []) seen.current.tag.add(tag);
    }
    return { ...seen.current };
  }, [calls]);
}

/* ---- one call that the replay sent here ---- */

/* GET api/calls/ID says more than the list does; what the dialogs need has to look as in the list. */
const asListed = (call) => ({ ...call, duration_s: call.summary?.duration_s ?? null, notes: call.notes?.length ?? 0,
  tags: (call.tags ?? []).map(({ tag }) => tag), recording: call.recording?.state ?? null });

/* missing(): told that there is no such call. */
function OneCall({ id, act, close, missing }) {
  const [call, setCall] = useState(null);
  const [why, setWhy] = useState(null);
  useEffect(() => {
    get(`api/calls/${id}`).then((found) => setCall(asListed(found)),
      (error) => {
        if (error.status === 404) missing();
        setWhy(error.status === 404 ? t('refused_gone') : t('refused', { why: error.message }));
      });
  }, [id]);
  const live = call && isLive(call);
  if (!call && !why) return null;
  return (
    <Dialog title={t('one_title')} close={close}>
      {why && <p role="alert">{why}</p>}
      {call && <p><b>{whenWords(call.started_at, Date.now())}</b> {call.agent ?? call.source}</p>}
      {live && <p>{t('refused_live')}</p>}
      {call?.held && <p>{t('one_held')}</p>}
      <p class="actions">
        {call && !live && may('hold') && (call.held || call.consent === 'given') && (
          <button type="button" class="button" onClick={() => act(call.held ? 'lift' : 'hold', call)}>
            <Icon name="hold" />{t(call.held ? 'hold_lift' : 'hold_set')}
          </button>
        )}
        {call && !live && !call.held && may('delete') && (
          <button type="button" class="button danger" onClick={() => act('delete', call)}>
            <Icon name="trash" />{t('delete')}
          </button>
        )}
        <button type="button" class="button" onClick={close}>{t('leave')}</button>
      </p>
    </Dialog>
  );
}

/* ---- the page ---- */

function Calls() {
  const [query, go] = useQuery();
  const list = useCalls(query);
  const seen = useSeen(list.calls);
  const standing = useStanding(LOOK_MS);
  const uploads = useUploads(list.load);
  const [files, setFiles] = useState(null);
  const [deed, setDeed] = useState(null); /* { kind, call } */
  const nowMs = Date.now();
  const listed = list.state === 'there' ? list.calls.length : 0;

  useOften(list.refresh, LOOK_MS);
  const take = useCallback((chosen) => may('import') && chosen.length && setFiles(chosen), []);
  const over = useDrop(take);
  const act = (kind, call) => setDeed({ kind, call });
  const gone = useRef(false); /* the call that the replay sent here */
  const lose = useCallback((ids) => {
    gone.current = true;
    list.drop(ids);
  }, [list.drop]);
  const close = () => {
    setDeed(null);
    if (query.call && !gone.current) location.replace(replayPath(query.call));
    else if (query.call) go({ ...query, call: '' });
  };

  /* Links that only ask for other calls of this page need no new page. */
  const follow = (event) => {
    const link = event.target.closest('a[href^="?"]');
    if (!link || event.button || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    go(queryOf(link.search));
  };
  return (
    <Frame page="calls" note={noteOf(standing)}>
      <div class="calls" data-uploads={uploads.uploads.length > 0} onClick={follow}>
        <header class="calls-head">
          <h1>{t('title')}</h1>
          <p class="soft figures">{listed > 0 && countWords(listed, list.next)}</p>
          {may('delete') && (
            <button type="button" class="button quiet" onClick={() => act('deletions', null)}>{t('deletions')}</button>
          )}
          {may('import') && <ImportButton take={take} />}
        </header>
        <Filters query={query} seen={seen} change={(more, again) => go({ ...query, ...more }, again)} />
        <Found list={list} query={query} nowMs={nowMs} act={act} go={go} />
      </div>
      <Uploads {...uploads} />
      {over && may('import') && <DropSign />}
      {files && (
        <ImportDialog files={files} seen={seen} close={() => setFiles(null)} start={(answers) => {
          setFiles(null);
          uploads.add(files, answers);
        }} />
      )}
      {deed === null && query.call && (
        <OneCall id={query.call} act={act} close={close} missing={() => (gone.current = true)} />
      )}
      {deed && <Deed {...deed} nowMs={nowMs} close={close} list={list} lose={lose} />}
    </Frame>
  );
}

function Found({ list, query, nowMs, act, go }) {
  const { calls, state, next, newer } = list;
  if (state === 'failed') {
    return (
      <div class="empty card" role="alert">
        <p><b>{t('failed')}</b></p>
        <p class="soft">{list.why}</p>
        <button type="button" class="button" onClick={list.load}>{t('again')}</button>
      </div>
    );
  }
  if (state === 'there' && !calls.length) return <Empty query={query} go={go} />;
  return (
    <div class="found" aria-busy={String(state === 'loading')}>
      {newer > 0 && <button type="button" class="button newer" onClick={list.load}>{t('newer', { n: newer })}</button>}
      {calls.length > 0 && <List calls={calls} query={query} nowMs={nowMs} act={act} />}
      {next && <button type="button" class="button" onClick={list.more}>{t('more')}</button>}
    </div>
  );
}

const Empty = ({ query, go }) => (
  <div class="empty card">
    <Icon name="queue" />
    <p><b>{t(isNarrowed(query) ? 'none_found' : 'none')}</b></p>
    <p class="soft">{t(isNarrowed(query) ? 'none_found_how' : 'none_how')}</p>
    {isNarrowed(query) && (
      <button type="button" class="button" onClick={() => go(queryOf(''))}>{t('show_all')}</button>
    )}
  </div>
);

function Deed({ kind, call, nowMs, close, list, lose }) {
  if (kind === 'deletions') return <Deletions close={close} />;
  if (kind === 'delete') return <DeleteCall call={call} nowMs={nowMs} close={close} deleted={lose} />;
  if (kind === 'delete_all') return <DeleteCustomer customer={call.customer} close={close} deleted={lose} />;
  return <Hold call={call} held={kind === 'hold'} nowMs={nowMs} close={close} done={(changed) => {
    list.change(changed);
    announce(t(changed.held ? 'held' : 'hold_lifted'));
    close();
  }} />;
}

document.title = `${t('title')} – Undertone`;
showFavicon('idle');
render(<Calls />, document.body);
prepareAnnouncements();

/* replay.jsx - one call: its sound, what was heard in it, what was said of it. */
import { render } from 'preact';
import { useCallback, useEffect, useMemo, useReducer, useRef, useState } from 'preact/hooks';

import { announce, prepareAnnouncements } from '../shared/announce.js';
import { address, post, remove } from '../shared/api.js';
import { showFavicon } from '../shared/favicon.js';
import { Frame } from '../shared/frame.jsx';
import { Icon } from '../shared/icons.jsx';
import { clock, consentName } from '../shared/words.js';
import { Cues } from './cues.jsx';
import { Consents, Figures, Moments } from './figures.jsx';
import { follow } from './follow.js';
import { Head, Notices, titleOf } from './head.jsx';
import { Help, Hints } from './help.jsx';
import { addressAt } from './link.js';
import { Picture } from './picture.jsx';
import { Remarks } from './remarks.jsx';
import { newSession, pin, useEar, useKeys, useKeysOn, usePinned, usePlaying, useSilences } from './session.js';
import { nextOf, previousOf } from './spans.js';
import { t } from './texts.js';
import { Timeline } from './timeline.jsx';
import { speedInWords, Transport } from './transport.jsx';

const ZOOM = 2;

/* /replay/ID */
const idHere = () => location.pathname.split('/').at(-1);

function Page({ id }) {
  const [state, setState] = useState({ status: 'loading', record: null });
  const source = useRef(null);
  useEffect(() => { source.current = follow(id, setState); }, [id]);
  const { status, record, lost } = state;
  const reload = () => source.current.again();
  useEffect(() => {
    document.title = `${record ? titleOf(record) : t('call')} – Undertone`;
    showFavicon(record?.live ? (lost ? 'lost' : 'live') : 'idle');
  }, [record?.startedAt, record?.live, lost]);

  if (status === 'loading') return <Frame page="replay" below="calls" title={t('call')} />;
  if (status === 'missing') return <Nothing title={t('missing')} why={t('missing_why')} icon="unheard" />;
  if (status === 'failed') {
    return <Nothing title={t('failed')} why={state.why || t('failed_why')} icon="lost" again={reload} />;
  }
  if (record.consent !== 'given') return <Unconsented record={record} />;
  return <Call state={state} reload={reload} />;
}

const Nothing = ({ title, why, icon, again, children }) => (
  <Frame page="replay" below="calls">
    <div class="nothing">
      <Icon name={icon} /><h1>{title}</h1><p class="soft">{why}</p>
      {again && <button type="button" class="button primary" onClick={again}>{t('again')}</button>}
      {children}
      <p><a href={address('calls/')}>{t('to_calls')}</a></p>
    </div>
  </Frame>
);

const Unconsented = ({ record }) => (
  <Nothing title={consentName(record.consent)} why={t(record.live ? 'unconsented_live' : 'unconsented')} icon="unheard">
    <Consents record={record} />
  </Nothing>
);

function Call({ state, reload }) {
  const { record, live, lost, hearing } = state;
  const [, redraw] = useReducer((n) => n + 1, 0);
  const [playedS, setPlayedS] = useState(0);
  const [chosen, setChosen] = useState(null);
  const [shown, setShown] = useState({ pitch: false, level: false });
  const [helping, setHelping] = useState(false);
  const [keysOn, setKeysOn] = useKeysOn();
  const [following, setFollowing] = useState(record.live);
  const note = useRef(null);
  const session = useMemo(() => newSession(record, () => redraw(), () => setPlayedS(session.player.tS)), []);
  const { player } = session;
  const ear = useEar(record, hearing, redraw);
  const tS = record.live && following ? record.durationS : playedS;
  const silences = useSilences(record);
  const url = record.recorded ? address(`api/calls/${record.id}/audio`) : null;
  session.record = record;
  player.silences = silences;
  ear?.setVolume(player.volume);
  useMemo(() => player.load({ url, durationS: record.durationS }), [url, record.durationS]);

  const seek = useCallback((toS) => {
    player.seek(toS);
    setFollowing(false);
    session.board.setPosition(player.tS, true);
    pin(player.tS);
  }, [session]);
  const choose = useCallback((cue) => {
    setChosen(cue.id);
    seek(cue.fromS);
    announce(t('at_cue', { time: clock(cue.fromS), text: cue.text }));
  }, [seek]);

  useEffect(prepareAnnouncements, []);
  useEffect(() => () => player.pause(), [player]);
  useEffect(() => { if (!player.playing) session.board.setPosition(tS, false); }, [tS, session]);
  /* When a call ends that was followed, its end is where we are. */
  useEffect(() => {
    if (record.live || !following) return;
    setFollowing(false);
    player.seek(record.durationS);
  }, [record.live, following]);
  usePlaying(session, setPlayedS);
  usePinned(seek);

  const page = { session, record, ear, tS, silences, seek, choose, setFollowing, setShown, setHelping, note };
  const act = (action) => actionsOf(page)[action]?.();
  useKeys(keysOn && !helping, act);
  const viewed = ({ following: still }) => record.live && !still && setFollowing(false);

  return (
    <Frame page="replay" below={record.live ? 'wall' : 'calls'}>
      <Head record={record} link={() => addressAt(location.href, tS)} />
      <Notices record={record} failed={player.failed} />
      <Transport record={record} player={player} ear={ear} lost={lost} tS={tS} following={following} shown={shown}
        canSkip={silences.length > 0} act={act} />
      <Timeline session={session} record={record} live={live} shown={shown} silences={player.skips ? silences : NONE}
        tS={tS} chosen={chosen} seek={seek} choose={choose} viewed={viewed} />
      {keysOn && <Hints live={record.live} act={act} />}
      <div class="below">
        <Cues record={record} chosen={chosen} choose={choose} />
        {record.kept && <Remarks record={record} tS={tS} note={note} seek={seek} {...remarking(record.id, reload)} />}
        <div class="facts-column">
          <Figures record={record} />
          <Moments record={record} seek={seek} />
          <Consents record={record} seek={seek} />
        </div>
      </div>
      <Picture session={session} record={record} />
      {helping && <Help close={() => setHelping(false)} on={keysOn} setOn={setKeysOn} canHear={ear !== null} />}
    </Frame>
  );
}

const NONE = [];

/* What keys and buttons do, by the names of keys.js and some more. */
function actionsOf({ session, record, ear, tS, silences, seek, choose, setFollowing, setShown, setHelping, note }) {
  const { board, player } = session;
  const toCue = (cue) => cue && choose(cue);
  const turn = (what) => setShown((shown) => ({ ...shown, [what]: !shown[what] }));
  const followLive = () => {
    board.follow();
    setFollowing(true);
  };
  const play = () => {
    if (!player.playing) return void player.play();
    player.pause();
    pin(player.tS);
  };
  const speed = (steps) => {
    player.faster(steps);
    announce(speedInWords(player.speed));
  };
  const skip = () => {
    if (!silences.length) return;
    player.setSkips(!player.skips);
    announce(t(player.skips ? 'skips' : 'skips_not'));
  };
  return {
    play: record.live ? followLive : play,
    follow: followLive,
    back_5: () => seek(tS - 5),
    on_5: () => seek(tS + 5),
    back_1: () => seek(tS - 1),
    on_1: () => seek(tS + 1),
    next_cue: () => toCue(nextOf(record.cues, tS)),
    previous_cue: () => toCue(previousOf(record.cues, tS)),
    slower: () => speed(-1),
    faster: () => speed(1),
    listen: () => ear?.turn(),
    skip: record.live ? () => {} : skip,
    nearer: () => board.zoomHere(ZOOM),
    farther: () => board.zoomHere(1 / ZOOM),
    all: () => board.all(),
    pitch: () => turn('pitch'),
    level: () => turn('level'),
    note: () => note.current?.focus(),
    help: () => setHelping(true),
  };
}

/* Notes and tags of a call: written and deleted, and then what is kept is asked for again. */
const remarking = (id, reload) => ({
  async add(kind, text, pinS) {
    const [key, atS] = [kind === 'notes' ? 'text' : 'tag', Math.round(pinS * 1000) / 1000];
    await post(`api/calls/${id}/${kind}`, { [key]: text, t_s: atS });
    announce(t(`added_${kind}`));
    return reload();
  },
  async drop(kind, number) {
    await remove(`api/calls/${id}/${kind}/${number}`);
    return reload();
  },
});

render(<Page id={idHere()} />, document.body);

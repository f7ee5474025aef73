/* timeline.jsx - the timeline's elements around the board that draws them. */
import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';

import { clock, cueName } from '../shared/words.js';
import { Board } from './board.js';
import { boardWords, sentenceAt, talkAt, valuesInWords } from './moment.js';
import { valuesAt } from './readings.js';
import { t } from './texts.js';

const TIP_PX = 210;
const TIP_HIGH_PX = 150;

/* session: { board, sound, readings, player }, of which board is set here. */
export function Timeline({ session, record, live, shown, silences, tS, chosen, seek, choose, viewed }) {
  const parts = useRef({});
  const [lanes, setLanes] = useState([]);
  const [place, setPlace] = useState(null);
  const part = (name) => (element) => { parts.current[name] = element; };
  const on = useRef({});
  on.current = { seek, choose, point: setPlace, laidOut: setLanes, viewed };

  useLayoutEffect(() => {
    const board = new Board(parts.current, { sound: session.sound, readings: session.readings, words: boardWords, on: {
      seek: (at) => on.current.seek(at),
      choose: ({ kind, item }) => (kind === 'cue' ? on.current.choose(item) : on.current.seek(item.tS)),
      point: (at) => on.current.point(at),
      laidOut: (all) => on.current.laidOut(all),
      viewed: () => {
        tellView(parts.current.view, board.view);
        on.current.viewed(board);
      },
    } });
    session.board = board;
    return () => board.end();
  }, [session]);
  useLayoutEffect(() => session.board.show(record, live), [record, live, session]);
  useEffect(() => session.board.setShown(shown), [shown, session]);
  useEffect(() => session.board.setSilences(silences), [silences, session]);
  useEffect(() => session.board.setChosen(chosen), [chosen, session]);

  const values = valuesNow(session, tS);
  const lengthS = Math.round(record.durationS);
  return (
    <section class="timeline card" aria-label={t('timeline')}>
      <div class="rows">
        <div class="gutter" aria-hidden="true">
          {lanes.map((lane) => <Label key={lane.name} lane={lane} record={record} />)}</div>
        <div class="plot" dir="ltr" role="slider" tabIndex={0} ref={part('plot')} aria-label={t('position')}
          aria-valuemin={0} aria-valuemax={lengthS} aria-valuenow={Math.min(Math.round(tS), lengthS)}
          aria-valuetext={sentenceAt(record, values, tS, shown)}>
          <canvas class="scene" ref={part('scene')} />
          <div class="chosen" hidden ref={part('chosen')} />
          <div class="pointer" hidden ref={part('pointer')} />
          <div class="playhead" ref={part('playhead')} />
          {place && <Tip place={place} record={record} session={session} />}
        </div>
      </div>
      <div class="strip-row">
        <div class="gutter strip-label" aria-hidden="true">{t('overview')}</div>
        <div class="strip" dir="ltr" ref={part('strip')}>
          <canvas ref={part('stripPlot')} />
          <div class="stripPlayhead playhead" ref={part('stripPlayhead')} />
          <div class="view" ref={part('view')} role="slider" tabIndex={0} aria-label={t('view')}
            aria-valuemin={0} aria-valuemax={lengthS} aria-valuenow={0}
            onKeyDown={(event) => moveView(event, session.board)} />
        </div>
      </div>
      <p class="moment figures"><b>{clock(tS)}</b><span class="talk">{talkAt(record, values, tS)}</span>
        {valuesInWords(record, values, shown).map(([what, value]) => <span key={what}>{what}<b>{value}</b></span>)}</p>
    </section>
  );
}

function valuesNow({ board }, tS) {
  return valuesAt(board?.record && board.widthPx ? board.pieces(board.scale).readings : [], tS);
}

function tellView(element, { fromS, toS }) {
  element.setAttribute('aria-valuenow', `${Math.round(fromS)}`);
  element.setAttribute('aria-valuetext', t('from_to', { from: clock(fromS), to: clock(toS) }));
}

const VIEW_KEYS = { ArrowLeft: -0.1, ArrowRight: 0.1, PageUp: -0.9, PageDown: 0.9, Home: -Infinity, End: Infinity };

/* The view's own keys, by how much of its length; the arrows do not move the position meanwhile. */
function moveView(event, board) {
  const lengthS = board.view.toS - board.view.fromS;
  const by = VIEW_KEYS[event.key];
  if (by === undefined) return;
  event.preventDefault();
  event.stopPropagation();
  board.pan(Math.min(Math.max(by * lengthS, -board.lengthS), board.lengthS) / board.scale.secondsPerPx);
}

/* ---- beside the lanes ---- */

function Label({ lane: { name, top, height }, record }) {
  const inside = {
    customer: () => <Voice role="customer" record={record} />,
    agent: () => <Voice role="agent" record={record} />,
    mixed: () => <Voice role="mixed" record={record} />,
    cues: () => <span class="lane-name">{t('cues')}</span>,
    scores: () => <Scores />,
    pitch: () => <><span class="lane-name">{t('pitch')}</span><Guides of={['400', '200', '100', '50 Hz']} /></>,
    level: () => <><span class="lane-name">{t('level')}</span><Guides of={['0 dB', '−30', '−60']} /></>,
    pins: () => <span class="lane-name">{t('notes')}</span>,
  }[name];
  if (!inside) return null;
  const style = { insetBlockStart: `${top}px`, blockSize: `${height}px` };
  return <div class="lane" data-lane={name} style={style}>{inside()}</div>;
}

const Voice = ({ role, record }) => (
  <>
    <span class="lane-name voice" data-role={role}>{t(role)}</span>
    {!record.recorded && <small>{t('level_only')}</small>}
  </>
);

const Scores = () => (
  <>
    <span class="lane-name score" data-score="frustration">{t('frustration')}</span>
    <span class="lane-name score" data-score="stress">{t('stress')}</span>
    <small>{t('band')}</small>
    <Guides of={['100', '50', '0 %']} />
  </>
);

const Guides = ({ of }) => <span class="guides">{of.map((one) => <i key={one}>{one}</i>)}</span>;

/* ---- at the pointer ---- */

const ALL = { pitch: true, level: true };

function Tip({ place: { x, y, tS, box }, record, session }) {
  if (tS < 0 || tS > record.durationS) return null;
  const values = valuesNow(session, tS);
  const { widthPx, heightPx } = session.board;
  const beside = x + TIP_PX + 24 > widthPx ? x - TIP_PX - 14 : x + 14;
  const transform = `translate(${Math.max(beside, 4)}px, ${Math.min(y + 12, heightPx - TIP_HIGH_PX)}px)`;
  return (
    <div class="tip" dir="auto" style={{ transform }}>
      <p class="when figures"><b>{clock(tS)}</b> {talkAt(record, values, tS)}</p>
      {box && <BoxWords box={box} />}
      <ul class="figures">
        {valuesInWords(record, values, ALL).map(([what, value]) => (
          <li key={what}><span>{what}</span><b>{value}</b></li>))}
      </ul>
    </div>
  );
}

const BoxWords = ({ box: { kind, item } }) => (
  <p class="what">{kind === 'cue' ? `${cueName(item.kind)}: ${item.text}` : boardWords.pin(kind, item)}</p>
);

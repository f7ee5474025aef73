/* list.jsx - the calls: a table, of which each row becomes a card where there is little room. */

import texts from '../texts/calls.json';
import { CueChip, Icon } from '../shared/icons.jsx';
import { rankOfKind, severityOfKind } from '../shared/kinds.js';
import { may } from '../shared/rights.js';
import { textsOf } from '../shared/texts.js';
import { clock, consentName, cueName } from '../shared/words.js';
import { Menu } from './menu.jsx';
import { Picture } from './picture.jsx';
import { searchOf } from './query.js';
import { isLive, peakOf, peakWords, replayPath, whenOf, whenWords } from './words.js';

const t = textsOf(texts);
const COLUMNS = ['when', 'who', 'customer', 'course', 'peak', 'cues', 'remarks', 'more'];

/* Roles are said although a table has them: in browsers that lose them with the layout of cards. */
export const List = ({ calls, query, nowMs, act }) => (
  <table class="list card" role="table" aria-label={t('title')}>
    <thead role="rowgroup">
      <tr role="row">
        {COLUMNS.map((name) => (
          <th key={name} role="columnheader" class={name} scope="col">
            {name === 'more' ? <span class="unseen">{t('column_more')}</span> : t(`column_${name}`)}
          </th>
        ))}
      </tr>
    </thead>
    <tbody role="rowgroup">
      {calls.map((call) => <Row key={call.call} {...{ call, query, nowMs, act }} />)}
    </tbody>
  </table>
);

const Cell = ({ name, children, ...more }) => <td role="cell" class={name} {...more}>{children}</td>;

function Row({ call, query, nowMs, act }) {
  const heard = call.consent === 'given';
  return (
    <tr role="row" data-call={call.call} data-heard={heard}>
      <When call={call} nowMs={nowMs} linked={heard} />
      {heard ? <Heard call={call} query={query} /> : (
        <Cell name="unheard" colSpan={COLUMNS.length - 2}>
          <Icon name="unheard" />{consentName(call.consent)}: {t(unheard(call))}
        </Cell>
      )}
      <Cell name="more"><More {...{ call, query, nowMs, act }} /></Cell>
    </tr>
  );
}

const unheard = (call) => (call.held ? 'unheard_held' : isLive(call) ? 'unheard_live' : 'unheard');

function When({ call, nowMs, linked }) {
  const { day, hour } = whenOf(call.started_at, nowMs);
  const words = <><span>{day}</span>{hour && ' '}<span>{hour}</span></>;
  return (
    <th role="rowheader" scope="row" class="when">
      {linked ? <a class="figures" href={replayPath(call.call)}>{words}</a> : <span class="figures">{words}</span>}
      <span class="soft figures">
        {isLive(call) ? <span class="live"><Icon name="live" />{t('live')}</span> :
          call.duration_s != null && t('lasted', { time: clock(call.duration_s) })}
      </span>
    </th>
  );
}

const Heard = ({ call, query }) => (
  <>
    <Cell name="who">
      <span class="cut" title={call.agent ?? call.source}>{call.agent ?? call.source}</span>
      <span class="cut soft">{[call.team, call.queue].filter(Boolean).join(' · ')}</span>
    </Cell>
    <Cell name="customer">{call.customer && <span class="cut" title={call.customer}>{call.customer}</span>}</Cell>
    <Cell name="course"><Picture call={call} /></Cell>
    <Cell name="peak"><Peak call={call} /></Cell>
    <Cell name="cues">{cuesOf(call).map(([kind, n]) => <Cues key={kind} kind={kind} n={n} />)}</Cell>
    <Cell name="remarks"><Remarks call={call} query={query} /></Cell>
  </>
);

const cuesOf = (call) =>
  Object.entries(call.cues ?? {}).sort(([a, n], [b, m]) => rankOfKind(a) - rankOfKind(b) || m - n);

const Cues = ({ kind, n }) =>
  <CueChip kind={kind} severity={severityOfKind(kind)} text={t('cue_times', { cue: cueName(kind), n })} />;

function Peak({ call }) {
  const peak = peakOf(call);
  if (!peak) return <span class="soft">{t('not_scored')}</span>;
  return (
    <>
      <a class="figures" href={replayPath(call.call, peak.tS)}>{peakWords(peak)}</a>
      <span class="soft kind"><span class={`key ${peak.kind}`} />{cueName(peak.kind)}</span>
    </>
  );
}

const Remarks = ({ call, query }) => (
  <>
    {call.tags.map((tag) => (
      <a key={tag} class="tag" href={searchOf({ ...query, tag }) || '?'} title={t('tag_others', { tag })}>
        <Icon name="tag" /><span class="cut">{tag}</span>
      </a>
    ))}
    {call.notes > 0 && (
      <a class="sign" href={`${replayPath(call.call)}#notes`}><Icon name="note" />{t('notes', { n: call.notes })}</a>
    )}
    {call.recording && <span class="sign"><Icon name="record" />{t(`recording_${call.recording}`)}</span>}
    {call.held && <span class="sign held"><Icon name="hold" />{t('held')}</span>}
    {call.arm === 'held_out' && <span class="sign"><Icon name="unheard" />{t('held_out')}</span>}
  </>
);

/* One call, or the customer's: what is not allowed, or not possible now, is not in it. */
function More({ call, query, nowMs, act }) {
  const [heard, live] = [call.consent === 'given', isLive(call)];
  const narrowed = (key) => call[key] && query[key] !== call[key] &&
    { icon: key === 'agent' ? 'person' : 'queue', words: t(`only_${key}`, { name: call[key] }),
      href: searchOf({ ...query, [key]: call[key] }) };
  const deletion = (kind, words) => ({ icon: 'trash', words, run: () => act(kind, call), danger: true });
  return (
    <Menu label={t('more_of', { when: whenWords(call.started_at, nowMs) })} items={[
      heard && { icon: 'play', words: t('open'), href: replayPath(call.call) },
      narrowed('agent'), narrowed('customer'),
      may('hold') && !live && (call.held ?
        { icon: 'hold', words: t('hold_lift'), run: () => act('lift', call) } :
        heard && { icon: 'hold', words: t('hold_set'), run: () => act('hold', call) }),
      may('delete') && !live && deletion('delete', t('delete')),
      may('delete') && call.customer &&
        { ...deletion('delete_all', t('delete_all', { name: call.customer })), apart: true },
    ]} />
  );
}

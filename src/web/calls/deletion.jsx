/* deletion.jsx - deleting a call, or all of a customer's: what will be gone, a confirmation, the receipt; and those of
 * deletions that were. */

import { useEffect, useState } from 'preact/hooks';

import texts from '../texts/calls.json';
import { announce } from '../shared/announce.js';
import { get, post, remove } from '../shared/api.js';
import { Dialog } from '../shared/dialog.jsx';
import { Icon } from '../shared/icons.jsx';
import { textsOf } from '../shared/texts.js';
import { clock, moment } from '../shared/words.js';
import { savePaper } from './paper.js';
import { owedOf, titleOf, toldOf } from './receipt.js';
import { isLive, whenWords } from './words.js';

const t = textsOf(texts);

/* A refusal in the reader's language where it is one we know. */
const refusal = (error, call) => {
  if (error.status === 409 && call) return t(isLive(call) ? 'refused_live' : 'refused_held');
  if (error.status === 404) return t(call ? 'refused_gone' : 'refused_none');
  return t('refused', { why: error.message });
};

/* deleted: told the ids of what is gone. */
export function DeleteCall({ call, nowMs, close, deleted }) {
  const lost = [
    call.recording && t('lose_recording'),
    call.consent === 'given' && t('lose_scores'),
    ...['cues', 'notes', 'tags'].map((kind) => [kind, countOf(call[kind])])
      .filter(([, n]) => n).map(([kind, n]) => t(`lose_${kind}`, { n })),
  ].filter(Boolean);
  return (
    <Deletion title={t('delete_one_title')} button={t('delete_one')} calls={[call]} close={close} deleted={deleted}
      perform={() => remove(`api/calls/${call.call}`)} refusalOf={(error) => refusal(error, call)}>
      <p><b>{whenWords(call.started_at, nowMs)}</b> {aboutOf(call)}</p>
      {lost.length > 0 && <Losses losses={lost} />}
      <p>{t('delete_for_good')}</p>
    </Deletion>
  );
}

const countOf = (value) =>
  (Array.isArray(value) ? value.length : typeof value === 'object' && value ? sum(Object.values(value)) : value);
const sum = (values) => values.reduce((all, n) => all + n, 0);

const aboutOf = ({ agent, source, customer, duration_s: durationS }) =>
  [agent ?? source, customer, durationS != null && clock(durationS)].filter(Boolean).join(' · ');

const Losses = ({ losses }) => (
  <>
    <p>{t('delete_takes')}</p>
    <ul class="losses">{losses.map((words) => <li key={words}>{words}</li>)}</ul>
  </>
);

/* All that is kept under the reference now; the server decides by itself what that is. */
async function callsOf(customer) {
  const calls = [];
  let before;
  do {
    const page = await get('api/calls', { customer, limit: 500, before });
    calls.push(...page.calls);
    before = page.next;
  } while (before);
  return calls;
}

export function DeleteCustomer({ customer, close, deleted }) {
  const [calls, setCalls] = useState(null);
  const [failed, setFailed] = useState(null);
  useEffect(() => {
    callsOf(customer).then(setCalls, (error) => setFailed(refusal(error)));
  }, [customer]);

  if (!calls && !failed) return null; /* a moment: a window that grows under the pointer is worse */
  const kept = calls?.filter((call) => call.held || isLive(call)) ?? [];
  const n = (calls?.length ?? 0) - kept.length;
  return (
    <Deletion title={t('delete_all_title', { name: customer })} calls={calls ?? []} customer={customer} close={close}
      deleted={deleted} failed={failed}
      button={n > 0 && t('delete_n', { n })} perform={() => post('api/deletions', { customer })} refusalOf={refusal}>
      {calls && (
        <>
          <p>{t('delete_all_n', { n })}</p>
          {kept.length > 0 && <p>{t('delete_kept', { n: kept.length })}</p>}
          {n > 0 && <p>{t('delete_for_good')}</p>}
        </>
      )}
    </Deletion>
  );
}

/* Asked, done, told. button: what confirms it; without words there is nothing to confirm. calls: what is known of those
 * that may go, while it is. */
function Deletion(props) {
  const { title, button, calls, customer = null, perform, refusalOf, failed = null, close, deleted, children } = props;
  const [state, setState] = useState({ busy: false, why: null, receipt: null });
  async function confirm() {
    setState({ busy: true, why: null, receipt: null });
    try {
      const receipt = await perform();
      setState({ busy: false, why: null, receipt });
      announce(titleOf(receipt));
      deleted(receipt.calls);
    } catch (error) {
      setState({ busy: false, why: refusalOf(error), receipt: null });
    }
  }
  if (state.receipt) return <Receipt told={toldOf(state.receipt, calls, customer)} close={close} />;
  const why = state.why ?? failed;
  return (
    <Dialog title={title} close={close}>
      {children}
      {why && <p class="refused" role="alert" data-severity="urgent"><Icon name="lost" />{why}</p>}
      <p class="actions">
        {button && (
          <button type="button" class="button danger" aria-disabled={String(state.busy)}
            onClick={() => state.busy || confirm()}>
            <Icon name="trash" />{button}
          </button>
        )}
        <button type="button" class="button" onClick={close}>{t('keep')}</button>
      </p>
    </Dialog>
  );
}

/* ---- what the server says it did ---- */

const Facts = ({ facts }) => (
  <dl class="facts">
    {facts.map(({ name, value }) => <div key={name}><dt>{name}</dt><dd class="figures">{value}</dd></div>)}
  </dl>
);

function Receipt({ told, close }) {
  return (
    <Dialog title={told.title} close={close} class="receipt">
      <Facts facts={told.facts} />
      <h3>{t('receipt_calls')}</h3>
      <ul>
        {told.calls.map(({ id, when, about }) => (
          <li key={id}>{when && <b>{when}</b>}{about && <span>{about}</span>}<small class="soft">{id}</small></li>
        ))}
      </ul>
      {told.deleted.length > 0 && <><h3>{t('receipt_deleted')}</h3><Facts facts={told.deleted} /></>}
      {told.left.length ? (
        <div class="left" data-severity="notice">
          <h3><Icon name="lost" />{t('receipt_left')}</h3>
          <ul>{told.left.map((words) => <li key={words}>{words}</li>)}</ul>
        </div>
      ) : <p class="done"><Icon name="check" />{t('receipt_complete')}</p>}
      <p class="actions">
        <button type="button" class="button primary" onClick={() => savePaper(told)}>
          <Icon name="download" />{t('receipt_save')}
        </button>
        <button type="button" class="button" onClick={close}>{t('done')}</button>
      </p>
    </Dialog>
  );
}

/* ---- past deletions ---- */

export function Deletions({ close }) {
  const [{ receipts, why }, setFound] = useState({ receipts: null, why: null });
  useEffect(() => {
    get('api/deletions').then(({ deletions }) => setFound({ receipts: deletions, why: null }),
      (error) => setFound({ receipts: null, why: t('refused', { why: error.message }) }));
  }, []);
  if (!receipts && !why) return null; /* a moment, as above */
  return (
    <Dialog title={t('deletions')} close={close} class="deletions">
      {why && <p class="refused" role="alert" data-severity="urgent"><Icon name="lost" />{why}</p>}
      {receipts?.length === 0 && <p>{t('deletions_none')}</p>}
      {receipts?.length > 0 && <ul>{receipts.map((one) => <Past key={one.receipt} receipt={one} />)}</ul>}
      <p class="actions"><button type="button" class="button" onClick={close}>{t('done')}</button></p>
    </Dialog>
  );
}

function Past({ receipt }) {
  const owed = owedOf(receipt);
  return (
    <li>
      <p><b class="figures">{moment(receipt.at)}</b> {titleOf(receipt)}</p>
      <button type="button" class="button quiet" aria-label={t('receipt_save_of', { number: receipt.receipt })}
        title={t('receipt_save')} onClick={() => savePaper(toldOf(receipt))}>
        <Icon name="download" />
      </button>
      <small class="soft">{receipt.receipt}</small>
      {owed.length ? owed.map(({ key, ...values }) => (
        <p key={key + values.path} class="state" data-severity="notice">
          <Icon name="lost" />{t(`left_${key}`, values)}
        </p>
      )) : <p class="state"><Icon name="check" />{t('receipt_complete')}</p>}
    </li>
  );
}

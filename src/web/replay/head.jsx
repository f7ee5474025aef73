/* head.jsx - which call this is, and what can be done with it as a whole. */
import { useEffect, useRef, useState } from 'preact/hooks';

import { address } from '../shared/api.js';
import { Dialog } from '../shared/dialog.jsx';
import { Icon } from '../shared/icons.jsx';
import { clock, moment } from '../shared/words.js';
import { t } from './texts.js';

const FORMATS = ['jsonl', 'csv', 'labels', 'vtt', 'textgrid'];

export const titleOf = (record) => {
  const when = moment(record.startedAt);
  return when ? t('call_of', { when }) : t('call');
};

function factsOf(record) {
  return [
    record.durationS > 0 && clock(record.durationS),
    record.agent && t('of_agent', { name: record.agent }),
    record.team && t('of_team', { name: record.team }),
    record.queue && t('of_queue', { name: record.queue }),
    record.customer && t('of_customer', { name: record.customer }),
    record.source,
  ].filter(Boolean);
}

export const Head = ({ record, link }) => (
  <header class="call-head">
    <div>
      <h1>{titleOf(record)}</h1>
      <p class="soft facts figures">{factsOf(record).map((fact) => <span key={fact}>{fact}</span>)}</p>
    </div>
    <div class="doing">
      <CopyLink link={link} />
      {record.kept && !record.live && <Export id={record.id} />}
      <button type="button" class="button" onClick={() => print()}>
        <Icon name="print" /><span>{t('print')}</span></button>
      {record.kept && (
        <a class="button" href={address(`calls/?call=${record.id}`)}>
          <Icon name="hold" /><span>{t('manage')}</span></a>)}
    </div>
  </header>
);

/* Some browsers let a page write to the clipboard only over https: there the link is shown. */
function CopyLink({ link }) {
  const [copied, setCopied] = useState(false);
  const [shown, setShown] = useState('');
  useEffect(() => {
    if (!copied) return undefined;
    const timer = setTimeout(setCopied, 2500, false);
    return () => clearTimeout(timer);
  }, [copied]);

  async function copy() {
    try {
      await navigator.clipboard.writeText(link());
      setCopied(true);
    } catch {
      setShown(link());
    }
  }
  return (
    <>
      <button type="button" class="button copy" onClick={copy}><Icon name={copied ? 'check' : 'link'} />
        <span class="both"><span data-on={!copied}>{t('copy_link')}</span>
          <span data-on={copied} role="status">{copied && t('copied')}</span></span></button>
      {shown && <Dialog title={t('copy_link')} close={() => setShown('')}>
        <p>{t('copy_by_hand')}</p>
        <input class="link" readOnly value={shown} aria-label={t('link')} ref={(field) => field?.select()} /></Dialog>}
    </>
  );
}

function Export({ id }) {
  const menu = useRef(null);
  const close = () => { menu.current.open = false; };
  useEffect(() => {
    const outside = (event) => menu.current && !menu.current.contains(event.target) && close();
    addEventListener('pointerdown', outside);
    return () => removeEventListener('pointerdown', outside);
  }, []);
  const escape = (event) => {
    if (event.key !== 'Escape' || !menu.current.open) return;
    close();
    menu.current.querySelector('summary').focus();
  };
  const left = ({ relatedTarget: to }) => to && !menu.current.contains(to) && close();
  return (
    <details class="menu" ref={menu} onKeyDown={escape} onFocusOut={left}>
      <summary class="button"><Icon name="download" /><span>{t('export')}</span></summary>
      <ul class="card">{FORMATS.map((format) => (
        <li key={format}><a download href={address(`api/calls/${id}/export?format=${format}`)} onClick={close}>
          <b>{t(`format_${format}`)}</b><span class="soft">{t(`format_${format}_for`)}</span></a></li>
      ))}</ul>
    </details>
  );
}

/* What has to be known before the timeline is read. */
export function Notices({ record, failed }) {
  const all = [
    failed && ['lost', 'notice', t('notice_unplayable')],
    record.heldOut && ['unheard', 'none', t('notice_held_out')],
    record.interrupted && ['lost', 'notice', t('notice_interrupted')],
    record.onHold && ['hold', 'info', t('notice_on_hold')],
    !record.kept && ['unstored', 'notice', t('notice_unkept')],
  ].filter(Boolean);
  return all.length > 0 && (
    <ul class="notices">{all.map(([icon, severity, words]) => (
      <li key={words} data-severity={severity}><Icon name={icon} />{words}</li>))}</ul>
  );
}

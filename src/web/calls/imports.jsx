/* imports.jsx - recordings from the person's own machine: dropped on the page or chosen, with what must be known of
 * them, and how far each has come. */

import { useCallback, useEffect, useId, useRef, useState } from 'preact/hooks';

import texts from '../texts/calls.json';
import { announce } from '../shared/announce.js';
import { address, get, Refused } from '../shared/api.js';
import { Dialog } from '../shared/dialog.jsx';
import { Icon } from '../shared/icons.jsx';
import { useOften } from '../shared/standing.js';
import { textsOf } from '../shared/texts.js';
import { bytes, percent } from '../shared/words.js';
import { isHere, isOver, openUploads } from './uploads.js';
import { replayPath } from './words.js';

const t = textsOf(texts);
const KINDS = '.wav,.flac,.ogg,.opus,.mp3,.au,audio/*';
const CHANNELS = ['agent,customer', 'customer,agent', 'customer', 'mixed'];
const FIELDS = ['agent', 'team', 'queue', 'customer'];
const FOLLOW_MS = 1000;
const LOOK_MS = 15_000;

/* ---- sending: XMLHttpRequest, since fetch does not say how much has gone ---- */

function send({ file, name, answers }, onPart) {
  const request = new XMLHttpRequest();
  const done = new Promise((sent, failed) => {
    request.upload.onprogress = ({ loaded, total }) => total && onPart(loaded / total);
    request.onload = () => {
      const answer = parsed(request.responseText);
      if (request.status === 202) sent(answer.import);
      else failed(new Refused(answer.error ?? request.statusText, request.status));
    };
    request.onerror = () => failed(new Error(t('import_broken')));
    request.onabort = () => failed(new DOMException('', 'AbortError'));
  });
  request.open('POST', address(`api/imports?${new URLSearchParams({ ...answers, name, consent: 'given' })}`));
  request.setRequestHeader('Content-Type', 'application/octet-stream');
  request.send(file);
  return { done, stop: () => request.abort() };
}

function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    return {};
  }
}

/* over(): told when one more is in the store. */
export function useUploads(over) {
  const [uploads, setUploads] = useState([]);
  const [own] = useState(() => openUploads(send, setUploads));
  const follows = uploads.some((upload) => !isOver(upload) && !isHere(upload));
  const look = useCallback(() => get('api/imports').then(({ imports }) => own.heard(imports), () => {}), [own]);
  useOften(look, follows ? FOLLOW_MS : LOOK_MS);

  const before = useRef(new Map());
  useEffect(() => {
    for (const upload of uploads) {
      const was = before.current.get(upload.key);
      if (was === upload.state || was === undefined || !isOver(upload)) continue;
      announce(`${upload.name}: ${t(`upload_${upload.state}`)}`);
      if (upload.state === 'done') over();
    }
    before.current = new Map(uploads.map(({ key, state }) => [key, state]));
  }, [uploads]);

  const sending = uploads.some(isHere);
  useEffect(() => {
    if (!sending) return undefined;
    const warn = (event) => {
      event.preventDefault();
      event.returnValue = true; /* for browsers before 2024 */
    };
    addEventListener('beforeunload', warn);
    return () => removeEventListener('beforeunload', warn);
  }, [sending]);
  return { uploads, ...own };
}

/* ---- dropping ---- */

const hasFiles = (event) => event.dataTransfer?.types.includes('Files');

/* Anywhere on the page; says whether something is held over it. */
export function useDrop(take) {
  const [over, setOver] = useState(false);
  useEffect(() => {
    const on = {
      dragover(event) {
        if (!hasFiles(event)) return;
        event.preventDefault();
        setOver(true);
      },
      dragleave: (event) => event.relatedTarget === null && setOver(false),
      drop(event) {
        if (!hasFiles(event)) return;
        event.preventDefault();
        setOver(false);
        take([...event.dataTransfer.files]);
      },
    };
    for (const [name, listener] of Object.entries(on)) addEventListener(name, listener);
    return () => Object.entries(on).forEach(([name, listener]) => removeEventListener(name, listener));
  }, [take]);
  return over;
}

export const DropSign = () => (
  <div class="drop-sign" aria-hidden="true"><p><Icon name="upload" />{t('drop')}</p></div>
);

export function ImportButton({ take }) {
  const input = useRef(null);
  return (
    <>
      <button type="button" class="button primary" onClick={() => input.current.click()}>
        <Icon name="upload" />{t('import')}
      </button>
      <input ref={input} type="file" multiple accept={KINDS} hidden aria-label={t('import')}
        onChange={({ target }) => {
          take([...target.files]);
          target.value = '';
        }} />
    </>
  );
}

/* ---- what must be known ---- */

const UNANSWERED = { channels: CHANNELS[0], agent: '', team: '', queue: '', customer: '', record: true };

export function ImportDialog({ files, seen, close, start }) {
  const [answers, setAnswers] = useState(UNANSWERED);
  const [agreed, setAgreed] = useState(false);
  const [asked, setAsked] = useState(false);
  const vouch = useRef(null);
  const faultId = useId();
  const set = (more) => setAnswers({ ...answers, ...more });
  const fault = asked && !agreed;

  function go(event) {
    event.preventDefault();
    setAsked(true);
    if (!agreed) vouch.current.focus();
    else start(Object.fromEntries(Object.entries(answers).filter(([, value]) => value !== '').map(([key, value]) =>
      [key, typeof value === 'string' ? value.trim() : `${value}`])));
  }
  return (
    <Dialog title={t('import_title', { n: files.length })} close={close} class="import">
      <form onSubmit={go} noValidate>
        <ul class="files">
          {files.map((file) => (
            <li key={file.name}>
              <span class="cut">{file.name}</span><span class="soft figures">{bytes(file.size)}</span>
            </li>
          ))}
        </ul>
        <fieldset>
          <legend>{t('channels')}</legend>
          {CHANNELS.map((channels) => (
            <label key={channels} class="tick">
              <input type="radio" name="channels" checked={answers.channels === channels}
                onChange={() => set({ channels })} />
              <span>{t(`channels_${channels.replace(',', '_')}`)}
                {channels === 'mixed' && <span class="soft"> {t('channels_mixed_means')}</span>}</span>
            </label>
          ))}
        </fieldset>
        <fieldset>
          <legend>{t('import_known')}</legend>
          <div class="fields">
            {FIELDS.map((name) => <Field key={name} name={name} value={answers[name]} seen={seen[name]} set={set} />)}
          </div>
        </fieldset>
        <label class="tick">
          <input type="checkbox" checked={answers.record} onChange={({ target }) => set({ record: target.checked })} />
          <span>{t('import_record')}</span>
        </label>
        <label class="tick vouch" data-fault={fault}>
          <input ref={vouch} type="checkbox" checked={agreed} aria-invalid={String(fault)} required
            aria-describedby={fault ? faultId : undefined} onChange={({ target }) => setAgreed(target.checked)} />
          <span>{t('import_vouch')}</span>
        </label>
        {fault && (
          <p id={faultId} class="refused" role="alert" data-severity="urgent">
            <Icon name="lost" />{t('import_wants_vouch')}
          </p>
        )}
        <p class="actions">
          <button type="submit" class="button primary">
            <Icon name="upload" />{t('import_go', { n: files.length })}
          </button>
          <button type="button" class="button" onClick={close}>{t('leave')}</button>
        </p>
      </form>
    </Dialog>
  );
}

function Field({ name, value, seen, set }) {
  const id = useId();
  return (
    <label class="field">
      {t(`field_${name}`)}
      <input value={value} list={id} maxLength={63} autocomplete="off" spellcheck={false}
        onInput={({ target }) => set({ [name]: target.value })} />
      <datalist id={id}>{[...(seen ?? [])].map((one) => <option key={one} value={one} />)}</datalist>
    </label>
  );
}

/* ---- how far each has come ---- */

/* Out of the way, but for its heading, when it is put away. */
export function Uploads({ uploads, stop, clear }) {
  const [shown, setShown] = useState(true);
  const id = useId();
  if (!uploads.length) return null;
  const under = uploads.filter((upload) => !isOver(upload)).length;
  return (
    <section class="uploads card" aria-label={t('imports')}>
      <header>
        <h2>{under ? t('imports_under', { n: under }) : t('imports_over')}</h2>
        <button type="button" class="button quiet" disabled={under === uploads.length} onClick={clear}>
          {t('imports_clear')}
        </button>
        <button type="button" class="button quiet" aria-expanded={String(shown)} aria-controls={id}
          onClick={() => setShown(!shown)}>
          {t(shown ? 'imports_hide' : 'imports_show')}
        </button>
      </header>
      <ul id={id} hidden={!shown}>
        {uploads.map((upload) => <Upload key={upload.key} upload={upload} stop={stop} />)}
      </ul>
    </section>
  );
}

const SIGNS = { done: 'check', known: 'check', failed: 'lost', stopped: 'close' };

/* Which file it is stands above already. */
const withoutName = (why, name) => (why.startsWith(`${name}: `) ? why.slice(name.length + 2) : why);

function Upload({ upload, stop }) {
  const { key, name, state, part, call, why } = upload;
  const measured = state === 'sending' || state === 'listening';
  return (
    <li data-state={state}>
      <span class="cut" title={name}>{name}</span>
      {isHere(upload) && (
        <button type="button" class="button quiet" aria-label={t('upload_stop', { name })} onClick={() => stop(key)}>
          <Icon name="close" />
        </button>
      )}
      {call && <a href={replayPath(call)}>{t('upload_open')}</a>}
      {!isOver(upload) && <progress aria-label={name} max={1} value={measured ? part : 0} />}
      <span class="state" data-severity={state === 'failed' ? 'urgent' : 'none'}>
        {SIGNS[state] && <Icon name={SIGNS[state]} />}
        {t(`upload_${state}`)}{measured && ` ${percent(part)}`}{why && `: ${withoutName(why, name)}`}
      </span>
    </li>
  );
}

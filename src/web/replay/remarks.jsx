/* remarks.jsx - notes and tags, pinned to times. */
import { useEffect, useRef, useState } from 'preact/hooks';

import { Icon } from '../shared/icons.jsx';
import { clock, moment } from '../shared/words.js';
import { At } from './at.jsx';
import { t } from './texts.js';

/* add(kind, text, tS) and drop(kind, number) promise; note: a ref to the field. */
export function Remarks({ record, tS, note, add, drop, seek }) {
  const all = [
    ...record.notes.map((one) => ({ ...one, kind: 'notes' })),
    ...record.tags.map((one) => ({ ...one, kind: 'tags' })),
  ].sort((a, b) => (a.tS ?? -1) - (b.tS ?? -1));
  const section = useRef(null);
  useEffect(() => {
    if (location.hash === '#notes') section.current.scrollIntoView();
  }, []);
  return (
    <section ref={section} class={`panel remarks${all.length ? '' : ' none'}`} aria-labelledby="notes-title">
      <h2 id="notes-title">{t('notes_tags')}</h2>
      <Writer kind="notes" tS={tS} add={add} field={note} />
      <Writer kind="tags" tS={tS} add={add} />
      {all.length > 0 && <ul class="card">{all.map((one) => (
        <Remark key={`${one.kind}${one.number}`} one={one} drop={drop} seek={seek} />))}</ul>}
    </section>
  );
}

/* What is written is of the time at which it was begun. */
function Writer({ kind, tS, add, field }) {
  const own = useRef(null);
  const element = field ?? own;
  const [text, setText] = useState('');
  const [begunS, setBegunS] = useState(null);
  const [why, setWhy] = useState('');
  const atS = begunS ?? tS;

  function written(value) {
    setText(value);
    setBegunS(value ? atS : null);
  }

  async function send(event) {
    event.preventDefault();
    if (!text.trim()) return void element.current.focus();
    try {
      await add(kind, text.trim(), atS);
      setText('');
      setBegunS(null);
      setWhy('');
    } catch (error) {
      setWhy(t('not_added', { why: error.message }));
    }
  }

  const sends = (event) => event.key === 'Enter' && !event.shiftKey && !event.isComposing && send(event);
  const more = { ref: element, value: text, onInput: (event) => written(event.currentTarget.value), onKeyDown: sends };
  const label = t(`${kind}_at`, { time: clock(atS) });
  return (
    <form class="writer" onSubmit={send}>
      {kind === 'notes' ? <textarea rows={2} maxLength={2000} placeholder={label} aria-label={label} {...more} />
        : <input maxLength={60} placeholder={label} aria-label={label} {...more} />}
      <button type="submit" class="button" aria-label={t(`add_${kind}`)}>
        <Icon name={kind === 'notes' ? 'note' : 'tag'} />{t('add')}</button>
      {why && <p class="wrong-note" role="alert">{why}</p>}
    </form>
  );
}

function Remark({ one, drop, seek }) {
  const [asking, setAsking] = useState(false);
  const [why, setWhy] = useState('');
  const erase = () => drop(kind, number).catch((error) => setWhy(t('not_deleted', { why: error.message })));
  const { kind, number, tS, text, who, at } = one;
  return (
    <li data-kind={kind}>
      <At tS={tS} seek={seek} none={t('whole_call')} />
      <div><p class="text">{kind === 'tags' && <Icon name="tag" />}{text}</p>
        <p class="soft small">{[who, moment(at)].filter(Boolean).join(' · ')}</p>
        {why && <p class="wrong-note" role="alert">{why}</p>}</div>
      {asking ? (
        <span class="sure">
          <button type="button" class="button danger" onClick={erase}>{t('delete')}</button>
          <button type="button" class="button" onClick={() => setAsking(false)}>{t('keep')}</button>
        </span>
      ) : (
        <button type="button" class="button quiet" onClick={() => setAsking(true)} title={t('delete')}
          aria-label={t(`delete_${kind}`, { text })}><Icon name="trash" /></button>
      )}
    </li>
  );
}

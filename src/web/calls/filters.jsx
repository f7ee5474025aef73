/* filters.jsx - which calls are listed, and in which order. What is typed counts at Enter or when the field is left, or
 * sooner: words once the person pauses, a name once it is one that was seen. */

import { useEffect, useId, useRef, useState } from 'preact/hooks';

import texts from '../texts/calls.json';
import { Icon } from '../shared/icons.jsx';
import { textsOf } from '../shared/texts.js';
import { cueName, percent } from '../shared/words.js';
import { CUES, fieldsSet, knownName, PEAKS, PERIODS, STATES, withoutFields } from './query.js';

const t = textsOf(texts);
const OFFERED = ['agent', 'team', 'queue', 'customer'];
const PAUSE_MS = 300; /* longer than between two keys */

/* Buttons of which one is pressed. */
const Choice = ({ label, value, options, choose }) => (
  <div class="choice" role="group" aria-label={label}>
    {options.map(([option, words]) => (
      <button key={option} type="button" class="button" aria-pressed={String(option === value)}
        onClick={() => choose(option)}>
        {words}
      </button>
    ))}
  </div>
);

const Period = ({ query, change }) => (
  <>
    <Choice label={t('period')} value={query.period} choose={(period) => change({ period })}
      options={['', ...PERIODS, 'dates'].map((period) => [period, t(`period_${period || 'any'}`)])} />
    {query.period === 'dates' && (
      <div class="dates">
        {['from', 'to'].map((end) => (
          <label key={end}>
            {t(end)}
            <input type="date" value={query[end]} onChange={({ target }) => change({ [end]: target.value })} />
          </label>
        ))}
      </div>
    )}
  </>
);

/* What is typed into a field, beside what is asked for. change(value, more): more is true where the value before was
 * typed here as well, and this one takes its place. */
function useTyped(value, change) {
  const [typed, setTyped] = useState(value);
  const asked = useRef(value);
  const begun = useRef(false);
  useEffect(() => {
    if (value !== asked.current) setTyped(asked.current = value);
  }, [value]);
  const ask = (next) => {
    if (next === asked.current) return;
    asked.current = next;
    change(next, begun.current);
    begun.current = true;
  };
  return { typed, setTyped, ask, end: () => (begun.current = false), waits: typed.trim() !== value };
}

/* whole: a name, of which a part finds nothing; seen: those to be offered. */
function Field({ name, whole, query, change, seen = [] }) {
  const [id, listId, hintId] = [useId(), useId(), useId()];
  const pause = useRef(null);
  const { typed, setTyped, ask, end, waits } = useTyped(query[name], (value, more) => change({ [name]: value }, more));
  useEffect(() => () => clearTimeout(pause.current), []);

  const askNow = (words) => {
    clearTimeout(pause.current);
    ask(words.trim());
  };
  function type(words) {
    setTyped(words);
    clearTimeout(pause.current);
    const known = knownName(words, seen);
    if (!whole && words.trim()) pause.current = setTimeout(() => ask(words.trim()), PAUSE_MS);
    else if (!words.trim()) ask('');
    else if (known) {
      setTyped(known);
      ask(known);
    }
  }
  return (
    <div class="field">
      <div><label for={id}>{t(`field_${name}`)}</label>
        {whole && waits && <span id={hintId} class="hint">{t('enter_searches')}</span>}</div>
      <input id={id} type="search" value={typed} list={listId} autocomplete="off" spellcheck={false}
        aria-describedby={whole && waits ? hintId : undefined} onInput={({ target }) => type(target.value)}
        onKeyDown={({ key }) => key === 'Enter' && askNow(typed)}
        onBlur={() => {
          askNow(typed);
          end();
        }} />
      <datalist id={listId}>{[...seen].sort().map((one) => <option key={one} value={one} />)}</datalist>
    </div>
  );
}

const Select = ({ name, query, change, options }) => (
  <label>
    {t(`field_${name}`)}
    <select value={query[name]} onChange={({ target }) => change({ [name]: target.value })}>
      <option value="">{t('any')}</option>
      {options.map(([value, words]) => <option key={value} value={value}>{words}</option>)}
    </select>
  </label>
);

/* seen: names by field, to be offered. change(more, again): again is true where it takes the last change's place. */
export function Filters({ query, change, seen }) {
  const [open, setOpen] = useState(false);
  const id = useId();
  const set = fieldsSet(query).length;
  const of = { query, change };
  return (
    <form class="filters card" role="search" aria-label={t('filters')} onSubmit={(event) => event.preventDefault()}>
      <div class="filters-first">
        <Period {...of} />
        <Choice label={t('order')} value={query.order} choose={(order) => change({ order })}
          options={[['', t('order_time')], ['peak', t('order_peak')]]} />
        <button type="button" class="button filters-more" aria-expanded={String(open)} aria-controls={id}
          onClick={() => setOpen(!open)}>
          <Icon name="settings" />{set ? t('filters_set', { n: set }) : t('filters')}
        </button>
        {set > 0 && (
          <button type="button" class="button quiet clear" onClick={() => change(withoutFields(query))}>
            <Icon name="close" />{t('clear')}
          </button>
        )}
      </div>
      <div id={id} class="filters-fields" data-open={open}>
        {OFFERED.map((name) => <Field key={name} name={name} whole seen={seen[name]} {...of} />)}
        <Select name="cue" options={CUES.map((cue) => [cue, cueName(cue)])} {...of} />
        <Select name="peak" options={PEAKS.map((peak) => [peak, t('peak_from', { share: percent(peak) })])} {...of} />
        <Field name="tag" seen={seen.tag} {...of} />
        <Field name="text" {...of} />
        <Select name="state" options={STATES.map((state) => [state, t(`state_${state}`)])} {...of} />
      </div>
    </form>
  );
}

/* filters.jsx - which calls are listed, and in which order. What is typed counts when it is done: Enter, or leaving the
 * field; names have to be whole, and those that were seen are offered. */

import { useId, useState } from 'preact/hooks';

import texts from '../texts/calls.json';
import { Icon } from '../shared/icons.jsx';
import { textsOf } from '../shared/texts.js';
import { cueName, percent } from '../shared/words.js';
import { CUES, fieldsSet, PEAKS, PERIODS, STATES, withoutFields } from './query.js';

const t = textsOf(texts);
const OFFERED = ['agent', 'team', 'queue', 'customer'];

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

function Name({ name, query, change, seen = [] }) {
  const id = useId();
  return (
    <label>
      {t(`field_${name}`)}
      <input type="search" value={query[name]} list={id} autocomplete="off" spellcheck={false}
        onChange={({ target }) => change({ [name]: target.value.trim() })} />
      <datalist id={id}>{[...seen].sort().map((one) => <option key={one} value={one} />)}</datalist>
    </label>
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

/* seen: names by field, to be offered. */
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
        {OFFERED.map((name) => <Name key={name} name={name} seen={seen[name]} {...of} />)}
        <Select name="cue" options={CUES.map((cue) => [cue, cueName(cue)])} {...of} />
        <Select name="peak" options={PEAKS.map((peak) => [peak, t('peak_from', { share: percent(peak) })])} {...of} />
        <Name name="tag" seen={seen.tag} {...of} />
        <Name name="text" {...of} />
        <Select name="state" options={STATES.map((state) => [state, t(`state_${state}`)])} {...of} />
      </div>
    </form>
  );
}

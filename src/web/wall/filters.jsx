/* filters.jsx - which calls are meant, and what the lines on their cards are. */

import texts from '../texts/wall.json';
import { Icon } from '../shared/icons.jsx';
import { textsOf } from '../shared/texts.js';
import { cueName } from '../shared/words.js';
import { CUES, isNarrowed, NO_FILTER } from './filter.js';

const t = textsOf(texts);

const Choice = ({ name, filter, options, narrow }) => (
  <select aria-label={t(name)} value={filter[name]} data-chosen={filter[name] ? '' : undefined}
    onChange={({ target }) => narrow({ ...filter, [name]: target.value })}>
    <option value="">{t(`all_${name}`)}</option>
    {options.map(([value, words]) => <option key={value} value={value}>{words}</option>)}
  </select>
);

/* names: teams and queues that calls have. */
export function Filters({ filter, names, narrow }) {
  const of = { filter, narrow };
  const named = (list) => list.map((name) => [name, name]);
  return (
    <form class="filters" role="search" aria-label={t('filters')} onSubmit={(event) => event.preventDefault()}>
      <span class="find">
        <Icon name="search" />
        <input id="search" type="search" value={filter.search} aria-label={t('search')} placeholder={t('search')}
          aria-keyshortcuts="/" autocomplete="off" spellcheck={false} maxLength={64}
          onInput={({ target }) => narrow({ ...filter, search: target.value })} />
        <kbd aria-hidden="true">/</kbd>
      </span>
      <Choice name="team" options={named(names.team)} {...of} />
      <Choice name="queue" options={named(names.queue)} {...of} />
      <Choice name="cue" options={CUES.map((cue) => [cue, cueName(cue)])} {...of} />
      <button type="button" class="button only" aria-pressed={String(filter.only === 'cue')}
        onClick={() => narrow({ ...filter, only: filter.only ? '' : 'cue' })}>
        {t('only')}
      </button>
      {isNarrowed(filter) && (
        <button type="button" class="button quiet" onClick={() => narrow(NO_FILTER)}>
          <Icon name="close" />{t('clear')}
        </button>
      )}
    </form>
  );
}

export const Legend = () => (
  <p class="legend soft">
    <span>{t('legend')}</span>
    <span class="legend-line frustration">{t('frustration')}</span>
    <span class="legend-line stress">{t('stress')}</span>
  </p>
);

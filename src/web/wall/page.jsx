/* page.jsx - the whole page from what the wall knows and how it is looked at. */

import texts from '../texts/wall.json';
import { Frame } from '../shared/frame.jsx';
import { Icon } from '../shared/icons.jsx';
import { textsOf } from '../shared/texts.js';
import { isNarrowed } from './filter.js';
import { Cards } from './cards.jsx';
import { Filters, Legend } from './filters.jsx';
import { Help } from './help.jsx';
import { Strip } from './escalations.jsx';
import { waitsOf } from './model.js';

const t = textsOf(texts);

/* wall: of model.js. view: how it is looked at, of wall.jsx. act: what can be done. */
export function Page({ wall, view, act }) {
  const { filter, state: { calls } } = wall;
  const { counts, times, lost, note, look, names } = view;
  const of = { takable: !lost, take: act.take };
  return (
    <Frame page="wall" title={t('title')} note={note} aside={<HelpButton open={act.openHelp} />}>
      <div class="tools"><Filters filter={filter} names={names} narrow={act.narrow} /><Legend /></div>
      <Strip waits={waitsOf(wall)} counts={counts} narrowed={isNarrowed(filter)} nowMs={times[0]}
        hold={act.holds.waits.handlers} {...of} />
      <div class="zone" data-lost={lost ? '' : undefined}
        style={{ '--height': `${look?.layout.heightPx ?? 0}px` }} {...act.holds.cards.handlers}>
        <div class="call card probe" aria-hidden="true" />
        <Cards ids={view.ids} calls={calls} look={look} times={times} lost={lost} {...of} />
        {view.settled && !view.ids.length && <Nothing counts={counts} narrowed={isNarrowed(filter)} />}
        {view.waiting > 0 && <Changes n={view.waiting} apply={act.apply} />}
        {view.refused && <p class="pill" role="alert">{t('take_refused', { why: view.refused })}</p>}
      </div>
      {view.help && <Help close={act.closeHelp} />}
    </Frame>
  );
}

const HelpButton = ({ open }) => (
  <button type="button" class="button quiet" aria-label={t('help')} aria-keyshortcuts="?" onClick={open}>
    <kbd>?</kbd>
  </button>
);

const Changes = ({ n, apply }) => (
  <p class="pill">
    <span>{t('changes', { n })}</span>
    <span class="soft">{t('held')}</span>
    <button type="button" class="button" tabIndex={-1} aria-keyshortcuts="A" onClick={apply}>
      {t('apply')}<kbd>A</kbd>
    </button>
  </p>
);

const Nothing = ({ counts: { calls }, narrowed }) => (
  <div class="nothing">
    <Icon name="waiting" />
    <h2>{narrowed && calls ? t('none_meant') : t('empty')}</h2>
    <p class="soft">{narrowed && calls ? t('none_meant_more', { n: calls }) : t('empty_more')}</p>
  </div>
);

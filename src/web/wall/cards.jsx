/* cards.jsx - the calls as cards, those alone that are to be seen: each lies at its own place, so that one that moves
 * moves no other, and the page is as long as if all were there. */

import { Component } from 'preact';

import texts from '../texts/wall.json';
import { CueChip, Icon } from '../shared/icons.jsx';
import { textsOf } from '../shared/texts.js';
import { cardOf } from './card.js';
import { curvesOf, origin } from './curve.js';
import { placeOf } from './layout.js';

const t = textsOf(texts);

const BORDERS_PX = 2;

const still = matchMedia('(prefers-reduced-motion: reduce)');
const MOVE = { duration: 220, easing: 'cubic-bezier(.3, 0, .2, 1)' };
const at = ({ xPx = 0, yPx }) => `translate(${xPx}px, ${yPx}px)`;

/* Lies at its place, and slides to another one; when the window gets another size it is there at once. */
class Placed extends Component {
  componentDidUpdate(before) {
    const [from, to] = [at(before), at(this.props)];
    if (from !== to && before.cardPx === this.props.cardPx && !still.matches)
      this.base.animate([{ transform: from }, { transform: to }], MOVE);
  }
}

/* Rendered anew where something of it is another: a call is a new object whenever anything of it has changed. How many
 * there are in all can wait for the next second. */
export class Card extends Placed {
  shouldComponentUpdate(next) {
    return Object.keys(next).some((key) => key !== 'total' && next[key] !== this.props[key]);
  }

  render({ call, nowMs, lost, xPx, yPx, cardPx, position, total, focusable, takable, take }) {
    const card = cardOf(call, nowMs, lost);
    const { id } = call;
    return (
      <li class="call card" data-tone={card.tone} aria-setsize={total} aria-posinset={position}
        style={{ inlineSize: `${cardPx}px`, transform: at({ xPx, yPx }) }}>
        <div class="call-line">
          <a class="call-who" data-call={id} href={`../replay/${encodeURIComponent(id)}`} tabIndex={focusable ? 0 : -1}
            title={card.who} aria-describedby={`said-${id}`}>
            <span>{card.who}</span>
          </a>
          <span class="call-clock figures">{card.clock}</span>
        </div>
        <div class="call-line soft">
          <span class="call-where" title={card.where}>{card.where}</span>
          {card.sign && <Sign {...card.sign} />}
        </div>
        <div class="call-cue" data-cue={card.cue?.id}>
          {card.cue && <CueChip {...card.cue} />}
          {card.more > 0 && <span class="call-more soft" dir="ltr" aria-hidden="true">{`+${card.more}`}</span>}
          {card.waiting.length > 0 && (
            <button type="button" class="button call-take" tabIndex={-1} aria-disabled={String(!takable)}
              aria-label={t('take_of', { name: card.who })} onClick={() => take(id)}>
              {t('take')}
            </button>
          )}
          {card.unscored && <span class="call-unscored soft">{card.unscored}</span>}
        </div>
        <Curves trend={call.trend} widthPx={cardPx - BORDERS_PX} />
        <p id={`said-${id}`} hidden>{saidOf(card)}</p>
      </li>
    );
  }
}

const Sign = ({ name, icon, words }) => <span class="call-sign" data-sign={name}><Icon name={icon} />{words}</span>;

class Curves extends Component {
  shouldComponentUpdate({ trend, widthPx }) {
    return trend !== this.props.trend || widthPx !== this.props.widthPx;
  }

  render({ trend, widthPx }) {
    const { frustration, stress } = curvesOf(trend, widthPx);
    return (
      <svg class="call-curve" aria-hidden="true">
        <g transform={origin}><path class="stress" d={stress} /><path class="frustration" d={frustration} /></g>
      </svg>
    );
  }
}

/* The card as a screen reader says it after the name. */
const saidOf = ({ cue, more, unscored, scores, sign, where }) =>
  [cue?.text, more > 0 && t('more', { n: more }), unscored, sign?.words, scores, where].filter(Boolean).join('. ');

/* look: of look.js, or null before the first measure. */
export function Cards({ ids, calls, look, times, lost, takable, take }) {
  if (!look) return null;
  const { layout, layout: { cardPx, needy, rest, restTopPx, labelPx }, seen, focusable } = look;
  const place = (index) => (document.dir === 'rtl' ? mirrored(placeOf(layout, index)) : placeOf(layout, index));
  const card = (call, index) => (
    <Card key={call.id} call={call} {...place(index)} cardPx={cardPx} position={index + 1} total={ids.length}
      focusable={call.id === focusable} nowMs={times[call.order % times.length]} {...{ lost, takable, take }} />
  );
  return (
    <>
      {needy > 0 && <Part words={t('part_needy')} yPx={0} cardPx={cardPx} />}
      {needy > 0 && rest > 0 && <Part words={t('part_rest')} yPx={restTopPx - labelPx} cardPx={cardPx} />}
      <ul class="calls" aria-label={t('cards')}>
        {seen.flatMap(([from, to]) =>
          ids.slice(from, to).map((id, i) => calls.has(id) && card(calls.get(id), from + i)))}
      </ul>
    </>
  );
}

const mirrored = ({ xPx, yPx }) => ({ xPx: -xPx, yPx });

/* Words over a part of the cards; a card says by itself what it needs. */
class Part extends Placed {
  render({ words, yPx }) {
    return <p class="part soft" aria-hidden="true" style={{ transform: at({ yPx }) }}>{words}</p>;
  }
}

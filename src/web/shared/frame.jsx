/* frame.jsx - around the supervisors' pages: the way to the others, what is at hand on this one, and what everybody has
 * to know. */

import texts from '../texts/shared.json';
import { address } from './api.js';
import { Icon } from './icons.jsx';
import { lastSearch } from './lately.js';
import { textsOf } from './texts.js';

const t = textsOf(texts);
const PLACES = [['wall', 'listening'], ['calls', 'queue'], ['settings', 'settings']];

/* page: the place that is shown; below: the one it belongs to, where it is none itself. title: the heading for a screen
 * reader where the page shows none itself, else null. aside: at the end of the top line. note: { icon, severity, words }
 * across the page, or null. */
export const Frame = ({ page, below = null, title = null, aside, note = null, children }) => (
  <>
    <a class="skip button" href="#main">{t('skip')}</a>
    <header class="frame-head">
      <a class="name" href={address('wall/')}><Icon name="frustration" /><span>Undertone</span></a>
      <nav aria-label={t('places')}>
        {PLACES.map(([place, icon]) => (
          <a key={place} href={address(`${place}/${place === page ? '' : lastSearch(place)}`)}
            aria-current={place === page ? 'page' : place === below ? 'true' : undefined}>
            <Icon name={icon} />{t(`place_${place}`)}
          </a>
        ))}
      </nav>
      <div class="aside">{aside}</div>
    </header>
    {note && <p class="frame-note" role="status" data-severity={note.severity}><Icon name={note.icon} />{note.words}</p>}
    <main id="main" class="frame-body" tabIndex={-1}>
      {title && <h1 class="unseen">{title}</h1>}
      {children}
    </main>
  </>
);

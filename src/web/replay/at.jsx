/* at.jsx - a time in the call that one can go to. */
import { clock } from '../shared/words.js';
import { t } from './texts.js';

/* Without a time, words in its place; without seek, the time alone. text: what is there, for a screen reader. */
export function At({ tS, seek, text, none = '–' }) {
  if (tS === null) return <span class="at soft">{none}</span>;
  const time = clock(tS);
  if (!seek) return <span class="at figures">{time}</span>;
  return (
    <button type="button" class="button quiet at figures" onClick={() => seek(tS)}
      aria-label={text ? t('to_cue', { time, text }) : t('to_time', { time })}>{time}</button>
  );
}

/* standing.js - how the server is, asked again and again, for pages that have no use for its events. */

import { useEffect, useState } from 'preact/hooks';

import texts from '../texts/shared.json';
import { get } from './api.js';
import { textsOf } from './texts.js';
import { withoutPath } from './words.js';

const t = textsOf(texts);

/* Calls work at once, when the page is shown again, and every so often while it is shown. */
export function useOften(work, everyMs) {
  useEffect(() => {
    const look = () => document.visibilityState === 'visible' && work();
    look();
    const timer = setInterval(look, everyMs);
    document.addEventListener('visibilitychange', look);
    return () => {
      clearInterval(timer);
      document.removeEventListener('visibilitychange', look);
    };
  }, [work, everyMs]);
}

/* { status: what api/status said last, or null; lost: whether it cannot be asked } */
export function useStanding(everyMs) {
  const [standing, setStanding] = useState({ status: null, lost: false });
  const [ask] = useState(() => () => get('api/status').then(
    (status) => setStanding({ status, lost: false }),
    () => setStanding(({ status }) => ({ status, lost: true }))));
  useOften(ask, everyMs);
  return standing;
}

/* What everybody has to know, for the frame. */
export function noteOf({ status, lost }) {
  if (lost) return { icon: 'lost', severity: 'urgent', words: t('lost') };
  if (!status || status.storing) return null;
  const words = status.why ? t('not_stored_why', { why: withoutPath(status.why) }) : t('not_stored');
  return { icon: 'unstored', severity: 'notice', words };
}

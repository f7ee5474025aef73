/* dialog.jsx - a window over the page that has the keyboard until it is closed. */

import { useEffect, useId, useRef } from 'preact/hooks';

import de from '../texts/shared.de.json';
import en from '../texts/shared.en.json';
import { Icon } from './icons.jsx';
import { textsOf } from './texts.js';

const t = textsOf({ en, de });

/* Shown as long as it is rendered; close is called when the person wants it gone: Escape, the button, beside it. */
export function Dialog({ title, close, class: more, children }) {
  const dialog = useRef(null);
  const id = useId();
  useEffect(() => dialog.current.showModal(), []);
  const leave = (event) => {
    event.preventDefault();
    close();
  };
  return (
    <dialog ref={dialog} class={more} aria-labelledby={id} onCancel={leave}
      onClick={(event) => event.target === dialog.current && close()}>
      <header>
        <h2 id={id}>{title}</h2>
        <button type="button" class="button quiet" aria-label={t('close')} onClick={close}><Icon name="close" /></button>
      </header>
      {children}
    </dialog>
  );
}

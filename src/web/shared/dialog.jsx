/* dialog.jsx - a window over the page that has the keyboard until it is closed. */

import { close as closeText } from '../texts/shared.json';
import { Icon } from './signs.jsx';
import { textsOf } from './texts.js';

const t = textsOf({ close: closeText });

/* Closed before it is gone, so that the keyboard is where it was. */
function open(dialog) {
  dialog.showModal();
  return () => dialog.close();
}

/* Shown as long as it is rendered; close is called when the person wants it gone: Escape, the button, beside it. */
export function Dialog({ title, close, class: more, children }) {
  const leave = (event) => {
    event.preventDefault();
    close();
  };
  return (
    <dialog ref={open} class={more} aria-label={title} onCancel={leave}
      onClick={(event) => event.target === event.currentTarget && close()}>
      <header>
        <h2>{title}</h2>
        <button type="button" class="button quiet" aria-label={t('close')} onClick={close}>
          <Icon name="close" />
        </button>
      </header>
      {children}
    </dialog>
  );
}

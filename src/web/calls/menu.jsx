/* menu.jsx - what else can be done with a thing: a button that opens a short list. */

import { useId, useLayoutEffect, useRef, useState } from 'preact/hooks';

import { Icon } from '../shared/icons.jsx';

/* items: { icon, words, href | run, danger, apart }; null is left out; apart: below a line. Arrow keys, Home and End go
 * through them, Escape and Tab close. */
export function Menu({ label, items }) {
  const [open, setOpen] = useState(false);
  const [root, list] = [useRef(null), useRef(null)];
  const id = useId();
  const shown = items.filter(Boolean);
  const entries = () => [...list.current.querySelectorAll('[role="menuitem"]')];

  useLayoutEffect(() => {
    if (!open) return undefined;
    entries()[0]?.focus();
    const beside = ({ target }) => root.current.contains(target) || setOpen(false);
    document.addEventListener('pointerdown', beside);
    return () => document.removeEventListener('pointerdown', beside);
  }, [open]);

  function close() {
    setOpen(false);
    root.current.querySelector('button').focus();
  }

  function press(event) {
    const all = entries();
    const at = all.indexOf(document.activeElement);
    const to = { ArrowDown: (at + 1) % all.length, ArrowUp: (at + all.length - 1) % all.length, Home: 0,
      End: all.length - 1 }[event.key];
    if (event.key === 'Escape') close();
    else if (event.key === 'Tab') setOpen(false);
    else if (to !== undefined) all[to].focus();
    if (event.key === 'Escape' || to !== undefined) event.preventDefault();
  }

  /* What is run may open a dialog, which gives the focus back to where it was: the button. */
  const chosen = (run) => () => {
    close();
    run();
  };
  return (
    <div class="menu" ref={root}>
      <button type="button" class="button quiet" aria-label={label} aria-haspopup="menu" aria-expanded={String(open)}
        aria-controls={open ? id : undefined} onClick={() => setOpen(!open)}>
        <Icon name="more" />
      </button>
      {open && (
        <ul id={id} class="card" role="menu" aria-label={label} ref={list} onKeyDown={press}>
          {shown.map(({ icon, words, href, run, danger, apart }) => [
            apart && <li key={`above ${words}`} role="separator" />,
            <li key={words} role="none" class={danger ? 'danger' : undefined}>
              {href ? <a role="menuitem" tabIndex={-1} href={href}><Icon name={icon} />{words}</a> :
                <button type="button" role="menuitem" tabIndex={-1} onClick={chosen(run)}>
                  <Icon name={icon} />{words}
                </button>}
            </li>,
          ])}
        </ul>
      )}
    </div>
  );
}

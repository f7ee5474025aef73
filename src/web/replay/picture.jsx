/* picture.jsx - the whole call as a picture for the printed page, in light colours and drawn when it is printed. */
import { useEffect, useRef } from 'preact/hooks';

import { paletteOf } from './palette.js';
import { t } from './texts.js';

const WIDTH_PX = 1000;

export function Picture({ session, record }) {
  const canvas = useRef(null);
  useEffect(() => {
    const paper = matchMedia('print');
    const set = (prints) => {
      document.body.classList.toggle('paper', prints);
      if (!prints || !session.board?.heightPx) return;
      session.board.drawWhole(canvas.current, WIDTH_PX, paletteOf(canvas.current.parentElement));
    };
    const ending = new AbortController();
    const { signal } = ending;
    addEventListener('beforeprint', () => set(true), { signal });
    addEventListener('afterprint', () => set(false), { signal });
    paper.addEventListener('change', () => set(paper.matches), { signal });
    return () => ending.abort();
  }, [session]);
  return (
    <figure class="picture paper" aria-hidden="true">
      <canvas ref={canvas} />
      <figcaption>
        {record.channels.includes('customer') && ['frustration', 'stress'].map((score) =>
          <span key={score} class="score" data-score={score}>{t(score)}</span>)}
      </figcaption>
    </figure>
  );
}

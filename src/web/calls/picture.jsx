/* picture.jsx - how a call sounded over its length: frustration solid, stress broken, gaps where nothing was scored. A
 * click opens the replay where what was heard there begins; who does not use a pointer has the strongest moment as a
 * link beside it. */

import { useState } from 'preact/hooks';

import { area, curve } from '../shared/sparkline.js';
import { clock } from '../shared/words.js';
import { leadOf, peakOf, replayPath } from './words.js';

const WIDTH = 240;
const HEIGHT = 36;
const ROOM = 2; /* for the width of the lines at the top and the ground */

const heightOf = (share) => `${((ROOM + (1 - share) * HEIGHT) / (HEIGHT + 2 * ROOM)) * 100}%`;

/* Time goes from left to right in every language, as in the replay. */
export function Picture({ call }) {
  const [atS, setAtS] = useState(null);
  const { trend, duration_s: durationS } = call;
  if (!trend || !durationS) return <div class="picture" />;

  const peak = peakOf(call);
  const stepPx = (trend.step_s / durationS) * WIDTH;
  const percentOf = (tS) => `${Math.min(100, (tS / durationS) * 100)}%`;
  const follow = (event) => {
    const { left, width } = event.currentTarget.getBoundingClientRect();
    const tS = Math.max(0, Math.min(1, (event.clientX - left) / width)) * durationS;
    event.currentTarget.href = replayPath(call.call, tS);
    setAtS(tS);
  };
  return (
    <a class="picture" dir="ltr" href={replayPath(call.call, peak?.tS)} tabIndex={-1} aria-hidden="true"
      onPointerMove={follow} onPointerDown={follow} onPointerLeave={() => setAtS(null)}>
      <svg viewBox={`0 ${-ROOM} ${WIDTH} ${HEIGHT + 2 * ROOM}`} preserveAspectRatio="none">
        <path class="area" d={area(trend.frustration, stepPx, HEIGHT)} />
        <path class="ground" d={`M0 ${HEIGHT}H${WIDTH}`} />
        <path class="stress" d={curve(trend.stress, stepPx, HEIGHT)} />
        <path class="frustration" d={curve(trend.frustration, stepPx, HEIGHT)} />
      </svg>
      {peak?.tS != null && (
        <span class={`peak ${peak.kind}`}
          style={{ insetInlineStart: percentOf(peak.tS), insetBlockStart: heightOf(peak.share) }} />
      )}
      {atS !== null && (
        <span class="at" style={{ insetInlineStart: percentOf(atS) }}><span>{clock(leadOf(atS))}</span></span>
      )}
    </a>
  );
}

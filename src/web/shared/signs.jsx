/* signs.jsx - the drawings of cues, calls and how they stand, which every page has, on a grid of 24; lines in the text's
 * colour. icons.jsx adds those of what can be done. Each is made anew where it is used: an element that is used again
 * keeps alive the whole tree it was rendered in first. */

export const drawings = {
  /* cues */
  frustration: () => <path d="M2 14h3l2-4 3 7 4-14 3.5 17 2-6H22" />,
  stress: () => <path d="M2 12l1.7-5 3.3 10 3.3-10 3.4 10 3.3-10 3.3 10L22 12" />,
  calming: () => <path d="M2 12C4 1 7 1 9 12s4 9 5.5 3 3-5 4-3 2 1 3.5 0" />,
  talk_over: () => <path d="M3 4h11v8H8l-3 3v-3H3zM17 9h4v8h-2v3l-3-3h-6v-2" />,
  interruption: () => <path d="M3 4h18v9h-8l-4 4v-4H3zM8 20.5h12M17 17.5l3 3-3 3" />,
  slow_reply: () => <><path d="M3 4h18v13H11l-4 4v-4H3z" /><path class="dots" d="M8 10.5h.01M12 10.5h.01M16 10.5h.01" /></>,
  talking_fast: () => <path d="M4 5l7 7-7 7M12 5l7 7-7 7" />,
  dead_air: () => <><circle cx="12" cy="12" r="9" /><path d="M12 6.5V12l3.5 2" /></>,
  monologue: () => <path d="M3 4h18v13H11l-4 4v-4H3zM7 8.5h10M7 12.5h7" />,
  escalate: () => <path d="M5 21V4M5 4c5-3 8 3 14 0v9c-6 3-9-3-14 0" />,
  other: () => <path d="M12 4v10M12 18.5v.5" />,
  /* calls */
  waiting: () => <path d="M6 3.5l3 .5 1 4-2.5 2a12 12 0 0 0 6.5 6.5l2-2.5 4 1 .5 3q-.5 2.5-3 2.5C10 20.5 3.5 14 3.5 6.5q0-2.5 2.5-3z" />,
  listening: () => <path d="M3 11v2M7.5 8.5v7M12 5v14M16.5 8.5v7M21 11v2" />,
  unheard: () => <><circle cx="12" cy="12" r="9" /><path d="M5.7 5.7l12.6 12.6" /></>,
  ended: () => <path transform="rotate(135 12 12)" d="M6 3.5l3 .5 1 4-2.5 2a12 12 0 0 0 6.5 6.5l2-2.5 4 1 .5 3q-.5 2.5-3 2.5C10 20.5 3.5 14 3.5 6.5q0-2.5 2.5-3z" />,
  /* signs */
  live: () => <circle class="solid" cx="12" cy="12" r="6" />,
  idle: () => <circle cx="12" cy="12" r="7" />,
  paused: () => <path stroke-width="3.5" d="M8 5v14M16 5v14" />,
  play: () => <path class="solid" d="M7 4.5l12 7.5-12 7.5z" />,
  stop: () => <path class="solid" d="M6 6h12v12H6z" />,
  record: () => <><circle cx="12" cy="12" r="9" /><circle class="solid" cx="12" cy="12" r="3" /></>,
  unrecorded: () => <><circle cx="12" cy="12" r="6" /><path d="M3 21L21 3" /></>,
  lost: () => <path d="M12 3l9.5 17h-19zM12 9.5v5M12 17.3v.2" />,
  unstored: () => <path d="M3 13v7h18v-7M8 4l8 7M16 4l-8 7" />,
  check: () => <path d="M4 13l5.5 5.5L20 6.5" />,
  helpful: () => <path d="M7 10.5v9H3.5v-9zM7 10.5l4-7.5q3 0 2.5 3.5l-.5 3h5.5q2.3.3 1.9 2.6l-1.2 5.8q-.5 1.6-2.2 1.6H7" />,
  wrong: () => <path transform="rotate(180 12 12)" d="M7 10.5v9H3.5v-9zM7 10.5l4-7.5q3 0 2.5 3.5l-.5 3h5.5q2.3.3 1.9 2.6l-1.2 5.8q-.5 1.6-2.2 1.6H7" />,
  close: () => <path d="M5.5 5.5l13 13M18.5 5.5l-13 13" />,
  help: () => <><path stroke-width="2.4" d="M8 8.5q.3-4 4-4t4 3.6c0 3.4-4 3.4-4 6.9" /><path class="dots" d="M12 19.5h.01" /></>,
  popout: () => <path d="M13 4h7v7M20 4l-9 9M18 14v5.5H4.5V6H10" />,
};

/* Says nothing to a screen reader: what it means stands beside it in words. */
export const Icon = ({ name, class: more = '' }) => (
  <svg class={`icon ${more}`} viewBox="0 0 24 24" aria-hidden="true">{(drawings[name] ?? drawings.other)()}</svg>
);

/* A kind of cue in the shape of its severity; within something that has data-severity. */
export const CueSign = ({ kind }) => <span class="cue-sign"><Icon name={kind} /></span>;

/* severity: "none", "info", "notice" or "urgent" */
export const CueChip = ({ kind, severity, text }) => (
  <span class="cue-chip" data-severity={severity} title={text}><CueSign kind={kind} /><span>{text}</span></span>
);

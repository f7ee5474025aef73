/* icons.jsx - the drawings of signs.jsx, and those of what can be done on the supervisors' pages. */

import { drawings } from './signs.jsx';

export { CueChip, CueSign, Icon } from './signs.jsx';

Object.assign(drawings, {
  search: () => <><circle cx="10.5" cy="10.5" r="6.5" /><path d="M15.5 15.5L21 21" /></>,
  note: () => <path d="M4 4h16v11l-5 5H4zM15 20v-5h5M8 9h8M8 13h4" />,
  tag: () => <><path d="M3.5 3.5h8L21 13l-8 8-9.5-9.5z" /><path class="dots" d="M8 8h.01" /></>,
  trash: () => <path d="M4 6.5h16M9.5 6V3.5h5V6M6 6.5l1 14h10l1-14M10 10.5v6M14 10.5v6" />,
  upload: () => <path d="M12 16V4M7 8.5L12 3.5l5 5M4 15v5.5h16V15" />,
  download: () => <path d="M12 3.5V16M7 11.5l5 5 5-5M4 18v2.5h16V18" />,
  print: () => <path d="M7 8V3.5h10V8M7 17H3.5V8h17v9H17M7 14h10v6.5H7z" />,
  settings: () => <path d="M4 7h9M19 7h1M4 17h1M11 17h9M16 4.5v5M8 14.5v5" />,
  person: () => <><circle cx="12" cy="8" r="4" /><path d="M4 20.5c1-9 15-9 16 0" /></>,
  queue: () => <path d="M4 6h16M4 12h16M4 18h10" />,
  hold: () => <path d="M6 11V8a6 6 0 0 1 12 0v3M4.5 11h15v9.5h-15z" />,
  earlier: () => <path d="M18 5l-9 7 9 7zM6 5v14" />,
  later: () => <path d="M6 5l9 7-9 7zM18 5v14" />,
  more: () => <path class="dots" d="M5.5 12h.01M12 12h.01M18.5 12h.01" />,
  larger: () => <><circle cx="10.5" cy="10.5" r="6.5" /><path d="M15.5 15.5L21 21M10.5 7.5v6M7.5 10.5h6" /></>,
  smaller: () => <><circle cx="10.5" cy="10.5" r="6.5" /><path d="M15.5 15.5L21 21M7.5 10.5h6" /></>,
  link: () => <path d="M10 14a4 4 0 0 0 5.7 0l4-4A4 4 0 0 0 14 4.3l-1.5 1.5M14 10a4 4 0 0 0-5.7 0l-4 4A4 4 0 0 0 10 19.7l1.5-1.5" />,
  volume: () => <><path class="solid" d="M4 9.5h3.5L12 5.5v13l-4.5-4H4z" /><path d="M15.5 9q2.2 3 0 6M18.5 6.5q4.3 5.5 0 11" /></>,
  keys: () => <><path d="M2.5 6h19v12h-19zM8 14.5h8" /><path class="dots" d="M7 10h.01M12 10h.01M17 10h.01" /></>,
});

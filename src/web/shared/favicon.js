/* favicon.js - the sign in the browser's tab. Its drawings are in the bundle: when the connection is lost, which is when
 * it matters, they could not be had any more. */

import idle from './icons/idle.svg';
import live from './icons/live.svg';
import lost from './icons/lost.svg';
import notice from './icons/notice.svg';
import urgent from './icons/urgent.svg';

const drawings = { idle, live, notice, urgent, lost };

export function showFavicon(name) {
  const link = document.getElementById('favicon');
  if (link.href !== drawings[name]) link.href = drawings[name];
}

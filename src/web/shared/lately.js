/* lately.js - what a page was last asked for in this tab, so that the way back to it leads there. */

const nameOf = (place) => `undertone.${place}`;

/* search: of its address, "" for nothing. Where a browser lets nothing be kept, nothing is. */
export function keepSearch(place, search) {
  try {
    sessionStorage.setItem(nameOf(place), search);
  } catch { /* the way back leads to the whole of it */ }
}

export function lastSearch(place) {
  try {
    const search = sessionStorage.getItem(nameOf(place)) ?? '';
    return /^\?[^#]*$/.test(search) ? search : '';
  } catch {
    return '';
  }
}

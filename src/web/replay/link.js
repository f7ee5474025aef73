/* link.js - a time in the page's address: "#t=83.2". */

/* In seconds, or null where there is none that makes sense. */
export function timeIn(hash) {
  const found = /^#(?:.*&)?t=(\d{1,6}(?:\.\d{1,3})?)(?:&|$)/.exec(hash);
  return found ? Number(found[1]) : null;
}

export function addressAt(href, tS) {
  const url = new URL(href);
  url.hash = `t=${Math.round(Math.max(tS, 0) * 10) / 10}`;
  return url.href;
}

/* own.js - what this browser keeps of how the overlay is used. It may refuse its storage: then it is as if new. */

const PREFIX = 'undertone.agent.';

export function kept(name) {
  try {
    return localStorage.getItem(PREFIX + name);
  } catch {
    return null;
  }
}

export function keep(name, value) {
  try {
    localStorage.setItem(PREFIX + name, value);
  } catch {
    /* then it holds until the page is left */
  }
}

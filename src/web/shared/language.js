/* language.js - which of the languages that there are (LANGUAGES, of the bundler) the reader wants. */

const KEPT_AS = 'undertone.language';

/* What the address asks for, else what was chosen here, else what the browser prefers, else English. */
export function chosen() {
  const asked = new URLSearchParams(location.search).get('lang');
  const wanted = [asked, kept(), ...navigator.languages].map((name) => name?.split('-')[0]);
  return wanted.find((name) => LANGUAGES.includes(name)) ?? 'en';
}

/* A browser may refuse its storage. */
function kept() {
  try {
    return localStorage.getItem(KEPT_AS);
  } catch {
    return null;
  }
}

export const languages = LANGUAGES;

export function choose(name) {
  localStorage.setItem(KEPT_AS, name);
  location.reload();
}

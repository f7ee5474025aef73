/* texts.js - words in the reader's language, from the resource files texts/NAME.LANGUAGE.json.
 *
 *     const t = textsOf({ en, de });
 *     t('talks', { name: 'Ana', n: 3 })
 *
 * A resource is an object of texts by key. In a text "{name}" stands for a value; numbers are written as the reader's
 * language writes them. A text that depends on a number is an object by its plural category ("one", "other" ...) and is
 * chosen by the value n.
 */

export const LANGUAGES = ['en', 'de'];
const KEPT_AS = 'undertone.language';

/* What the address asks for, else what was chosen here, else what the browser prefers. */
function chosen() {
  const asked = new URLSearchParams(globalThis.location?.search).get('lang');
  return [asked, kept(), ...preferred()].map((name) => name?.split('-')[0]).find((name) => LANGUAGES.includes(name));
}

/* A browser may refuse its storage. */
function kept() {
  try {
    return localStorage.getItem(KEPT_AS);
  } catch {
    return null;
  }
}

const preferred = () => globalThis.navigator?.languages ?? [];

export const language = chosen() ?? 'en';

/* For numbers and dates: the language with the reader's own region. */
export const locale = preferred().find((name) => name.split('-')[0] === language) ?? language;

export function chooseLanguage(name) {
  localStorage.setItem(KEPT_AS, name);
  location.reload();
}

const numbers = new Intl.NumberFormat(locale, { maximumFractionDigits: 1 });
const plurals = new Intl.PluralRules(locale);
const written = (value) => (typeof value === 'number' ? numbers.format(value) : value);

export function textsOf(resources) {
  const texts = resources[language];
  return (key, values = {}) => {
    const found = texts[key] ?? key;
    const text = typeof found === 'string' ? found : (found[plurals.select(values.n)] ?? found.other);
    return text.replace(/\{(\w+)\}/g, (whole, name) => written(values[name]) ?? whole);
  };
}

if (globalThis.document) document.documentElement.lang = language;

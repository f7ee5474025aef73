/* texts.js - words in the language that the page is bundled in (LANGUAGE, of the bundler), from the resource files
 * texts/NAME.LANGUAGE.json.
 *
 *     import texts from '../texts/wall.json';
 *     const t = textsOf(texts);
 *     t('talks', { name: 'Ana', n: 3 })
 *
 * A resource is an object of texts by key. In a text "{name}" stands for a value; numbers are written as the reader's
 * language writes them. A text that depends on a number is an object by its plural category ("one", "other" ...) and is
 * chosen by the value n.
 */

export const language = LANGUAGE;

/* For numbers and dates: the language with the reader's own region. */
export const locale = globalThis.navigator?.languages?.find((name) => name.split('-')[0] === language) ?? language;

const numbers = new Intl.NumberFormat(locale, { maximumFractionDigits: 1 });
const plurals = new Intl.PluralRules(locale);
const written = (value) => (typeof value === 'number' ? numbers.format(value) : value);

export const textsOf = (texts) => (key, values = {}) => {
  const found = texts[key] ?? key;
  const text = typeof found === 'string' ? found : (found[plurals.select(values.n)] ?? found.other);
  return text.replace(/\{(\w+)\}/g, (whole, name) => written(values[name]) ?? whole);
};

if (globalThis.document) document.documentElement.lang = language;

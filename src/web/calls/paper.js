/* paper.js - a receipt as a page to keep and to print: one HTML file that needs nothing else. */

import texts from '../texts/calls.json';
import { language, textsOf } from '../shared/texts.js';

const t = textsOf(texts);

/* Markup of ours; whatever else stands in html`...` is written so that it is text. */
class Markup {
  constructor(text) {
    this.text = text;
  }
}

const ENTITIES = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };
const escaped = (text) => `${text}`.replace(/[&<>"']/g, (sign) => ENTITIES[sign]);
const markupOf = (value) => (value instanceof Markup ? value.text :
  Array.isArray(value) ? value.map(markupOf).join('') : escaped(value));
const html = (parts, ...values) =>
  new Markup(parts.map((part, i) => (i ? markupOf(values[i - 1]) : '') + part).join(''));

const STYLE = `
  @page { margin: 2cm; }
  html { font: 11pt/1.45 system-ui, sans-serif; color: #111; background: #fff; }
  body { max-width: 42rem; margin: 2rem auto; padding-inline: 1rem; overflow-wrap: anywhere; }
  h1 { font-size: 1.5em; line-height: 1.25; }
  h2 { margin-block: 2em .4em; font-size: 1em; }
  dl { display: grid; grid-template-columns: max-content minmax(0, 1fr); gap: .3em 2em; margin: 0; }
  dt, small { color: #555; }
  dd, p { margin: 0; }
  ol { margin: 0; padding-inline-start: 1.5em; }
  li { padding-block: .3em; break-inside: avoid; }
  li > * { display: block; }
  @media print { body { max-width: none; margin: 0; padding: 0; } }
`;

const Facts = (facts) => html`<dl>${facts.map(({ name, value }) => html`<dt>${name}</dt><dd>${value}</dd>`)}</dl>`;

const Call = ({ id, when, about }) =>
  html`<li>${when ? html`<b>${when}</b>` : ''}${about ? html`<span>${about}</span>` : ''}<small>${id}</small></li>`;

/* told: see receipt.js. */
export const paperOf = ({ title, number, facts, calls, deleted, left }) => html`<!doctype html>
<html lang="${language}">
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<meta name="viewport" content="width=device-width">
<title>${title} – ${number}</title>
<style>${new Markup(STYLE)}</style>
<main>
<h1>${t('paper_title')}</h1>
<p>${title}</p>
<h2>${t('receipt_number')}</h2>
${Facts(facts)}
<h2>${t('receipt_calls')}</h2>
<ol>${calls.map(Call)}</ol>
${deleted.length ? html`<h2>${t('receipt_deleted')}</h2>${Facts(deleted)}` : ''}
<h2>${t('receipt_left')}</h2>
${left.length ? html`<ul>${left.map((words) => html`<li>${words}</li>`)}</ul>` : html`<p>${t('receipt_complete')}</p>`}
</main>
</html>
`.text;

/* Saved by the browser, as a file of the person's own. */
export function savePaper(told) {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(new Blob([paperOf(told)], { type: 'text/html' }));
  link.download = `undertone-${told.number}.html`;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 0);
}

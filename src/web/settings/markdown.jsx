/* markdown.jsx - Markdown as elements of ours: marked takes it apart, and what it finds becomes nodes, never markup of
 * the page. HTML in it is text. */

import { lexer } from 'marked';

import texts from '../texts/settings.json';
import { textsOf } from '../shared/texts.js';

const t = textsOf(texts);
const DEEPEST = 6;

/* The headings of the second level, with their ids: [{ id, words }]. */
export const headingsOf = (text, idBegins) =>
  lexer(text).filter(isPart).map((token, i) => ({ id: `${idBegins}${i + 1}`, words: plain(token.tokens) }));

const isPart = ({ type, depth }) => type === 'heading' && depth === 2;

/* level: that of the first heading. Parts get ids as headingsOf says. */
export function Markdown({ text, level, idBegins }) {
  let parts = 0;
  let heading = '';
  let tables = 0;
  return lexer(text).map((token) => {
    if (token.type === 'heading') heading = plain(token.tokens);
    if (token.type === 'table') tables++;
    const id = isPart(token) ? `${idBegins}${++parts}` : undefined;
    return <Block key={token} token={token} level={level} id={id} about={{ heading, n: tables }} />;
  });
}

/* about: which table it is, and under which heading. */
function Block({ token, level, id, about }) {
  const inside = (tokens) => tokens.map((one, i) => <Block key={i} token={one} level={level} about={about} />);
  switch (token.type) {
    case 'space': return null;
    case 'hr': return <hr />;
    case 'heading': {
      const Heading = `h${Math.min(DEEPEST, level + token.depth - 1)}`;
      return <Heading id={id} tabIndex={id ? -1 : undefined}><Inline tokens={token.tokens} /></Heading>;
    }
    case 'paragraph': return <p><Inline tokens={token.tokens} /></p>;
    case 'blockquote': return <blockquote>{inside(token.tokens)}</blockquote>;
    case 'code': return <pre tabIndex={0}><code>{token.text}</code></pre>;
    case 'list': {
      const List = token.ordered ? 'ol' : 'ul';
      return <List>{token.items.map((item, i) => <li key={i}>{inside(item.tokens)}</li>)}</List>;
    }
    case 'table': return <Table token={token} about={about} />;
    default: return token.tokens ? <Inline tokens={token.tokens} /> : token.raw;
  }
}

/* Wide ones scroll inside themselves; that needs the keyboard to get there, and a name. */
const Table = ({ token, about }) => (
  <div class="table" role="region" tabIndex={0} aria-label={t('table_of', about)}>
    <table>
      <thead><tr>{token.header.map((cell, i) => <Cell key={i} cell={cell} heads="col" />)}</tr></thead>
      <tbody>
        {token.rows.map((row, i) => (
          <tr key={i}>{row.map((cell, j) => <Cell key={j} cell={cell} heads={j ? undefined : 'row'} />)}</tr>
        ))}
      </tbody>
    </table>
  </div>
);

/* heads: the row or column that it is the heading of; an empty one is of none. */
function Cell({ cell, heads }) {
  const look = cell.align === 'right' ? 'figure' : undefined;
  const inside = <Inline tokens={cell.tokens} />;
  return heads && cell.text ? <th scope={heads} class={look}>{inside}</th> : <td class={look}>{inside}</td>;
}

const Inline = ({ tokens }) => tokens.map((token, i) => <Span key={i} token={token} />);

function Span({ token }) {
  switch (token.type) {
    case 'strong': return <strong><Inline tokens={token.tokens} /></strong>;
    case 'em': return <em><Inline tokens={token.tokens} /></em>;
    case 'del': return <del><Inline tokens={token.tokens} /></del>;
    case 'codespan': return <code>{token.text}</code>;
    case 'br': return <br />;
    case 'link': return <Link token={token} />;
    case 'html': return token.raw;
    default: return token.tokens ? <Inline tokens={token.tokens} /> : token.text;
  }
}

/* To the web; what lies beside the text in the source is not served here. */
const Link = ({ token }) => (/^https?:\/\//i.test(token.href) ?
  <a href={token.href} rel="noreferrer"><Inline tokens={token.tokens} /></a> : <Inline tokens={token.tokens} />);

const plain = (tokens) => tokens.map((token) => (token.tokens ? plain(token.tokens) : token.text)).join('');

/* build.mjs - bundles the pages.
 *
 *     node src/web/build.mjs OUT
 *
 * OUT/PAGE/ gets index.html, PAGE.css, a PAGE.LANGUAGE.js for each language and PAGE.js, which takes the reader's, and
 * what the page fetches later, which has no words; OUT/licences/ the licences of the libraries that are in them.
 */
import { mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

import { build } from 'esbuild';

import { bundling, languages, root } from './bundling.mjs';

const pages = ['agent', 'wall', 'replay', 'calls', 'settings'];
const fetchedLater = ['replay/listening.js'];
const [out, more] = process.argv.slice(2);
if (!out || more) {
  console.error('usage: node src/web/build.mjs OUT');
  process.exit(2);
}

const starter = (page) => `import { chosen } from './shared/language.js';
import(new URL(\`${page}.\${chosen()}.js\`, import.meta.url).href);`;

async function bundleIn(page, language) {
  const { metafile } = await build({
    ...bundling(language),
    entryPoints: [{ in: `${page}/${page}.jsx`, out: `${page}.${language}` }, { in: `${page}/${page}.css`, out: page }],
    outdir: resolve(out, page),
    minify: true,
    metafile: true,
  });
  return Object.keys(metafile.inputs);
}

const bundleStarter = (page) => build({
  ...bundling('en'),
  stdin: { contents: starter(page), resolveDir: root },
  outfile: resolve(out, page, `${page}.js`),
  minify: true,
});

const bundleLater = (path) => build({
  ...bundling('en'),
  entryPoints: [path],
  outfile: resolve(out, path),
  minify: true,
});

const escaped = (text) => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;');

/* Their licences ask that the text goes with every copy. */
function licencesOf(inputs) {
  const library = /(?:^|\/)node_modules\/((?:@[^/]+\/)?[^/]+)\//;
  const names = new Set(inputs.flatMap((path) => library.exec(path)?.[1] ?? []));
  return [...names].sort().map((name) => {
    const folder = join(root, 'node_modules', name);
    const { version } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
    const file = readdirSync(folder).find((one) => /^licen[cs]e/i.test(one));
    return { name: `${name} ${version}`, text: readFileSync(join(folder, file), 'utf8') };
  });
}

function writeLicences(inputs) {
  const parts = licencesOf(inputs).map(({ name, text }) => `<h2>${escaped(name)}</h2>\n<pre>${escaped(text)}</pre>\n`);
  mkdirSync(join(out, 'licences'), { recursive: true });
  writeFileSync(join(out, 'licences/index.html'),
    '<!doctype html>\n<html lang="en">\n<meta charset="utf-8">\n<meta name="color-scheme" content="light dark">\n' +
    `<title>Licences – Undertone</title>\n<h1>Libraries in these pages</h1>\n${parts.join('')}`);
}

/* They differ by the names of their files alone. */
function writePage(page) {
  mkdirSync(join(out, page), { recursive: true });
  writeFileSync(join(out, page, 'index.html'), readFileSync(join(root, 'page.html'), 'utf8').replaceAll('PAGE', page));
}

rmSync(out, { recursive: true, force: true });
for (const page of pages) writePage(page);
const inputs = await Promise.all(pages.flatMap((page) => languages.map((language) => bundleIn(page, language))));
await Promise.all([...pages.map(bundleStarter), ...fetchedLater.map(bundleLater)]);
writeLicences(inputs.flat());

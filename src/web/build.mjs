/* build.mjs - bundles the pages.
 *
 *     node src/web/build.mjs OUT [--watch]
 *
 * OUT/PAGE/ gets index.html, PAGE.js and PAGE.css, OUT/licences/ the licences of the libraries that are in them.
 */
import { cpSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { build, context } from 'esbuild';

const root = dirname(fileURLToPath(import.meta.url));
const pages = ['agent', 'wall', 'replay', 'calls', 'settings'];
const [out, mode] = process.argv.slice(2);
if (!out || (mode && mode !== '--watch')) {
  console.error('usage: node src/web/build.mjs OUT [--watch]');
  process.exit(2);
}

const options = {
  absWorkingDir: root,
  entryPoints: pages.map((page) => ({ in: `${page}/${page}.jsx`, out: `${page}/${page}` })),
  outdir: join(process.cwd(), out),
  bundle: true,
  minify: true,
  metafile: true,
  format: 'esm',
  target: ['es2022', 'chrome110', 'firefox115', 'safari16.4'],
  jsx: 'automatic',
  jsxImportSource: 'preact',
  loader: { '.svg': 'dataurl' },
  logLevel: 'warning',
};

const escaped = (text) => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;');

/* Their licences ask that the text goes with every copy. */
function licencesOf({ inputs }) {
  const library = /(?:^|\/)node_modules\/((?:@[^/]+\/)?[^/]+)\//;
  const names = new Set(Object.keys(inputs).flatMap((path) => library.exec(path)?.[1] ?? []));
  return [...names].sort().map((name) => {
    const folder = join(root, 'node_modules', name);
    const { version } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
    const file = readdirSync(folder).find((one) => /^licen[cs]e/i.test(one));
    return { name: `${name} ${version}`, text: readFileSync(join(folder, file), 'utf8') };
  });
}

function writeLicences(metafile) {
  const parts = licencesOf(metafile).map(({ name, text }) => `<h2>${escaped(name)}</h2>\n<pre>${escaped(text)}</pre>\n`);
  mkdirSync(join(out, 'licences'), { recursive: true });
  writeFileSync(join(out, 'licences/index.html'),
    '<!doctype html>\n<html lang="en">\n<meta charset="utf-8">\n<meta name="color-scheme" content="light dark">\n' +
    `<title>Licences – Undertone</title>\n<h1>Libraries in these pages</h1>\n${parts.join('')}`);
}

rmSync(out, { recursive: true, force: true });
for (const page of pages) cpSync(join(root, page, 'index.html'), join(out, page, 'index.html'));
if (mode === '--watch') await (await context(options)).watch();
else writeLicences((await build(options)).metafile);

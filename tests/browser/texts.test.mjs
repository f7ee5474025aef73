/* The resource files: every language says the same things, every text is used, and no page has words of its own. */

import assert from 'node:assert/strict';
import { readFileSync, readdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { basename, join } from 'node:path';
import test from 'node:test';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../../src/web/', import.meta.url));
const { transformSync } = createRequire(`${root}package.json`)('esbuild');

const texts = (file) => JSON.parse(readFileSync(join(root, 'texts', file), 'utf8'));
const names = [...new Set(readdirSync(join(root, 'texts')).map((file) => file.split('.')[0]))];
const sources = readdirSync(root, { recursive: true })
  .filter((path) => /\.jsx?$/.test(path) && !path.startsWith('node_modules'))
  .map((path) => ({ path, source: readFileSync(join(root, path), 'utf8') }));

const forms = (text) => (typeof text === 'string' ? [text] : Object.values(text));
const placeholders = (text) => [...new Set(forms(text).flatMap((form) => form.match(/\{\w+\}/g) ?? []))].sort();

for (const name of names) {
  test(`${name}: English and German have the same texts with the same values in them`, () => {
    const [en, de] = [texts(`${name}.en.json`), texts(`${name}.de.json`)];
    assert.deepEqual(Object.keys(de).sort(), Object.keys(en).sort());
    for (const key of Object.keys(en)) {
      assert.equal(typeof de[key], typeof en[key], key);
      assert.deepEqual(placeholders(de[key]), placeholders(en[key]), key);
      for (const form of [...forms(en[key]), ...forms(de[key])]) assert.ok(form.trim(), `${key} is empty`);
      for (const one of [en[key], de[key]]) assert.ok(typeof one === 'string' || one.other, `${key} has no "other"`);
    }
  });

  /* t('key'), or t(`begin_${of}`), or a key in a table of them. */
  test(`${name}: no text is left over`, () => {
    const using = sources.filter(({ source }) => source.includes(`texts/${name}.json`)).map(({ path }) => path);
    assert.ok(using.length, 'nobody uses the file');
    const folders = using.map((path) => path.split('/')[0]);
    const code = sources.filter(({ path }) => folders.includes(path.split('/')[0])).map(({ source }) => source).join('\n');
    const begins = [...code.matchAll(/`(\w+_)\$\{/g)].map(([, begin]) => begin);
    const ends = [...code.matchAll(/`\$\{[^}]*\}(_\w+)/g)].map(([, end]) => end);
    const whole = new Set([...code.matchAll(/'([\w.]+)'/g)].map(([, key]) => key));
    const bare = new Set([...code.matchAll(/\b([a-z_]+):/g)].map(([, key]) => key));
    for (const key of Object.keys(texts(`${name}.en.json`))) {
      const used = whole.has(key) || bare.has(key) || begins.some((begin) => key.startsWith(begin)) ||
        ends.some((end) => key.endsWith(end)) || /^(cue|consent|feature|voice)_|_(more|less)$/.test(key);
      assert.ok(used, `${key} is not used`);
    }
  });
}

/* Words are what JSX puts between tags or into an attribute that is read out. */
test('no page has words of its own', () => {
  const words = /(?:children: |"?(?:aria-label|title|placeholder|alt|label)"?: )"([^"]*\p{L}{2,}[^"]*)"/gu;
  for (const { path, source } of sources) {
    const { code } = transformSync(source, { loader: 'jsx', jsx: 'automatic', jsxImportSource: 'preact' });
    const found = [...code.matchAll(words)].map(([, text]) => text).filter((text) => text !== 'Undertone');
    assert.deepEqual(found, [], `${basename(path)}`);
  }
});

test('every text that is asked for is there', () => {
  for (const { path, source } of sources) {
    const files = path === 'shared/texts.js' ? [] : [...source.matchAll(/texts\/(\w+)\.json/g)].map(([, name]) => name);
    if (files.length !== 1) continue;
    const known = texts(`${files[0]}.en.json`);
    for (const [, key] of source.matchAll(/\bt\('([\w.]+)'/g)) assert.ok(key in known, `${path}: ${key}`);
  }
});

/* bundling.mjs - how esbuild makes of the pages' modules what a browser runs: one language at a time, so that nobody
 * fetches the words of the others. Where a module imports texts/NAME.json it gets NAME.LANGUAGE.json.
 */
import { readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = dirname(fileURLToPath(import.meta.url));
export const languages = [...new Set(readdirSync(join(root, 'texts')).map((file) => file.split('.')[1]))];

const textsIn = (language) => ({
  name: 'texts',
  setup: ({ onResolve }) => onResolve({ filter: /^\.\.\/texts\/\w+\.json$/ }, ({ path, resolveDir }) =>
    ({ path: join(resolveDir, path.replace(/json$/, `${language}.json`)) })),
});

export const bundling = (language) => ({
  absWorkingDir: root,
  bundle: true,
  format: 'esm',
  target: ['es2022', 'chrome110', 'firefox115', 'safari16.4'],
  jsx: 'automatic',
  jsxImportSource: 'preact',
  loader: { '.svg': 'dataurl' },
  define: { LANGUAGE: JSON.stringify(language), LANGUAGES: JSON.stringify(languages) },
  plugins: [textsIn(language)],
  logLevel: 'warning',
});

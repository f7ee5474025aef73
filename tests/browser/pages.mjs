/* pages.mjs - imports a page's own module into node, bundled as the pages are, in English. */

import { createRequire } from 'node:module';

import { bundling, root } from '../../src/web/bundling.mjs';

const { build } = createRequire(`${root}/package.json`)('esbuild');

export async function page(path) {
  const { outputFiles } = await build({
    ...bundling('en'),
    entryPoints: [path],
    write: false,
  });
  return import(`data:text/javascript;base64,${Buffer.from(outputFiles[0].contents).toString('base64')}`);
}

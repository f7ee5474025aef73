/* pages.mjs - imports a page's own module into node. Pages end in .js, which node would take for CommonJS. */

import { register } from 'node:module';

const root = new URL('../../src/web/', import.meta.url).href;
const hook = `export const load = (url, context, next) =>
  next(url, url.startsWith(${JSON.stringify(root)}) ? { ...context, format: 'module' } : context);`;

register(`data:text/javascript,${encodeURIComponent(hook)}`);

export const page = (path) => import(root + path);

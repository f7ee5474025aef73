/* api.js - what is kept, asked of the server (README, "The query API").
 *
 * Addresses are relative to the page's folder, one below the server's root, so a proxy may put all of it under a path.
 */

import texts from '../texts/shared.json';
import { textsOf } from './texts.js';

const t = textsOf(texts);
const root = new URL('../', location.href);

export const address = (path) => new URL(path, root).href;

/* The address of the events: ws or wss, as the page came. */
export function eventsAddress(values) {
  const url = new URL('events', root);
  url.protocol = url.protocol === 'https:' ? 'wss:' : 'ws:';
  for (const [key, value] of Object.entries(values)) if (value) url.searchParams.set(key, value);
  return url;
}

/* An answer of the server's that is no success: its sentence, and the status; 0 where there was no answer. */
export class Refused extends Error {
  constructor(message, status) {
    super(message);
    this.status = status;
  }
}

/* In words of ours; who gave up waiting knows. */
function unreachable(error) {
  throw error.name === 'AbortError' ? error : new Refused(t('unreachable'), 0);
}

async function reasonOf(response) {
  try {
    return (await response.json()).error;
  } catch {
    return response.statusText;
  }
}

async function ask(path, options) {
  const response = await fetch(address(path), options).catch(unreachable);
  if (!response.ok) throw new Refused(await reasonOf(response), response.status);
  return response;
}

/* values: the query's; what is null, undefined or "" is left out. */
function withQuery(path, values = {}) {
  const given = Object.entries(values).filter(([, value]) => value != null && value !== '');
  return given.length ? `${path}?${new URLSearchParams(given)}` : path;
}

export const get = async (path, values, options) => (await ask(withQuery(path, values), options)).json();
export const getBytes = async (path, values, options) => (await ask(withQuery(path, values), options)).arrayBuffer();

export async function post(path, body) {
  const headers = { 'Content-Type': 'application/json' };
  return (await ask(path, { method: 'POST', headers, body: JSON.stringify(body) })).json();
}

export const remove = async (path) => (await ask(path, { method: 'DELETE' })).json();

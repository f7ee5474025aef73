/* program.mjs - the program under test: how it is started and what it said. */

import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';

const undertone = process.env.UNDERTONE ?? 'build/undertone';
const START_MS = 10_000;

export function makeFolder() {
  const folder = mkdtempSync(join(tmpdir(), 'undertone-browser-'));
  return { path: (name) => join(folder, name), remove: () => rmSync(folder, { recursive: true, force: true }) };
}

/* A call of a minute and a half with a frustrated customer and ten seconds of silence in it. */
export function makeCall(file) {
  execFileSync(undertone, ['demo', '--make', file], { stdio: 'ignore' });
}

/* What sql finds in the store of data, as text: rows by line, columns by bar. */
export function stored(data, sql) {
  const ask = 'import sqlite3, sys\nfor row in sqlite3.connect(sys.argv[1]).execute(sys.argv[2]): print(*row, sep="|")';
  return execFileSync('/usr/bin/python3', ['-c', ask, join(data, 'undertone.db'), sql], { encoding: 'utf8' }).trim();
}

/* A call that is over, from a recording, in the store of data: its id. */
export function keepCall(file, data) {
  execFileSync(undertone, ['analyze', file, '--store', '--data', data], { stdio: 'ignore' });
  return stored(data, 'SELECT id FROM calls ORDER BY number DESC LIMIT 1');
}

/* The recordings in a folder, into the store of data; more: what is known of them. */
export function importCalls(folder, data, more = []) {
  execFileSync(undertone, ['import', folder, '--data', data, ...more], { stdio: 'ignore' });
}

/* Plays file and serves the pages. */
export const play = (file, data, { port = 0, more = [] } = {}) =>
  start(['play', file, '--stay', '--listen', `127.0.0.1:${port}`, '--data', data, ...more]);

/* Serves the pages and what is kept in data. more: options of the command. */
export const serve = (data, { port = 0, more = [] } = {}) =>
  start(['serve', '--listen', `127.0.0.1:${port}`, '--data', data, ...more]);

/* Serves what the configuration file says. */
export const serveConfigured = (config, data) =>
  start(['serve', '--config', config, '--listen', '127.0.0.1:0', '--data', data]);

/* A server whose calls are made up; more: options of tools/crowd. */
export const crowd = (calls, { port = 0, more = [] } = {}) =>
  run(join(dirname(undertone), 'tools/crowd'), ['--calls', `${calls}`, '--listen', `127.0.0.1:${port}`, ...more]);

const start = (command) => run(undertone, [...command, '--jsonl']);

/* events grows with what the program tells on stdout, each with the time it was told. */
async function run(program, args) {
  const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  const gone = once(child, 'exit');
  const events = [];
  createInterface(child.stdout).on('line', (line) => events.push({ ...JSON.parse(line), toldAtMs: Date.now() }));

  const url = await new Promise((found, failed) => {
    let said = '';
    child.stderr.setEncoding('utf8').on('data', (text) => {
      said += text;
      const address = /http:\/\/[^\s/]+\/(?:agent|wall)\//.exec(said);
      if (address) found(new URL(address[0]));
    });
    child.on('error', failed);
    child.on('exit', (code) => failed(new Error(`${program} ${args.join(' ')} ended with ${code}: ${said}`)));
    setTimeout(() => failed(new Error(`no address within ${START_MS} ms: ${said}`)), START_MS).unref();
  });

  const signal = async (name) => {
    child.kill(name);
    return gone;
  };
  return {
    url: url.href,
    port: Number(url.port),
    events,
    freeze: () => child.kill('SIGSTOP'),
    thaw: () => child.kill('SIGCONT'),
    kill: () => signal('SIGKILL'),
    async stop() {
      const [code] = await signal('SIGTERM');
      assert.equal(code, 0, 'ends cleanly on SIGTERM');
    },
  };
}

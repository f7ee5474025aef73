/* uploads.js - recordings on their way: sent one after the other, then followed while the server listens to them.
 *
 *     upload  { key, name, bytes, state, part, import, call, why }
 *
 * state: "queued", "sending", then the server's own: "waiting", "listening", "done", "known", "failed"; "stopped" by
 * the person. part: how much of the sending, or of the listening, is done, 0 to 1.
 */

const SENT = ['waiting', 'listening', 'done', 'known', 'failed'];
export const isOver = ({ state }) => ['done', 'known', 'failed', 'stopped'].includes(state);
export const isHere = ({ state }) => state === 'queued' || state === 'sending';

/* What the server says of its imports, put over what is known: those of another page or an earlier visit too, while
 * they are not over. */
export function withImports(uploads, imports) {
  const said = new Map(imports.filter(({ state }) => SENT.includes(state)).map((one) => [one.import, one]));
  const known = new Set(uploads.map((upload) => upload.import));
  const others = [...said.values()].filter((one) => !known.has(one.import) && !isOver(one));
  return [
    ...uploads.map((upload) => ({ ...upload, ...(said.has(upload.import) && followed(said.get(upload.import))) })),
    ...others.map((one) => ({ key: `import-${one.import}`, name: one.name, bytes: null, ...followed(one) })),
  ];
}

const followed = ({ import: number, state, progress, call, why }) =>
  ({ import: number, state, part: progress ?? 0, call: call ?? null, why: why ?? null });

/* send(upload, onPart) -> { done: Promise of the import's number, stop() }. changed(uploads) is told every change. */
export function openUploads(send, changed) {
  let uploads = [];
  let current = null;
  let keys = 0;

  const put = (next) => changed((uploads = next));
  const change = (key, more) => put(uploads.map((upload) => (upload.key === key ? { ...upload, ...more } : upload)));

  function sendNext() {
    const next = !current && uploads.find(({ state }) => state === 'queued');
    if (!next) return;
    change(next.key, { state: 'sending', part: 0 });
    current = { key: next.key, ...send(next, (part) => change(next.key, { part })) };
    current.done.then(
      (number) => change(next.key, { state: 'waiting', import: number, part: 0, file: null }),
      (error) => change(next.key, error.name === 'AbortError' ? { state: 'stopped', file: null } :
        { state: 'failed', why: error.message, file: null }),
    ).finally(() => {
      current = null;
      sendNext();
    });
  }

  return {
    add(files, answers) {
      put([...uploads, ...files.map((file) => ({ key: `file-${keys++}`, name: file.name, bytes: file.size,
        state: 'queued', part: 0, import: null, call: null, why: null, file, answers }))]);
      sendNext();
    },
    heard: (imports) => put(withImports(uploads, imports)),
    stop(key) {
      if (current?.key === key) current.stop();
      else change(key, { state: 'stopped', file: null });
    },
    clear: () => put(uploads.filter((upload) => !isOver(upload))),
  };
}

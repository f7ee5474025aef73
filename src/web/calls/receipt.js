/* receipt.js - the receipt of a deletion (src/store/erase.h), in the order in which it is told. */

const COUNTED = ['recordings', 'audio_bytes', 'readings', 'cues', 'turns', 'notes', 'tags'];

/* What was done: [{ key, n | utc | text }]. */
export function factsOf({ receipt, at, calls, deleted }) {
  const counts = COUNTED.filter((key) => deleted[key]).map((key) => ({ key, n: deleted[key] }));
  return [{ key: 'number', text: receipt }, { key: 'at', utc: at }, { key: 'calls', n: calls.length }, ...counts];
}

/* What is not gone, and why: [{ key, n | path }]; none where all is. */
export function leftOf({ kept, backups, complete, set_aside: setAside }) {
  const missed = backups.filter(({ reached, gone }) => !reached && !gone).map(({ path }) => ({ key: 'backup', path }));
  const held = kept.filter(({ why }) => why.includes('hold')).length;
  return [
    ...(held ? [{ key: 'held', n: held }] : []),
    ...(kept.length > held ? [{ key: 'live', n: kept.length - held }] : []),
    ...missed,
    ...(setAside ? [{ key: 'set_aside' }] : []),
    ...(!complete && !setAside && !missed.length ? [{ key: 'later' }] : []),
  ];
}

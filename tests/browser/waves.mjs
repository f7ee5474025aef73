/* waves.mjs - recordings made of others: a part of one, at some moment in the past. */

import { readFileSync, utimesSync, writeFileSync } from 'node:fs';

const HEADER_BYTES = 44;

/* Seconds fromS to toS of a WAV file that has nothing but its header before the samples. endedAt: when it was written,
 * which is when its call ended. */
export function cut(file, out, { fromS = 0, toS = Infinity, endedAt } = {}) {
  const all = readFileSync(file);
  const [bytesPerS, frameBytes] = [all.readUInt32LE(28), all.readUInt16LE(32)];
  const soundBytes = all.length - HEADER_BYTES;
  const at = (s) => HEADER_BYTES + Math.floor(Math.min(soundBytes, s * bytesPerS) / frameBytes) * frameBytes;
  const samples = all.subarray(at(fromS), at(toS));
  const header = Buffer.from(all.subarray(0, HEADER_BYTES));
  header.writeUInt32LE(HEADER_BYTES - 8 + samples.length, 4);
  header.writeUInt32LE(samples.length, 40);
  writeFileSync(out, Buffer.concat([header, samples]));
  if (endedAt) utimesSync(out, endedAt, endedAt);
}

/* Noon of the day so many days ago, here. */
export function noon(daysAgo) {
  const now = new Date();
  return new Date(now.getFullYear(), now.getMonth(), now.getDate() - daysAgo, 12);
}

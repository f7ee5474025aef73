/* sound.js - the recording's outline, in tiles of signed bytes as GET /api/calls/ID/peaks answers them.
 *
 *     piece  { fromS, stepS, points, channels: { role: Int8Array of [points][min, max] } }
 */

/* Ten minutes of sound are decoded in a fifth of a second, and other requests wait meanwhile. */
export const soundGrid = { stepS: 0.005, points: 512, levels: 14, longestS: 655.36 };

export function soundPiece({ fromS, stepS, points }, roles, bytes) {
  const all = new Int8Array(bytes);
  const of = (i) => all.subarray(i * 2 * points, (i + 1) * 2 * points);
  return { fromS, stepS, points, channels: Object.fromEntries(roles.map((role, i) => [role, of(i)])) };
}

/* tiles.js - what is drawn of a long call, in pieces at the resolution that is seen.
 *
 * Level 0 is the finest, each level half as fine as the one before. A tile is a level's piece of at most so many steps.
 * What is in view comes first, from the middle outwards, then what is beside it; a bounded number is kept, and the one
 * longest not wanted goes. Where a tile is not there yet a coarser one stands for it.
 */

const AT_ONCE = 2; /* requests: one that is answered and one on its way */
const AGAIN_MS = 3000; /* after a failure */

/* grid: { stepS (of level 0), points (of a tile), levels, longestS (of a tile) } */
const stepOf = (grid, level) => grid.stepS * 2 ** level;
const lengthOf = (grid, level) => Math.min(grid.points * stepOf(grid, level), grid.longestS ?? Infinity);

/* The finest level whose steps are at least leastPx wide. */
export function levelFor(grid, secondsPerPx, leastPx) {
  const level = Math.ceil(Math.log2(leastPx * secondsPerPx / grid.stepS));
  return Math.min(Math.max(level, 0), grid.levels - 1);
}

export function tileOf(grid, level, index) {
  const lengthS = lengthOf(grid, level);
  const stepS = stepOf(grid, level);
  return { level, index, key: `${level}/${index}`, fromS: index * lengthS, toS: (index + 1) * lengthS, stepS,
    points: Math.round(lengthS / stepS) };
}

/* The tiles of a level that have to do with a part, in the order of time. */
export function tilesWithin(grid, level, fromS, toS) {
  const lengthS = lengthOf(grid, level);
  const first = Math.max(Math.floor(fromS / lengthS), 0);
  const tiles = [];
  for (let index = first; index * lengthS < toS; index++) tiles.push(tileOf(grid, level, index));
  return tiles;
}

/* The middle first. */
export function outwards(tiles, tS) {
  const far = ({ fromS, toS }) => Math.abs((fromS + toS) / 2 - tS);
  return [...tiles].sort((a, b) => far(a) - far(b));
}

/* Keeps the most lately used. */
export class Kept {
  constructor(most) {
    this.most = most;
    this.kept = new Map();
  }

  get(key) {
    const value = this.kept.get(key);
    if (value === undefined) return undefined;
    this.kept.delete(key);
    this.kept.set(key, value);
    return value;
  }

  set(key, value) {
    this.kept.delete(key);
    this.kept.set(key, value);
    if (this.kept.size > this.most) this.kept.delete(this.kept.keys().next().value);
  }

  get size() {
    return this.kept.size;
  }
}

/* load(tile) promises a tile's data; changed() is called when there is more to draw. */
export class Tiles {
  constructor({ grid, most, load, changed }) {
    Object.assign(this, { grid, load, changed, kept: new Kept(most), queue: [] });
    this.loading = new Set();
    this.failed = new Map(); /* key -> when it may be asked for again */
  }

  /* What is to be drawn of [fromS, toS) at a level: { tile, data, fromS, toS } in the order of time, each with the part
   * that it stands for. */
  parts(level, fromS, toS) {
    return tilesWithin(this.grid, level, fromS, toS).flatMap((tile) => {
      const found = this.standingFor(tile);
      return found ? [{ ...found, fromS: Math.max(tile.fromS, fromS), toS: Math.min(tile.toS, toS) }] : [];
    });
  }

  standingFor({ level, fromS }) {
    for (let coarser = level; coarser < this.grid.levels; coarser++) {
      const tile = tileOf(this.grid, coarser, Math.floor(fromS / lengthOf(this.grid, coarser) + 1e-9));
      const data = this.kept.get(tile.key);
      if (data) return { tile, data };
    }
    return undefined;
  }

  has = (tile) => this.kept.get(tile.key) !== undefined;

  /* Only what was wanted last is fetched, the first of views, [{ level, fromS, toS }], first. endS: the call's end. */
  want(views, endS) {
    this.queue = views.flatMap(({ level, fromS, toS }) => {
      const lengthS = toS - fromS;
      const seen = outwards(tilesWithin(this.grid, level, fromS, Math.min(toS, endS)), fromS + lengthS / 2);
      const beside = tilesWithin(this.grid, level, fromS - lengthS / 2, Math.min(toS + lengthS / 2, endS));
      return [...seen, ...beside];
    });
    this.next();
  }

  next() {
    const now = Date.now();
    while (this.loading.size < AT_ONCE && this.queue.length) {
      const tile = this.queue.shift();
      if (this.has(tile) || this.loading.has(tile.key) || this.failed.get(tile.key) > now) continue;
      this.loading.add(tile.key);
      this.load(tile).then((data) => this.loaded(tile, data), () => this.refused(tile));
    }
  }

  loaded(tile, data) {
    this.loading.delete(tile.key);
    this.kept.set(tile.key, data);
    this.next();
    this.changed();
  }

  refused(tile) {
    this.loading.delete(tile.key);
    this.failed.set(tile.key, Date.now() + AGAIN_MS);
    setTimeout(this.changed, AGAIN_MS + 50);
    this.next();
  }
}

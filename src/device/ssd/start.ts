/**
 * Where every unit is when a drive starts, as a formula: a drive of any size and age costs nothing
 * to set up, and the maps hold only what has changed since.
 *
 * `WrittenInOrder`: the first units were written once, in order, over the lanes in turn.
 *
 * `Steady`: the drive has been overwritten at random for long, and its valid units are spread over the
 * blocks as its victim policy leaves them (`gc/stationary.ts`). Which logical unit is where is
 * scattered by a fixed permutation; under uniform writes any other would do as well.
 */

import { NO_INTS } from '../../sim/columns.ts';
import type { Blocks } from './blocks.ts';
import { stationary } from './gc/stationary.ts';
import type { Geometry } from './geometry.ts';

export interface Start {
  /** Whether a logical unit is anywhere. */
  has(logical: number): boolean;
  /** Whether each unit is in the lane that its address belongs to. */
  readonly byAddress: boolean;
  /** Names the state, so that a snapshot's maps are not taken for those of another. */
  readonly name: string;
  /** Where a logical unit is; only if it is anywhere. */
  find(logical: number): number;
  /** The logical unit that is in a unit of a block; -1 for none. */
  logicalAt(block: number, unit: number): number;
  /** Which units of a block, `from` up to `to`, hold anything: a bit for each, 32 at the most, the first lowest. */
  validBits(block: number, from: number, to: number): number;
  /** Enters every block, oldest first in each lane. */
  enter(blocks: Blocks): void;
}

export class WrittenInOrder implements Start {
  readonly units: number;
  readonly name: string;
  readonly byAddress: boolean;
  readonly #geometry: Geometry;
  /** Of the host's units those that were written; the translation pages follow them on the flash. */
  readonly #written: number;

  /** @param pages translation pages that were written behind the host's `units` */
  constructor(geometry: Geometry, units: number, pages = 0) {
    this.#geometry = geometry;
    this.units = units + pages;
    this.#written = units;
    this.byAddress = pages === 0 || units === geometry.logicalUnits;
    this.name = pages === 0 ? `in-order:${units}` : `in-order:${units}+${pages}`;
  }

  has(logical: number): boolean {
    return logical < this.#written || this.#isPage(logical);
  }

  #isPage(logical: number): boolean {
    const page = logical - this.#geometry.logicalUnits;
    return page >= 0 && page < this.units - this.#written;
  }

  find(logical: number): number {
    const { logicalUnits } = this.#geometry;
    const before = logical < logicalUnits ? logical : this.#written + logical - logicalUnits;
    return this.#geometry.homeOf(before);
  }

  logicalAt(block: number, unit: number): number {
    const { blocksPerLane, unitsPerBlock, logicalUnits } = this.#geometry;
    const lane = this.#geometry.laneOfBlock(block);
    const offset = (block - lane * blocksPerLane) * unitsPerBlock + unit;
    const nth = this.#geometry.unitOfLane(lane, offset);
    if (nth >= this.units) return -1;
    return nth < this.#written ? nth : logicalUnits + nth - this.#written;
  }

  validBits(block: number, from: number, to: number): number {
    let bits = 0;
    for (let unit = from; unit < to; unit++) {
      bits |= Number(this.logicalAt(block, unit) >= 0) << (unit - from);
    }
    return bits;
  }

  enter(blocks: Blocks): void {
    const { lanes, blocksPerLane, unitsPerBlock, unitsPerProgram, placeOf } = this.#geometry;
    const stripes = Math.ceil(this.units / unitsPerProgram);
    const padding = stripes * unitsPerProgram - this.units;
    for (let lane = 0; lane < lanes; lane++) {
      const place = placeOf[lane];
      let left = Math.ceil((stripes - place) / lanes) * unitsPerProgram;
      if (stripes > 0 && (stripes - 1) % lanes === place) left -= padding;
      for (let i = 0; i < blocksPerLane; i++) {
        const block = lane * blocksPerLane + i;
        const valid = Math.min(left, unitsPerBlock);
        if (valid > 0) blocks.startFull(block, valid);
        else blocks.addFree(block);
        left -= valid;
      }
    }
  }
}

/** How many of a lane's so many valid units are in each of its so many full blocks, the emptiest first. */
export type Filling = (units: number, blocks: number) => Int32Array;

/** Of a drive whose map lies on the flash, where it counts which units are moved together: they are scattered within their lane. */
export interface MapOnFlash {
  /** Translation pages that lie in blocks of their own, each lane's last ones, page by page; if they do. */
  readonly apart: PagesApart | undefined;
}

export interface PagesApart {
  /** Full blocks of a lane behind those, in which nothing is valid any more. */
  readonly stale: number;
}

export class Steady implements Start {
  readonly units: number;
  readonly name: string;
  readonly byAddress: boolean;
  readonly #geometry: Geometry;
  /** Full blocks of a lane. */
  readonly #full: number = 0;
  readonly #map: MapOnFlash | undefined;
  /** By lane and one past the last: valid units in all lanes before it. */
  readonly #laneBefore: Int32Array = NO_INTS;
  /** By lane, how its units are spread: few of them differ. */
  readonly #spreads: LaneSpread[] = [];
  readonly #lanesPerUnit: number = NaN;
  readonly #scatter: Scatter;
  readonly #within: Scatter;
  /** Results of `#seek`. */
  #block = 0;
  #place = 0;

  /**
   * @param freeBlocks blocks of each lane that are free
   * @param byAddress each unit stays in the lane its address belongs to
   * @param draws blocks the victim policy chooses among, as `drawsOf` has it
   * @param filling how a lane's blocks are filled; as a policy that draws so many leaves them when absent
   * @param map of a drive whose map is not in memory as a whole
   */
  constructor(
    geometry: Geometry,
    freeBlocks: number,
    byAddress: boolean,
    draws?: number,
    filling: Filling = (units, full) => spreadOver(units, full, geometry.unitsPerBlock, draws),
    map?: MapOnFlash,
  ) {
    const { lanes, blocksPerLane, unitsPerBlock, mappedUnits, logicalUnits } = geometry;
    this.#geometry = geometry;
    this.units = mappedUnits;
    const apart = map?.apart;
    const ofMap = map === undefined ? '' : `:mixed:${apart?.stale ?? 'pages-too'}`;
    this.name = `steady:${mappedUnits}:${freeBlocks}:${draws ?? 'in-order'}${ofMap}`;
    this.byAddress = byAddress || map !== undefined;
    this.#map = map;
    this.#full = blocksPerLane - freeBlocks;
    this.#laneBefore = new Int32Array(lanes + 1);
    this.#lanesPerUnit = lanes / mappedUnits;
    // Lanes hold a unit more or less.
    const spreads = new Map<string, LaneSpread>();
    for (let lane = 0; lane < lanes; lane++) {
      const units = this.byAddress
        ? unitsOfLane(geometry, lane, mappedUnits)
        : Math.floor(((lane + 1) * mappedUnits) / lanes) - Math.floor((lane * mappedUnits) / lanes);
      const pages = apart === undefined ? 0 : units - unitsOfLane(geometry, lane, logicalUnits);
      const key = `${units}:${pages}`;
      let known = spreads.get(key);
      if (known === undefined) {
        const ofPages = pagesInBlocks(pages, unitsPerBlock, apart?.stale ?? 0);
        const valid = new Int32Array(this.#full);
        valid.set(filling(units - pages, this.#full - ofPages.length));
        valid.set(ofPages, this.#full - ofPages.length);
        known = laneSpread(valid, blocksPerLane, ofPages.length, units - pages);
        spreads.set(key, known);
      }
      this.#spreads.push(known);
      this.#laneBefore[lane + 1] = this.#laneBefore[lane] + units;
    }
    this.#scatter = new Scatter(mappedUnits);
    this.#within = new Scatter(unitsPerBlock);
  }

  has(logical: number): boolean {
    return logical < this.units;
  }

  find(logical: number): number {
    this.#seek(this.#rankOf(logical));
    return this.#block * this.#geometry.unitsPerBlock + this.#within.to(this.#place);
  }

  logicalAt(block: number, unit: number): number {
    const lane = this.#geometry.laneOfBlock(block);
    const rank = this.#before(lane, block) + this.#within.from(unit);
    if (rank >= this.#before(lane, block + 1)) return -1;
    if (!this.byAddress) return this.#scatter.from(rank);
    const nth = rank - this.#laneBefore[lane];
    const { scatter, scattered } = this.#spreads[lane];
    const isScattered = this.#map !== undefined && nth < scattered;
    return this.#geometry.unitOfLane(lane, isScattered ? scatter.from(nth) : nth);
  }

  validBits(block: number, from: number, to: number): number {
    const lane = this.#geometry.laneOfBlock(block);
    const valid = this.#before(lane, block + 1) - this.#before(lane, block);
    return this.#within.bitsBelow(valid, from, to);
  }

  enter(blocks: Blocks): void {
    const { blocksPerLane } = this.#geometry;
    for (let block = 0; block < this.#geometry.blocks; block++) {
      const lane = this.#geometry.laneOfBlock(block);
      const inLane = block - lane * blocksPerLane;
      const valid = this.#before(lane, block + 1) - this.#before(lane, block);
      const isOfPages =
        inLane < this.#full && inLane >= this.#full - this.#spreads[lane].blocksOfPages;
      if (valid > 0 || isOfPages) blocks.startFull(block, valid);
      else blocks.addFree(block);
    }
  }

  get hasPagesApart(): boolean {
    return this.#map?.apart !== undefined;
  }

  #rankOf(logical: number): number {
    if (!this.byAddress) return this.#scatter.to(logical);
    const lane = this.#geometry.laneOfUnit(logical);
    const nth = this.#geometry.nthInLane(logical);
    const { scatter, scattered } = this.#spreads[lane];
    const isScattered = this.#map !== undefined && nth < scattered;
    return this.#laneBefore[lane] + (isScattered ? scatter.to(nth) : nth);
  }

  /** Valid units in all blocks before a lane's block, which may be one past its last. */
  #before(lane: number, block: number): number {
    const { before } = this.#spreads[lane];
    return this.#laneBefore[lane] + before[block - lane * this.#geometry.blocksPerLane];
  }

  /** Finds the block that the valid unit of a number is in, and which of those in it that is. */
  #seek(rank: number): void {
    const laneBefore = this.#laneBefore;
    let lane = (rank * this.#lanesPerUnit) | 0;
    // Lanes may differ by more than rounding.
    while (laneBefore[lane] > rank) lane--;
    while (laneBefore[lane + 1] <= rank) lane++;
    const own = rank - laneBefore[lane];
    const { before, hints, shift } = this.#spreads[lane];
    let block = hints[own >>> shift];
    // Without a branch as a rule: whether it is this block or the next, nothing could foretell.
    block += Number(before[block + 1] <= own);
    // Free blocks begin where the next one does.
    while (before[block + 1] <= own) block++;
    this.#block = lane * this.#geometry.blocksPerLane + block;
    this.#place = own - before[block];
  }
}

/** How a lane's valid units are spread over its blocks; small, so that it stays in the processor's cache. */
interface LaneSpread {
  /** Translation pages have so many blocks of their own. */
  readonly blocksOfPages: number;
  /** Which of its units come when, where they do not come by their addresses, and how many these are. */
  readonly scatter: Scatter;
  readonly scattered: number;
  /** By block and one past the last: valid units in all before it. */
  readonly before: Int32Array;
  /** By valid unit >>> `shift`: the block it is in. */
  readonly hints: Uint16Array | Int32Array;
  readonly shift: number;
}

function laneSpread(
  valid: Int32Array,
  blocks: number,
  blocksOfPages: number,
  scattered: number,
): LaneSpread {
  const before = new Int32Array(blocks + 1);
  for (let block = 0; block < blocks; block++) {
    before[block + 1] = before[block] + (valid[block] ?? 0);
  }
  const units = before[blocks];
  // Half a block or so to a hint, so that hardly more than one block begins between two.
  const shift = Math.max(0, Math.floor(Math.log2(Math.max(1, units / blocks))) - 1);
  const length = (units >>> shift) + 1;
  const hints = blocks < 2 ** 16 ? new Uint16Array(length) : new Int32Array(length);
  let block = 0;
  for (let n = 0; n < hints.length; n++) {
    while (block < blocks - 1 && before[block + 1] <= n * 2 ** shift) block++;
    hints[n] = block;
  }
  return { blocksOfPages, scatter: new Scatter(scattered), scattered, before, hints, shift };
}

/** How a lane's pages lie in blocks of their own, oldest first, and behind them those that held some once. */
function pagesInBlocks(pages: number, unitsPerBlock: number, stale: number): Int32Array {
  const live = Math.ceil(pages / unitsPerBlock);
  return Int32Array.from({ length: live + (pages > 0 ? stale : 0) }, (_, i) =>
    Math.max(0, Math.min(unitsPerBlock, pages - i * unitsPerBlock)),
  );
}

/** Of so many logical units, those that belong to a lane by their address. */
function unitsOfLane(geometry: Geometry, lane: number, units: number): number {
  const { unitsPerProgram, lanes, placeOf } = geometry;
  const place = placeOf[lane];
  const stripes = Math.ceil(units / unitsPerProgram);
  const padding = stripes * unitsPerProgram - units;
  const own = Math.ceil((stripes - place) / lanes) * unitsPerProgram;
  return stripes > 0 && (stripes - 1) % lanes === place ? own - padding : own;
}

/** How many of a lane's valid units are in each of its full blocks, the emptiest first. */
function spreadOver(
  units: number,
  blocks: number,
  unitsPerBlock: number,
  draws: number | undefined,
): Int32Array {
  const spread = stationary(units / (blocks * unitsPerBlock), unitsPerBlock, draws);
  const valid = new Int32Array(blocks);
  let sum = 0;
  for (let i = 0; i < blocks; i++) {
    const due = Math.floor(units * Math.min(1, spread((i + 1) / blocks)) + 1e-6);
    valid[i] = Math.min(unitsPerBlock, due - sum);
    sum += valid[i];
  }
  // What rounding left over: the youngest may be full.
  for (let i = blocks - 1; i >= 0 && sum < units; i--) {
    const more = Math.min(unitsPerBlock - valid[i], units - sum);
    valid[i] += more;
    sum += more;
  }
  return valid;
}

/**
 * A fixed scattering of 0..n-1, and back: multiplication by an odd number modulo the next power of two,
 * again and again until the product is below n (which inverts as easily).
 */
class Scatter {
  readonly #n: number = 0;
  readonly #mask: number = 0;
  readonly #factor: number = 0;
  readonly #inverse: number = 0;

  /** @param n at most 2^31 */
  constructor(n: number) {
    this.#n = n;
    // Not 2 ** bits - 1, which V8 keeps as a floating-point number.
    this.#mask = -1 >>> Math.clz32(Math.max(2, n) - 1);
    // The golden section of the range, so that neighbours come to lie far apart.
    this.#factor = Math.floor(this.#mask * 0.381966) | 1;
    // Newton's iteration: each round doubles the bits that are right, of which three are to begin with.
    let inverse = this.#factor;
    for (let bits = 3; bits < 32; bits *= 2) {
      inverse = Math.imul(inverse, 2 - Math.imul(this.#factor, inverse));
    }
    this.#inverse = inverse;
  }

  to(x: number): number {
    do x = Math.imul(x, this.#factor) & this.#mask;
    while (x >= this.#n);
    return x;
  }

  from(x: number): number {
    do x = Math.imul(x, this.#inverse) & this.#mask;
    while (x >= this.#n);
    return x;
  }

  /** Which of the numbers `from` up to `to` come from one below a limit: a bit for each, 32 at the most. */
  bitsBelow(limit: number, from: number, to: number): number {
    const inverse = this.#inverse;
    const mask = this.#mask;
    const n = this.#n;
    let bits = 0;
    for (let i = to - 1; i >= from; i--) {
      let x = i;
      do x = Math.imul(x, inverse) & mask;
      while (x >= n);
      // The sign of the difference: no branch that nothing could foretell.
      bits = (bits << 1) | ((x - limit) >>> 31);
    }
    return bits;
  }
}

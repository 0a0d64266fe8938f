/**
 * Numbers for units that the host has written, which they keep for as long as they are valid.
 *
 * The logical map names, for each unit, not where it is but the number it got when it was written: its
 * *birth*. Collection moves units together and in their order, so `Whereabouts` knows where they are by
 * the *group* of 32 births in a row, and a move costs nothing a unit. (A map of places would have to be
 * changed at a random place of some 500 MB for each unit that is moved, and each such change waits for
 * memory.)
 *
 * Births come by the block: an *origin* is the births of a block's worth of units. Its number is given
 * back when none of its units is valid any more, which is looked for when numbers run out. If that
 * finds too few, all units are born again where they are (`Ftl`), which frees all that are not in use.
 *
 * Where a unit stays in the lane of its address, each lane has origins of its own, those of its blocks'
 * numbers and its part of the spare ones, so that the map need only tell births of one lane apart.
 */

import { NO_INTS } from '../../sim/columns.ts';

export const GROUP_BITS = 5;
export const GROUP_UNITS = 32;

/** Spare origins, as a share of the blocks: how much is written between two rebirths, at the least. */
const SPARE_SHARE = 1 / 4;
/** A search that finds fewer than this share of the spare ones is not worth being repeated. */
const WORTHWHILE_SHARE = 1 / 32;
/** Births are numbered below this, so that an entry of the map has 31 bits at most. */
const BIRTHS_MAX = 2 ** 31 - 64;

/** Whether there are numbers for so many blocks, and some to spare. */
export function canNumber(blocks: number, unitsPerBlock: number): boolean {
  return (blocks + 1) * strideOf(unitsPerBlock) <= BIRTHS_MAX;
}

function strideOf(unitsPerBlock: number): number {
  return Math.ceil(unitsPerBlock / GROUP_UNITS) * GROUP_UNITS;
}

export class Births {
  /** By group: a bit for each unit that is valid. Of an origin that is still as the drive started, those that are not. */
  readonly live: Int32Array = NO_INTS;
  readonly origins: number = 0;
  /** Births from one origin to the next, a multiple of the group. */
  readonly stride: number = 0;
  readonly groupsPerOrigin: number = 0;
  /** Lanes that have origins of their own, blocks of each, and spare origins of each. */
  readonly lanes: number = 0;
  readonly blocksPerLane: number = 0;
  readonly sparePerLane: number = 0;
  /** By lane: its free origins, and how many there are. */
  readonly #free: Int32Array = NO_INTS;
  readonly #freeCount: Int32Array = NO_INTS;
  readonly #originsPerLane: number = 0;
  readonly #blocks: number = 0;

  /**
   * No origin is free to begin with.
   * @param blocks as many origins as there are blocks, at the least; `canNumber` has been asked
   * @param openMax blocks that the host may be filling at once
   * @param spare further origins, a quarter of the blocks if not given; affects speed only
   * @param lanes that have origins of their own: all of the drive's, or 1 for none
   */
  constructor(blocks: number, unitsPerBlock: number, openMax: number, spare?: number, lanes = 1) {
    this.stride = strideOf(unitsPerBlock);
    this.groupsPerOrigin = this.stride / GROUP_UNITS;
    const wanted = Math.max(2 * openMax + 1, spare ?? Math.ceil(blocks * SPARE_SHARE));
    const most = Math.floor(BIRTHS_MAX / this.stride) - blocks;
    this.lanes = lanes;
    this.blocksPerLane = blocks / lanes;
    this.sparePerLane = Math.min(Math.ceil(wanted / lanes), Math.floor(most / lanes));
    this.origins = blocks + this.sparePerLane * lanes;
    this.live = new Int32Array(this.origins * this.groupsPerOrigin);
    this.#free = new Int32Array(this.origins);
    this.#freeCount = new Int32Array(lanes);
    this.#originsPerLane = this.origins / lanes;
    this.#blocks = blocks;
  }

  /** The lane of an origin, or of a block, of those that have origins of their own. */
  laneOf(origin: number): number {
    return origin < this.#blocks
      ? (origin / this.blocksPerLane) | 0
      : ((origin - this.#blocks) / this.sparePerLane) | 0;
  }

  /** Whether there is no origin for what is written to a block. */
  isOutFor(block: number): boolean {
    return this.#freeCount[this.laneOf(block)] === 0;
  }

  /** Whether a search has given back so few that the next comes too soon. */
  areFewFor(block: number): boolean {
    return this.#freeCount[this.laneOf(block)] <= this.sparePerLane * WORTHWHILE_SHARE;
  }

  /** An origin for what is written to a block. */
  takeFor(block: number): number {
    const lane = this.laneOf(block);
    return this.#free[lane * this.#originsPerLane + --this.#freeCount[lane]];
  }

  giveBack(origin: number): void {
    const lane = this.laneOf(origin);
    this.#free[lane * this.#originsPerLane + this.#freeCount[lane]++] = origin;
  }

  /** By origin: 1 for one that is free. */
  freeOrigins(): Uint8Array {
    const isFree = new Uint8Array(this.origins);
    for (const origin of this.save()) isFree[origin] = 1;
    return isFree;
  }

  /** Whether no unit of an origin (that is not as the drive started) is valid. */
  isDead(origin: number): boolean {
    const end = (origin + 1) * this.groupsPerOrigin;
    for (let group = end - this.groupsPerOrigin; group < end; group++) {
      if (this.live[group] !== 0) return false;
    }
    return true;
  }

  isLive(birth: number): boolean {
    return (this.live[birth >>> GROUP_BITS] & (1 << birth)) !== 0;
  }

  setLive(birth: number): void {
    this.live[birth >>> GROUP_BITS] |= 1 << birth;
  }

  /** A unit ceases to be valid, in either way of counting. */
  kill(birth: number): void {
    this.live[birth >>> GROUP_BITS] ^= 1 << birth;
  }

  /** Units, none for those below zero, cease to be valid. */
  killAll(births: Int32Array, count: number): void {
    const { live } = this;
    for (let i = 0; i < count; i++) {
      // Without a branch: a negative number changes nothing.
      const birth = births[i];
      const isOne = ~(birth >> 31);
      live[(birth & isOne) >>> GROUP_BITS] ^= (1 << birth) & isOne;
    }
  }

  /** Nothing lives, and no origin is free: for those that begin anew. */
  reset(): void {
    this.live.fill(0);
    this.#freeCount.fill(0);
  }

  /** Which are free, lane by lane. */
  save(): Int32Array {
    const free = new Int32Array(this.#freeCount.reduce((sum, count) => sum + count, 0));
    let at = 0;
    this.#freeCount.forEach((count, lane) => {
      const first = lane * this.#originsPerLane;
      free.set(this.#free.subarray(first, first + count), at);
      at += count;
    });
    return free;
  }

  load(free: Int32Array): void {
    this.reset();
    for (const origin of free) this.giveBack(origin);
  }
}

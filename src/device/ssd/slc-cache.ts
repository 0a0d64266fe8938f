/**
 * Single-level cells as a cache: blocks of cells that could hold two to five bits are written with
 * one, which is fast and takes that many times the room, and are *folded* later: read, and programmed
 * into ordinary blocks.
 *
 * The static part is a number of blocks of every lane that are kept for it; the dynamic part is a
 * share of what is free, so that it shrinks as the drive fills. Any block may serve (a lane keeps so
 * many free ones back); it is in the cache from the moment it is opened until it is erased.
 *
 * Folding is collection whose victims are the cache's blocks, oldest first: it runs in idle time, when
 * free blocks are short and the dynamic part holds them, and, where the host waits for a full cache
 * rather than going past it, when the cache is full. Makers describe the two kinds (Samsung, "TurboWrite"
 * white paper, 2013; Micron, "Dynamic Write Acceleration" technical brief, 2014); when their firmware
 * folds they do not say.
 */

import { NO_BYTES, NO_INTS } from '../../sim/columns.ts';
import type { Stream } from './blocks.ts';
import type { Geometry } from './geometry.ts';
import type { SsdProfile } from './profile.ts';

const ns = (us: number): number => Math.round(us * 1000);

export class SlcCache {
  /** Units read out of the cache to be folded; cumulative. */
  unitsFolded = 0;
  /** The stream that writes to it. */
  readonly stream: Stream;
  readonly unitsPerProgram: number;
  /** What one of its blocks holds. */
  readonly unitsPerBlock: number;
  readonly senseNs: number;
  readonly programNs: number;
  /** The host goes past a full cache; otherwise it waits for folding. */
  readonly goesPast: boolean;
  /** By block: 1 while it is in the cache. */
  readonly holds: Uint8Array = NO_BYTES;
  /** There is time to fold what need not be. */
  isIdle = false;

  /** By lane: valid units in the cache. */
  readonly valid: Int32Array = NO_INTS;

  readonly #geometry: Geometry;
  readonly #staticBlocks: number;
  readonly #dynamicShare: number;
  readonly #dynamicMost: number;
  readonly #keepFree: number;
  /** By lane: blocks in the cache, and of these the full ones, oldest first: block + 1, 0 for none. */
  readonly #count: Int32Array = NO_INTS;
  readonly #full: Int32Array = NO_INTS;
  readonly #oldest: Int32Array = NO_INTS;
  readonly #newest: Int32Array = NO_INTS;
  readonly #younger: Int32Array = NO_INTS;

  /**
   * @param stream the number of the stream that writes to it
   * @param keepFree free blocks of a lane that the dynamic part leaves
   */
  constructor(
    geometry: Geometry,
    slc: NonNullable<SsdProfile['slc']>,
    stream: Stream,
    keepFree: number,
  ) {
    this.#geometry = geometry;
    this.stream = stream;
    this.unitsPerProgram = geometry.unitsPerRow * (slc.pages_per_program ?? 1);
    this.unitsPerBlock = geometry.unitsPerBlock / slc.bits_per_cell;
    this.senseNs = ns(slc.read_us);
    this.programNs = ns(slc.program_us);
    this.goesPast = slc.when_full === 'direct';
    this.#staticBlocks = slc.static_blocks;
    this.#dynamicShare = slc.dynamic_share;
    this.#dynamicMost = slc.dynamic_most_blocks ?? Infinity;
    this.#keepFree = keepFree;
    this.holds = new Uint8Array(geometry.blocks);
    this.valid = new Int32Array(geometry.lanes);
    this.#count = new Int32Array(geometry.lanes);
    this.#full = new Int32Array(geometry.lanes);
    this.#oldest = new Int32Array(geometry.lanes);
    this.#newest = new Int32Array(geometry.lanes);
    this.#younger = new Int32Array(geometry.blocks);
  }

  /** Blocks of the lane in the cache. */
  count(lane: number): number {
    return this.#count[lane];
  }

  /** Free blocks that the lane keeps back for the static part. */
  keptBack(lane: number): number {
    return Math.max(0, this.#staticBlocks - this.#count[lane]);
  }

  /** Whether the lane may open another block for the cache. */
  mayOpen(lane: number, free: number): boolean {
    const count = this.#count[lane];
    if (count < this.#staticBlocks) return free > 1;
    return free > this.#keepFree && count < this.#most(lane, free);
  }

  /** Blocks the lane's cache may have. */
  #most(lane: number, free: number): number {
    const dynamic = this.#count[lane] - this.#staticBlocks;
    const share = Math.floor(this.#dynamicShare * (free + dynamic));
    return this.#staticBlocks + Math.min(this.#dynamicMost, share);
  }

  /** Whether folding gives the lane free blocks that are not kept back at once. */
  givesFree(lane: number): boolean {
    return this.#full[lane] > 0 && this.#count[lane] > this.#staticBlocks;
  }

  /**
   * Whether the lane should fold now though it is not short of free blocks.
   * @param isUnderWay something folded has not been put away
   * @param hasRoom the cache takes more as it is
   */
  wantsFolding(lane: number, isUnderWay: boolean, hasRoom: boolean): boolean {
    if (this.#full[lane] === 0 && !isUnderWay) return false;
    return this.isIdle || (!this.goesPast && !hasRoom);
  }

  /** Whether folding, under way or to be begun, will give the host a place in the cache. */
  willHaveRoom(lane: number): boolean {
    return this.#count[lane] > 0;
  }

  opened(block: number): void {
    this.holds[block] = 1;
    this.#count[this.#geometry.laneOfBlock(block)]++;
  }

  /** A block of the cache is full. */
  closed(block: number): void {
    const lane = this.#geometry.laneOfBlock(block);
    this.#younger[block] = 0;
    if (this.#full[lane]++ === 0) this.#oldest[lane] = block + 1;
    else this.#younger[this.#newest[lane] - 1] = block + 1;
    this.#newest[lane] = block + 1;
  }

  /** The block to fold next, which is then no longer a full one of the cache; -1 for none. */
  take(lane: number): number {
    if (this.#full[lane] === 0) return -1;
    const block = this.#oldest[lane] - 1;
    this.#oldest[lane] = this.#younger[block];
    this.#full[lane]--;
    return block;
  }

  erased(block: number): void {
    if (this.holds[block] === 0) return;
    this.holds[block] = 0;
    this.#count[this.#geometry.laneOfBlock(block)]--;
  }

  save() {
    return {
      holds: this.holds.slice(),
      valid: this.valid.slice(),
      count: this.#count.slice(),
      full: this.#full.slice(),
      oldest: this.#oldest.slice(),
      newest: this.#newest.slice(),
      younger: this.#younger.slice(),
      isIdle: this.isIdle,
    };
  }

  load(saved: ReturnType<SlcCache['save']>): void {
    this.holds.set(saved.holds);
    this.valid.set(saved.valid);
    this.#count.set(saved.count);
    this.#full.set(saved.full);
    this.#oldest.set(saved.oldest);
    this.#newest.set(saved.newest);
    this.#younger.set(saved.younger);
    this.isIdle = saved.isIdle;
  }
}

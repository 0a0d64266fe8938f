/**
 * Where in one file the next IO goes: one after the other, at random with each block once a pass
 * (fio's random map), or at random with repeats.
 */

import type { RandomStream } from '../../sim/random.ts';
import { Permutation } from './permutation.ts';
import { createSkew, type Skew } from './skew.ts';
import type { Distribution } from './values.ts';

export interface WalkOptions {
  /** First byte of the file's region. */
  startBytes: number;
  /** Length of the region. */
  bytes: number;
  /** Random offsets are multiples of it from `startBytes`: the smallest block size. */
  unitBytes: number;
  isRandom: boolean;
  /** Random offsets cover every block once a pass. */
  hasMap: boolean;
  distribution: Distribution;
  /** Sizes differ, so an IO may cover several blocks. */
  sizesVary: boolean;
}

export class FileWalk {
  /** Where the IO chosen last begins, bytes from the file's start. */
  offsetBytes = 0;
  /** Its length. */
  bytes = 0;

  readonly #options: WalkOptions;
  readonly #random: RandomStream;
  readonly #units: number;
  /** Where the next sequential read and write go, bytes from the region's start. */
  readonly #next = new Float64Array(2);
  readonly #order: Permutation | undefined;
  readonly #skew: Skew | undefined;
  /** Blocks covered in this pass, a bit each; only where sizes vary. */
  readonly #covered: Uint32Array | undefined;
  #index = 0;

  constructor(options: WalkOptions, random: RandomStream) {
    this.#options = options;
    this.#random = random;
    this.#units = Math.max(1, Math.floor(options.bytes / options.unitBytes));
    if (!options.isRandom) return;
    this.#skew = createSkew(options.distribution, this.#units);
    if (options.hasMap || this.#skew !== undefined) {
      this.#order = new Permutation(this.#units);
      this.#order.rekey(random);
    }
    if (options.hasMap && options.sizesVary) {
      this.#covered = new Uint32Array(Math.ceil(this.#units / 32));
    }
  }

  /** Starts another pass. */
  reset(): void {
    this.#next.fill(0);
    this.#index = 0;
    this.#covered?.fill(0);
    if (this.#options.hasMap) this.#order?.rekey(this.#random);
  }

  /**
   * Chooses the next IO; the answer is in `offsetBytes` and `bytes`.
   * @param direction 0 read, 1 write: each has its own sequential position
   * @param wantedBytes its size, cut at the region's end or at the next block already covered
   * @returns false when the pass is over
   */
  choose(direction: number, wantedBytes: number): boolean {
    return this.#options.isRandom
      ? this.#chooseRandom(wantedBytes)
      : this.#chooseNext(direction, wantedBytes);
  }

  #chooseNext(direction: number, wantedBytes: number): boolean {
    const at = this.#next[direction];
    const { startBytes, bytes } = this.#options;
    if (at >= bytes) return false;
    this.offsetBytes = startBytes + at;
    this.bytes = Math.min(wantedBytes, bytes - at);
    this.#next[direction] = at + this.bytes;
    return true;
  }

  #chooseRandom(wantedBytes: number): boolean {
    const { startBytes, bytes, unitBytes, hasMap } = this.#options;
    const unit = hasMap ? this.#nextUncovered() : this.#draw();
    if (unit < 0) return false;
    const at = unit * unitBytes;
    let length = Math.min(wantedBytes, bytes - at);
    if (this.#covered !== undefined) length = this.#cover(unit, length);
    this.offsetBytes = startBytes + at;
    this.bytes = length;
    return true;
  }

  #draw(): number {
    if (this.#skew === undefined) return this.#random.below(this.#units);
    return (this.#order as Permutation).at(this.#skew.next(this.#random));
  }

  /** The next block of this pass's order that no IO has covered; -1 when there is none. */
  #nextUncovered(): number {
    const order = this.#order as Permutation;
    while (this.#index < this.#units) {
      const unit = order.at(this.#index++);
      if (!this.#isCovered(unit)) return unit;
    }
    return -1;
  }

  #isCovered(unit: number): boolean {
    return this.#covered !== undefined && ((this.#covered[unit >>> 5] >>> (unit & 31)) & 1) === 1;
  }

  /** Marks the blocks an IO covers, up to the first that is already; returns its length. */
  #cover(first: number, length: number): number {
    const { unitBytes } = this.#options;
    const covered = this.#covered as Uint32Array;
    let unit = first;
    const end = Math.min(this.#units, first + Math.ceil(length / unitBytes));
    for (; unit < end && !this.#isCovered(unit); unit++) covered[unit >>> 5] |= 1 << (unit & 31);
    return unit === end ? length : (unit - first) * unitBytes;
  }
}

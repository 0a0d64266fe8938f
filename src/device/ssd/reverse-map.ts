/**
 * Which logical units lie in a physical block: for each block a list of them.
 *
 * The forward map knows it all; a list only saves searching it, and only collection asks. So there are
 * lists for as many blocks as a budget allows. A block gets one when it is opened, if one is free. When
 * collection takes a block that has none, one pass over the forward map makes lists for it and for those
 * that will be taken next. A drive whose lists all fit never needs that.
 *
 * A block that has been as it is since the drive started needs no list: a formula knows (`start.ts`).
 */

import type { BlockWatcher, Blocks } from './blocks.ts';
import type { Geometry } from './geometry.ts';
import { PackedInts } from './packed-ints.ts';

/** Lists take no more than this, bytes. */
const BUDGET_BYTES = 48 * 1024 * 1024;
/** Lines of the forward map that are searched in one go. */
const LINES_AT_ONCE = 1024;
/** At the least, enough for all blocks that are being emptied. */
const LEAST_PER_LANE = 2;

export class ReverseMap implements BlockWatcher {
  readonly #geometry: Geometry;
  readonly #blocks: Blocks;
  readonly #forward: PackedInts;
  readonly #first: number = 0;
  /** Entries from one list to the next. */
  readonly #stride: number = 0;
  /** Logical unit + 1 by list and unit; 0 for none. */
  readonly #units: PackedInts;
  /** By block: 1 since it was first opened. */
  readonly #rewritten: Uint8Array;
  /** By block: its list + 1, 0 for none. */
  readonly #listOf: Int32Array;
  /** By block: 1 when its list was searched for. */
  readonly #bags: Uint8Array;
  readonly #free: Int32Array;
  #freeCount: number;

  /**
   * @param forward by logical unit: `first` + the row that holds it, less when none does that was written
   * @param budgetBytes what the lists may take; a few are made anyway
   */
  constructor(
    geometry: Geometry,
    blocks: Blocks,
    forward: PackedInts,
    first: number,
    budgetBytes: number = BUDGET_BYTES,
  ) {
    this.#geometry = geometry;
    this.#blocks = blocks;
    this.#forward = forward;
    this.#first = first;
    const one = new PackedInts(geometry.unitsPerBlock, geometry.mappedUnits);
    this.#stride = Math.ceil(geometry.unitsPerBlock / one.perLine) * one.perLine;
    const lists = Math.min(
      geometry.blocks,
      Math.max(geometry.lanes * LEAST_PER_LANE, Math.floor(budgetBytes / one.words.byteLength)),
    );
    this.#units = new PackedInts(lists * this.#stride, geometry.mappedUnits);
    this.#rewritten = new Uint8Array(geometry.blocks);
    this.#listOf = new Int32Array(geometry.blocks);
    this.#bags = new Uint8Array(geometry.blocks);
    this.#free = Int32Array.from({ length: lists }, (_, i) => lists - 1 - i);
    this.#freeCount = lists;
  }

  /** Whether the block is still as the drive started. */
  isAsStarted(block: number): boolean {
    return this.#rewritten[block] === 0;
  }

  /** A block is about to be written. */
  opened(block: number): void {
    this.#rewritten[block] = 1;
    if (this.#freeCount > 0) this.#giveList(block);
  }

  erased(block: number): void {
    this.release(block);
  }

  /** A block is asked no more. */
  release(block: number): void {
    const list = this.#listOf[block] - 1;
    if (list < 0) return;
    this.#listOf[block] = 0;
    this.#free[this.#freeCount++] = list;
  }

  /** A logical unit has been written to this physical one. */
  written(block: number, physical: number, logical: number): void {
    const list = this.#listOf[block] - 1;
    if (list < 0) return;
    const unit = physical - block * this.#geometry.unitsPerBlock;
    this.#units.set(list * this.#stride + unit, logical + 1);
  }

  /** The same of `count` units from `physical` on; those below zero are not wanted. */
  writtenAll(
    block: number,
    physical: number,
    logicals: Int32Array,
    at: number,
    count: number,
  ): void {
    const list = this.#listOf[block] - 1;
    if (list < 0) return;
    const first = list * this.#stride + physical - block * this.#geometry.unitsPerBlock - at;
    for (let i = at; i < at + count; i++) this.#units.set(first + i, logicals[i] + 1);
  }

  /** Makes sure of a list for a block that is to be emptied. */
  prepare(block: number): void {
    if (this.#listOf[block] === 0 && this.#rewritten[block] === 1) this.#makeLists(block);
  }

  /**
   * Logical units of a block that is prepared and not as it started: all that are valid, others that
   * were, -1 for none. Unit by unit, or in any order if it is a bag.
   */
  copy(block: number, from: number, into: Int32Array, count: number): void {
    const units = this.#units;
    const first = (this.#listOf[block] - 1) * this.#stride + from;
    for (let i = 0; i < count; i++) into[i] = units.get(first + i) - 1;
  }

  /** Whether what a block holds was searched for, so that its list is in no order. */
  isBag(block: number): boolean {
    return this.#bags[block] === 1;
  }

  /** Lists for a victim and, as far as they go, for the blocks that will be victims next. */
  #makeLists(victim: number): void {
    const { lanes, blocks } = this.#geometry;
    const made: number[] = [victim];
    for (let block = 0; block < blocks; block++) {
      // Blocks that are being emptied keep theirs; what is filled now will be taken last.
      if (!this.#blocks.isEmptying(block)) this.release(block);
      else if (this.#listOf[block] === 0 && block !== victim) made.push(block);
    }
    for (const block of made) this.#giveList(block);
    const next = new Int32Array(Math.floor(this.#freeCount / lanes));
    for (let lane = 0; lane < lanes; lane++) {
      const count = this.#blocks.next(lane, next);
      for (const block of next.subarray(0, count)) {
        if (this.#rewritten[block] === 0 || this.#listOf[block] !== 0) continue;
        this.#giveList(block);
        made.push(block);
      }
    }
    this.#search(made);
  }

  /** One pass over the forward map, for the blocks whose lists are to be filled. */
  #search(made: readonly number[]): void {
    const { mappedUnits, blocks } = this.#geometry;
    const { perLine } = this.#forward;
    const next = new Int32Array(blocks).fill(-1);
    for (const block of made) this.#bags[block] = 1;
    for (const block of made) next[block] = (this.#listOf[block] - 1) * this.#stride;
    // Piece by piece: V8 compiles what is called often.
    const piece = perLine * LINES_AT_ONCE;
    for (let logical = 0; logical < mappedUnits; logical += piece) {
      this.#searchFrom(logical, Math.min(logical + piece, mappedUnits), next);
    }
  }

  /** Searches some whole lines of the forward map; `next` is the place for a block's next unit, -1 for none. */
  #searchFrom(from: number, to: number, next: Int32Array): void {
    const { unitsPerRow, unitsPerBlock } = this.#geometry;
    const { words, width, perLine, lineWords } = this.#forward;
    const units = this.#units;
    const first = this.#first;
    const mask = -1 >>> (32 - width);
    const blocksPerRow = ((1 + 2 ** -40) * unitsPerRow) / unitsPerBlock;
    for (let logical = from, line = ((from / perLine) | 0) * lineWords; logical < to;) {
      const end = Math.min(logical + perLine, to);
      for (let bit = 0; logical < end; logical++, bit += width) {
        const at = line + (bit >>> 5);
        const shift = bit & 31;
        const entry = ((words[at] >>> shift) | ((words[at + 1] << 1) << (31 - shift))) & mask;
        if (entry < first) continue;
        const block = ((entry - first) * blocksPerRow) | 0;
        const unit = next[block];
        if (unit < 0) continue;
        next[block] = unit + 1;
        units.set(unit, logical + 1);
      }
      line += lineWords;
    }
  }

  #giveList(block: number): void {
    const list = this.#free[--this.#freeCount];
    this.#listOf[block] = list + 1;
    this.#bags[block] = 0;
    this.#units.clear(list * this.#stride, (list + 1) * this.#stride);
  }

  /** Which blocks are not as they started; lists can be made again. */
  save(): Uint8Array {
    return this.#rewritten.slice();
  }

  load(rewritten: Uint8Array): void {
    for (let block = 0; block < this.#geometry.blocks; block++) this.release(block);
    this.#rewritten.set(rewritten);
  }
}

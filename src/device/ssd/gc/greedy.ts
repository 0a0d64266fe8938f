/**
 * Greedy: empties the block with the fewest valid units, of these the one that came to have so few
 * most recently.
 *
 * Full blocks hang in one list per lane and valid count. A unit going stale moves its block one list
 * down; the lowest list that may hold anything is remembered, so a choice is O(1) amortised.
 */

import type { Geometry } from '../geometry.ts';
import type { PolicyState, VictimPolicy } from './policy.ts';

class Greedy implements VictimPolicy {
  readonly #geometry: Geometry;
  /** Lists per lane: one for each valid count, 0 included. */
  readonly #counts: number;
  /** By lane and valid count: first block + 1, 0 when the list is empty. */
  readonly #heads: Int32Array;
  /** By block: neighbour + 1, 0 for none. A first block's `#before` is 0. */
  readonly #after: Int32Array;
  readonly #before: Int32Array;
  /** By lane: no list below this one holds a block. */
  readonly #lowest: Int32Array;

  constructor(geometry: Geometry) {
    this.#geometry = geometry;
    this.#counts = geometry.unitsPerBlock + 1;
    this.#heads = new Int32Array(geometry.lanes * this.#counts);
    this.#after = new Int32Array(geometry.blocks);
    this.#before = new Int32Array(geometry.blocks);
    this.#lowest = new Int32Array(geometry.lanes).fill(this.#counts);
  }

  closed(block: number, valid: number): void {
    this.#insert(this.#geometry.laneOfBlock(block), block, valid);
  }

  invalidated(block: number, valid: number): void {
    const lane = this.#geometry.laneOfBlock(block);
    this.#remove(lane, block, valid + 1);
    this.#insert(lane, block, valid);
  }

  take(lane: number): number {
    const base = lane * this.#counts;
    let valid = this.#lowest[lane];
    while (valid < this.#counts && this.#heads[base + valid] === 0) valid++;
    this.#lowest[lane] = valid;
    // A block with nothing stale gives nothing.
    if (valid >= this.#counts - 1) return -1;
    const block = this.#heads[base + valid] - 1;
    this.#remove(lane, block, valid);
    return block;
  }

  next(lane: number, into: Int32Array): number {
    const base = lane * this.#counts;
    let count = 0;
    for (let valid = this.#lowest[lane]; valid < this.#counts; valid++) {
      for (let block = this.#heads[base + valid]; block !== 0; block = this.#after[block - 1]) {
        if (count === into.length) return count;
        into[count++] = block - 1;
      }
    }
    return count;
  }

  remove(block: number, valid: number): void {
    this.#remove(this.#geometry.laneOfBlock(block), block, valid);
  }

  save(): PolicyState {
    return {
      heads: this.#heads.slice(),
      after: this.#after.slice(),
      before: this.#before.slice(),
      lowest: this.#lowest.slice(),
    };
  }

  load(state: PolicyState): void {
    this.#heads.set(state.heads);
    this.#after.set(state.after);
    this.#before.set(state.before);
    this.#lowest.set(state.lowest);
  }

  #insert(lane: number, block: number, valid: number): void {
    const list = lane * this.#counts + valid;
    const first = this.#heads[list];
    this.#after[block] = first;
    this.#before[block] = 0;
    if (first !== 0) this.#before[first - 1] = block + 1;
    this.#heads[list] = block + 1;
    if (valid < this.#lowest[lane]) this.#lowest[lane] = valid;
  }

  #remove(lane: number, block: number, valid: number): void {
    const after = this.#after[block];
    const before = this.#before[block];
    if (before === 0) this.#heads[lane * this.#counts + valid] = after;
    else this.#after[before - 1] = after;
    if (after !== 0) this.#before[after - 1] = before;
  }
}

export const greedy = (geometry: Geometry): VictimPolicy => new Greedy(geometry);

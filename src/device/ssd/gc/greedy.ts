/**
 * Greedy: empties the block with the fewest valid units, of these the one that came to have so few
 * most recently.
 *
 * Full blocks hang in one list per lane and valid count. A unit going stale moves its block one list
 * down; the lowest list that may hold anything is remembered, so a choice is O(1) amortised. Blocks that
 * are far from being chosen are in no list: they enter those of their lane when they come down to its
 * horizon, which is raised, past all that then enter in the order of their numbers, when its lists are empty.
 */

import { NO_INTS } from '../../../sim/columns.ts';
import type { Geometry } from '../geometry.ts';
import type { FullBlocks, PolicyState, VictimPolicy } from './policy.ts';

/** The horizon is raised this part of a block above the fewest valid units. */
const HORIZON_SHARE = 1 / 32;

class Greedy implements VictimPolicy {
  readonly #geometry: Geometry;
  /** Lists per lane: one for each valid count, 0 included. */
  readonly #counts: number;
  /** By lane and valid count: first block + 1, 0 when the list is empty. */
  readonly #heads: Int32Array = NO_INTS;
  /** By block: neighbour + 1, 0 for none. A first block's `#before` is 0. */
  readonly #after: Int32Array = NO_INTS;
  readonly #before: Int32Array = NO_INTS;
  /** By lane: no list below this one holds a block. */
  readonly #lowest: Int32Array = NO_INTS;
  /** By lane: blocks with more valid units are in no list. */
  readonly #horizon: Int32Array = NO_INTS;

  constructor(geometry: Geometry) {
    this.#geometry = geometry;
    this.#counts = geometry.unitsPerBlock + 1;
    this.#heads = new Int32Array(geometry.lanes * this.#counts);
    this.#after = new Int32Array(geometry.blocks);
    this.#before = new Int32Array(geometry.blocks);
    this.#lowest = new Int32Array(geometry.lanes).fill(this.#counts);
    this.#horizon = new Int32Array(geometry.lanes).fill(-1);
  }

  closed(block: number, valid: number): void {
    const lane = this.#geometry.laneOfBlock(block);
    if (valid <= this.#horizon[lane]) this.#insert(lane, block, valid);
  }

  invalidated(block: number, valid: number): void {
    const lane = this.#geometry.laneOfBlock(block);
    const horizon = this.#horizon[lane];
    if (valid > horizon) return;
    if (valid < horizon) this.#remove(lane, block, valid + 1);
    this.#insert(lane, block, valid);
  }

  take(lane: number, blocks: FullBlocks): number {
    const block = this.#first(lane);
    if (block >= 0) return block;
    this.#raise(lane, blocks);
    return this.#first(lane);
  }

  /** Takes the first block of the lowest list; -1 when there is none that gives anything. */
  #first(lane: number): number {
    const base = lane * this.#counts;
    const horizon = this.#horizon[lane];
    let valid = this.#lowest[lane];
    while (valid <= horizon && this.#heads[base + valid] === 0) valid++;
    this.#lowest[lane] = valid;
    // A block with nothing stale gives nothing.
    if (valid > horizon || valid >= this.#counts - 1) return -1;
    const block = this.#heads[base + valid] - 1;
    this.#remove(lane, block, valid);
    return block;
  }

  /** Raises the lane's horizon, below which there is nothing, and enters the blocks it comes to. */
  #raise(lane: number, blocks: FullBlocks): void {
    const { blocksPerLane } = this.#geometry;
    const { valid } = blocks;
    const from = lane * blocksPerLane;
    const before = this.#horizon[lane];
    let fewest = this.#counts;
    for (let block = from; block < from + blocksPerLane; block++) {
      if (valid[block] > before && valid[block] < fewest && blocks.isFull(block)) {
        fewest = valid[block];
      }
    }
    const horizon = Math.min(this.#counts - 1, fewest + Math.ceil(this.#counts * HORIZON_SHARE));
    this.#horizon[lane] = horizon;
    this.#lowest[lane] = Math.min(fewest, horizon + 1);
    for (let block = from + blocksPerLane - 1; block >= from; block--) {
      if (valid[block] > before && valid[block] <= horizon && blocks.isFull(block)) {
        this.#insert(lane, block, valid[block]);
      }
    }
  }

  remove(block: number, valid: number): void {
    const lane = this.#geometry.laneOfBlock(block);
    if (valid <= this.#horizon[lane]) this.#remove(lane, block, valid);
  }

  save(): PolicyState {
    return {
      heads: this.#heads.slice(),
      after: this.#after.slice(),
      before: this.#before.slice(),
      lowest: this.#lowest.slice(),
      horizon: this.#horizon.slice(),
    };
  }

  load(state: PolicyState): void {
    this.#heads.set(state.heads);
    this.#after.set(state.after);
    this.#before.set(state.before);
    this.#lowest.set(state.lowest);
    this.#horizon.set(state.horizon);
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

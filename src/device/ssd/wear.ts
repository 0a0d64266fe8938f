/**
 * Wear levelling, lane by lane: which free block is written next (dynamic), and when a block whose
 * data never changes has to give its place (static).
 *
 * Dynamic: the host's data, which is overwritten soonest, takes the free block erased least often;
 * what collection moves, which has lasted, the one erased most often (Chang, "On Efficient Wear
 * Leveling for Large-Scale Flash-Memory Storage Systems", SAC 2007).
 *
 * Static, with a threshold as MQSim's `Static_Wearleveling_Threshold`: once a block has been erased
 * that many times more often than the lane's least worn full block, the next block to be emptied is
 * the latter: it holds the coldest data, which moves on to a worn one. That alone sets no bound, since
 * data that was cold may get hot; so a victim that is twice the threshold ahead waits until the least
 * worn blocks have been emptied. No block is then ever erased more than that more often than a full
 * one.
 */

import { NO_INTS } from '../../sim/columns.ts';
import { BlockState } from './blocks.ts';
import type { Geometry } from './geometry.ts';
import type { SsdProfile } from './profile.ts';

const NONE = -1;

export class WearLevelling {
  /** Least worn blocks emptied for their wear alone; cumulative. */
  swaps = 0;
  readonly isDynamic: boolean;

  readonly #geometry: Geometry;
  readonly #threshold: number;
  /** By lane: the most erases among the blocks erased since the last victim. */
  readonly #worn: Int32Array = NO_INTS;
  /** What `findLeastWorn` found. */
  #least = 0;

  constructor(geometry: Geometry, wear: NonNullable<SsdProfile['wear']>) {
    this.#geometry = geometry;
    this.isDynamic = wear.dynamic;
    this.#threshold = wear.static_threshold ?? Infinity;
    this.#worn = new Int32Array(geometry.lanes);
  }

  get isStatic(): boolean {
    return this.#threshold !== Infinity;
  }

  /** A block has been erased for the `erases`th time. */
  erased(block: number, erases: number): void {
    const lane = this.#geometry.laneOfBlock(block);
    if (erases > this.#worn[lane]) this.#worn[lane] = erases;
  }

  /** The block to empty for its wear before any other; -1 when none has to be. */
  swapDue(lane: number, erases: Int32Array, state: Uint8Array): number {
    const worn = this.#worn[lane];
    if (worn < this.#threshold) return NONE;
    const block = this.#findLeastWorn(lane, erases, state);
    if (block < 0) return NONE;
    this.#worn[lane] = 0;
    return worn - this.#least >= this.#threshold ? block : NONE;
  }

  /** The block to empty before a victim that is too worn to be erased again; -1 when it may be. */
  beforeErasing(lane: number, victimErases: number, erases: Int32Array, state: Uint8Array): number {
    if (victimErases < 2 * this.#threshold) return NONE;
    const block = this.#findLeastWorn(lane, erases, state);
    return block >= 0 && victimErases - this.#least >= 2 * this.#threshold ? block : NONE;
  }

  #findLeastWorn(lane: number, erases: Int32Array, state: Uint8Array): number {
    const { blocksPerLane } = this.#geometry;
    let found = NONE;
    for (let block = lane * blocksPerLane; block < (lane + 1) * blocksPerLane; block++) {
      if (state[block] !== BlockState.full) continue;
      if (found >= 0 && erases[block] >= this.#least) continue;
      found = block;
      this.#least = erases[block];
    }
    return found;
  }

  save(): Int32Array {
    return this.#worn.slice();
  }

  load(saved: Int32Array): void {
    this.#worn.set(saved);
  }
}

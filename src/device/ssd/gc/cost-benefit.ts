/**
 * Cost-benefit: empties the block with the highest age x (1 - u) / 2u, u being the share of it that
 * is valid: space gained over the cost of reading and writing what is valid, weighed by how long it
 * has been quiet (Kawaguchi, Nishioka & Motoda, "A Flash-Memory Based File System", USENIX 1995).
 *
 * Age is counted in blocks filled since a unit of the block last went stale, or it was filled, so
 * that it does not depend on how fast the host writes.
 */

import { NO_INTS } from '../../../sim/columns.ts';
import type { Geometry } from '../geometry.ts';
import { AgeList } from './age-list.ts';
import type { PolicyState, VictimPolicy } from './policy.ts';

class CostBenefit implements VictimPolicy {
  readonly #geometry: Geometry;
  readonly #blocks: AgeList;
  /** By block: its lane's count of filled blocks when it last changed. */
  readonly #changed: Int32Array = NO_INTS;
  /** By lane: blocks filled so far. */
  readonly #filled: Int32Array = NO_INTS;

  constructor(geometry: Geometry) {
    this.#geometry = geometry;
    this.#blocks = new AgeList(geometry);
    this.#changed = new Int32Array(geometry.blocks);
    this.#filled = new Int32Array(geometry.lanes);
  }

  closed(block: number, valid: number): void {
    const lane = this.#geometry.laneOfBlock(block);
    this.#blocks.add(block, valid);
    this.#changed[block] = ++this.#filled[lane];
  }

  invalidated(block: number, valid: number): void {
    this.#blocks.valid[block] = valid;
    this.#changed[block] = this.#filled[this.#geometry.laneOfBlock(block)];
  }

  take(lane: number): number {
    const blocks = this.#blocks;
    let best = -1;
    let bestWorth = -1;
    for (let block = blocks.oldest(lane); block >= 0; block = blocks.after(block)) {
      const worth = this.#worth(lane, block);
      if (worth <= bestWorth) continue;
      best = block;
      bestWorth = worth;
    }
    if (best >= 0) blocks.remove(best);
    return best;
  }

  #worth(lane: number, block: number): number {
    const valid = this.#blocks.valid[block];
    if (valid === 0) return Infinity;
    // One more than the age, so that a block that changed just now counts by what it gives.
    const age = this.#filled[lane] - this.#changed[block] + 1;
    return (age * (this.#geometry.unitsPerBlock - valid)) / (2 * valid);
  }

  remove(block: number): void {
    this.#blocks.remove(block);
  }

  save(): PolicyState {
    return {
      ...this.#blocks.save(),
      changed: this.#changed.slice(),
      filled: this.#filled.slice(),
    };
  }

  load(state: PolicyState): void {
    this.#blocks.load(state);
    this.#changed.set(state.changed);
    this.#filled.set(state.filled);
  }
}

export const costBenefit = (geometry: Geometry): VictimPolicy => new CostBenefit(geometry);

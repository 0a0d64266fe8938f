/**
 * Windowed greedy: of the oldest blocks, a window of them, empties the one with the fewest valid
 * units (Hu et al., "Write Amplification Analysis in Flash-Based Solid State Drives", SYSTOR 2009).
 * A window of one is first in, first out; one of all blocks is greedy.
 */

import type { Geometry } from '../geometry.ts';
import { AgeList } from './age-list.ts';
import type { PolicyOptions, PolicyState, VictimPolicy } from './policy.ts';

export class ByAge implements VictimPolicy {
  readonly #blocks: AgeList;
  readonly #window: number;

  /** @param window how many of the oldest blocks are looked at */
  constructor(blocks: AgeList, window: number) {
    this.#blocks = blocks;
    this.#window = window;
  }

  closed(block: number, valid: number): void {
    this.#blocks.add(block, valid);
  }

  invalidated(block: number, valid: number): void {
    this.#blocks.valid[block] = valid;
  }

  take(lane: number): number {
    const blocks = this.#blocks;
    let best = blocks.oldest(lane);
    if (best < 0) return -1;
    // The older one of equals.
    for (let n = 1, block = blocks.after(best); n < this.#window && block >= 0; n++) {
      if (blocks.valid[block] < blocks.valid[best]) best = block;
      block = blocks.after(block);
    }
    blocks.remove(best);
    return best;
  }

  remove(block: number): void {
    this.#blocks.remove(block);
  }

  save(): PolicyState {
    return this.#blocks.save();
  }

  load(state: PolicyState): void {
    this.#blocks.load(state);
  }
}

export const windowed = (geometry: Geometry, options: PolicyOptions): VictimPolicy =>
  new ByAge(new AgeList(geometry), options.windowBlocks);

/** Full blocks by lane in the order in which they got full, and how many units of each are valid. */

import { NO_INTS } from '../../../sim/columns.ts';
import type { Geometry } from '../geometry.ts';
import type { PolicyState } from './policy.ts';

export class AgeList {
  /** By block: valid units; kept while the block is in a list. */
  readonly valid: Int32Array = NO_INTS;
  readonly #geometry: Geometry;
  /** By lane: oldest and newest block + 1, 0 when there is none. */
  readonly #oldest: Int32Array = NO_INTS;
  readonly #newest: Int32Array = NO_INTS;
  /** By block: the next younger and the next older + 1, 0 for none. */
  readonly #younger: Int32Array = NO_INTS;
  readonly #older: Int32Array = NO_INTS;

  constructor(geometry: Geometry) {
    this.#geometry = geometry;
    this.valid = new Int32Array(geometry.blocks);
    this.#oldest = new Int32Array(geometry.lanes);
    this.#newest = new Int32Array(geometry.lanes);
    this.#younger = new Int32Array(geometry.blocks);
    this.#older = new Int32Array(geometry.blocks);
  }

  /** The lane's oldest block; -1 when it has none. */
  oldest(lane: number): number {
    return this.#oldest[lane] - 1;
  }

  /** The block that got full next in the same lane; -1 for none. */
  after(block: number): number {
    return this.#younger[block] - 1;
  }

  /** Enters a block as its lane's youngest. */
  add(block: number, valid: number): void {
    const lane = this.#geometry.laneOfBlock(block);
    const before = this.#newest[lane];
    this.valid[block] = valid;
    this.#older[block] = before;
    this.#younger[block] = 0;
    if (before === 0) this.#oldest[lane] = block + 1;
    else this.#younger[before - 1] = block + 1;
    this.#newest[lane] = block + 1;
  }

  remove(block: number): void {
    const lane = this.#geometry.laneOfBlock(block);
    const older = this.#older[block];
    const younger = this.#younger[block];
    if (older === 0) this.#oldest[lane] = younger;
    else this.#younger[older - 1] = younger;
    if (younger === 0) this.#newest[lane] = older;
    else this.#older[younger - 1] = older;
  }

  save(): PolicyState {
    return {
      valid: this.valid.slice(),
      oldest: this.#oldest.slice(),
      newest: this.#newest.slice(),
      younger: this.#younger.slice(),
      older: this.#older.slice(),
    };
  }

  load(state: PolicyState): void {
    this.valid.set(state.valid);
    this.#oldest.set(state.oldest);
    this.#newest.set(state.newest);
    this.#younger.set(state.younger);
    this.#older.set(state.older);
  }
}

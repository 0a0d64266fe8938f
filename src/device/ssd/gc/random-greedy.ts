/**
 * Random greedy, or d choices: of `choices` blocks drawn at random, empties the one with the fewest
 * valid units (Li, Lee & Lui, SIGMETRICS 2013; Van Houdt, SIGMETRICS 2013; MQSim's RGA).
 */

import { NO_INTS } from '../../../sim/columns.ts';
import type { RandomStream } from '../../../sim/random.ts';
import type { Geometry } from '../geometry.ts';
import type { PolicyOptions, PolicyState, VictimPolicy } from './policy.ts';

class RandomGreedy implements VictimPolicy {
  readonly #geometry: Geometry;
  readonly #choices: number;
  readonly #random: RandomStream;
  /** By lane: its full blocks in any order, and how many there are. */
  readonly #full: Int32Array = NO_INTS;
  readonly #count: Int32Array = NO_INTS;
  /** By block: where it stands there, and its valid units. */
  readonly #place: Int32Array = NO_INTS;
  readonly #valid: Int32Array = NO_INTS;

  constructor(geometry: Geometry, options: PolicyOptions) {
    this.#geometry = geometry;
    this.#choices = options.choices;
    this.#random = options.random;
    this.#full = new Int32Array(geometry.blocks);
    this.#count = new Int32Array(geometry.lanes);
    this.#place = new Int32Array(geometry.blocks);
    this.#valid = new Int32Array(geometry.blocks);
  }

  closed(block: number, valid: number): void {
    const lane = this.#geometry.laneOfBlock(block);
    const at = lane * this.#geometry.blocksPerLane + this.#count[lane]++;
    this.#full[at] = block;
    this.#place[block] = at;
    this.#valid[block] = valid;
  }

  invalidated(block: number, valid: number): void {
    this.#valid[block] = valid;
  }

  take(lane: number): number {
    const count = this.#count[lane];
    if (count === 0) return -1;
    const first = lane * this.#geometry.blocksPerLane;
    let best = this.#full[first + this.#random.below(count)];
    for (let n = 1; n < this.#choices; n++) {
      const block = this.#full[first + this.#random.below(count)];
      if (this.#valid[block] < this.#valid[best]) best = block;
    }
    this.remove(best);
    return best;
  }

  remove(block: number): void {
    const lane = this.#geometry.laneOfBlock(block);
    const last = this.#full[lane * this.#geometry.blocksPerLane + --this.#count[lane]];
    this.#full[this.#place[block]] = last;
    this.#place[last] = this.#place[block];
  }

  save(): PolicyState {
    return {
      full: this.#full.slice(),
      count: this.#count.slice(),
      place: this.#place.slice(),
      valid: this.#valid.slice(),
      random: Int32Array.from(this.#random.save()),
    };
  }

  load(state: PolicyState): void {
    this.#full.set(state.full);
    this.#count.set(state.count);
    this.#place.set(state.place);
    this.#valid.set(state.valid);
    this.#random.load([...state.random]);
  }
}

export const randomGreedy = (geometry: Geometry, options: PolicyOptions): VictimPolicy =>
  new RandomGreedy(geometry, options);

/**
 * Where every unit is when a drive starts, as a formula: a drive of any size and age costs nothing
 * to set up, and the maps hold only what has changed since.
 *
 * `WrittenInOrder`: the first units were written once, in order, over the lanes in turn.
 *
 * `Steady`: the drive has been overwritten at random for long. A block that was filled x of a turn
 * ago (the youngest 0, the next victim 1) has e^(-Tx) of its units valid, T such that the mean is
 * what the drive holds: the stationary state of first-in-first-out collection, and of greedy with
 * large blocks (Desnoyers, SYSTOR 2012). Which logical unit is where is scattered by a fixed
 * multiplicative permutation; under uniform writes any other would do as well.
 */

import type { Blocks } from './blocks.ts';
import type { Geometry } from './geometry.ts';

export interface Start {
  /** Logical units that are somewhere. */
  readonly units: number;
  /** Names the state, so that a snapshot's maps are not taken for those of another. */
  readonly name: string;
  /** Where a logical unit is; only below `units`. */
  find(logical: number): number;
  /** The logical unit that is here; -1 for none. */
  at(physical: number): number;
  /** Enters every block, oldest first in each lane. */
  enter(blocks: Blocks): void;
}

export class WrittenInOrder implements Start {
  readonly units: number;
  readonly name: string;
  readonly #geometry: Geometry;

  constructor(geometry: Geometry, units: number) {
    this.#geometry = geometry;
    this.units = units;
    this.name = `in-order:${units}`;
  }

  find(logical: number): number {
    return this.#geometry.homeOf(logical);
  }

  at(physical: number): number {
    const { unitsPerProgram, lanes, unitsPerLane, placeOf } = this.#geometry;
    const lane = (physical / unitsPerLane) | 0;
    const offset = physical - lane * unitsPerLane;
    const inLane = (offset / unitsPerProgram) | 0;
    const stripe = inLane * lanes + placeOf[lane];
    const logical = stripe * unitsPerProgram + (offset - inLane * unitsPerProgram);
    return logical < this.units ? logical : -1;
  }

  enter(blocks: Blocks): void {
    const { lanes, blocksPerLane, unitsPerBlock, unitsPerProgram, placeOf } = this.#geometry;
    const stripes = Math.ceil(this.units / unitsPerProgram);
    const padding = stripes * unitsPerProgram - this.units;
    for (let lane = 0; lane < lanes; lane++) {
      const place = placeOf[lane];
      let left = Math.ceil((stripes - place) / lanes) * unitsPerProgram;
      if (stripes > 0 && (stripes - 1) % lanes === place) left -= padding;
      for (let i = 0; i < blocksPerLane; i++) {
        const block = lane * blocksPerLane + i;
        const valid = Math.min(left, unitsPerBlock);
        if (valid > 0) blocks.startFull(block, valid);
        else blocks.addFree(block);
        left -= valid;
      }
    }
  }
}

export class Steady implements Start {
  readonly units: number;
  readonly name: string;
  readonly #geometry: Geometry;
  /** By block and one past the last: valid units in all blocks before it. */
  readonly #before: Int32Array;
  readonly #byAddress: boolean;
  readonly #factor: number;
  readonly #inverse: number;
  readonly #unitStep: number;
  readonly #unitStepInverse: number;

  /**
   * @param freeBlocks blocks of each lane that are free
   * @param byAddress each unit stays in the lane its address belongs to
   */
  constructor(geometry: Geometry, freeBlocks: number, byAddress: boolean) {
    const { lanes, blocksPerLane, blocks, unitsPerBlock, logicalUnits } = geometry;
    this.#geometry = geometry;
    this.units = logicalUnits;
    this.name = `steady:${logicalUnits}:${freeBlocks}`;
    this.#byAddress = byAddress;
    const full = blocksPerLane - freeBlocks;
    this.#before = new Int32Array(blocks + 1);
    let sum = 0;
    for (let lane = 0; lane < lanes; lane++) {
      const units = byAddress
        ? unitsOfLane(geometry, lane)
        : Math.floor(((lane + 1) * logicalUnits) / lanes) -
          Math.floor((lane * logicalUnits) / lanes);
      const turn = turnOf(units / (full * unitsPerBlock));
      const before = sum;
      for (let i = 0; i < blocksPerLane; i++) {
        this.#before[lane * blocksPerLane + i] = sum;
        // Block 0 is the oldest.
        const share = (Math.exp(turn * ((i + 1) / full)) - 1) / (Math.exp(turn) - 1);
        sum = before + (i < full ? Math.floor(units * Math.min(1, share) + 1e-6) : units);
      }
    }
    this.#before[blocks] = sum;
    this.#factor = coprimeNear(logicalUnits, 0.381966);
    this.#inverse = inverseOf(this.#factor, logicalUnits);
    this.#unitStep = coprimeNear(unitsPerBlock, 0.381966);
    this.#unitStepInverse = inverseOf(this.#unitStep, unitsPerBlock);
  }

  find(logical: number): number {
    const { unitsPerBlock } = this.#geometry;
    const rank = this.#byAddress
      ? this.#rankByAddress(logical)
      : multiply(logical, this.#factor, this.units);
    const block = this.#blockOfRank(rank);
    const place = rank - this.#before[block];
    return block * unitsPerBlock + multiply(place, this.#unitStep, unitsPerBlock);
  }

  at(physical: number): number {
    const { unitsPerBlock } = this.#geometry;
    const block = this.#geometry.blockOf(physical);
    const place = multiply(physical - block * unitsPerBlock, this.#unitStepInverse, unitsPerBlock);
    const rank = this.#before[block] + place;
    if (rank >= this.#before[block + 1]) return -1;
    return this.#byAddress
      ? this.#addressOfRank(rank, this.#geometry.laneOfBlock(block))
      : multiply(rank, this.#inverse, this.units);
  }

  enter(blocks: Blocks): void {
    for (let block = 0; block < this.#geometry.blocks; block++) {
      const valid = this.#before[block + 1] - this.#before[block];
      if (valid > 0) blocks.startFull(block, valid);
      else blocks.addFree(block);
    }
  }

  /** A lane's own units, in order. */
  #rankByAddress(logical: number): number {
    const { unitsPerProgram, lanes, blocksPerLane, laneAt } = this.#geometry;
    const stripe = (logical / unitsPerProgram) | 0;
    const inLane = (stripe / lanes) | 0;
    const lane = laneAt[stripe - inLane * lanes];
    const within = logical - stripe * unitsPerProgram;
    return this.#before[lane * blocksPerLane] + inLane * unitsPerProgram + within;
  }

  #addressOfRank(rank: number, lane: number): number {
    const { unitsPerProgram, lanes, blocksPerLane, placeOf } = this.#geometry;
    const own = rank - this.#before[lane * blocksPerLane];
    const inLane = (own / unitsPerProgram) | 0;
    const stripe = inLane * lanes + placeOf[lane];
    return stripe * unitsPerProgram + (own - inLane * unitsPerProgram);
  }

  #blockOfRank(rank: number): number {
    let low = 0;
    let high = this.#geometry.blocks;
    while (high - low > 1) {
      const middle = (low + high) >>> 1;
      if (this.#before[middle] <= rank) low = middle;
      else high = middle;
    }
    // Free blocks begin where the next one does.
    return low;
  }
}

/** Logical units that belong to a lane by their address. */
function unitsOfLane(geometry: Geometry, lane: number): number {
  const { logicalUnits, unitsPerProgram, lanes, placeOf } = geometry;
  const place = placeOf[lane];
  const stripes = Math.ceil(logicalUnits / unitsPerProgram);
  const padding = stripes * unitsPerProgram - logicalUnits;
  const own = Math.ceil((stripes - place) / lanes) * unitsPerProgram;
  return stripes > 0 && (stripes - 1) % lanes === place ? own - padding : own;
}

/** T with (1 - e^-T) / T = the share of the full blocks' units that is valid. */
function turnOf(validShare: number): number {
  let low = 1e-9;
  let high = 100;
  for (let n = 0; n < 100; n++) {
    const turn = (low + high) / 2;
    if ((1 - Math.exp(-turn)) / turn > validShare) low = turn;
    else high = turn;
  }
  return low;
}

/** a x b mod n for integers below 2^31, exactly. */
function multiply(a: number, b: number, n: number): number {
  const high = Math.floor(b / 65536);
  return (((a * high) % n) * 65536 + a * (b - high * 65536)) % n;
}

/** A factor near `share` of n that has an inverse mod n. */
function coprimeNear(n: number, share: number): number {
  const gcd = (a: number, b: number): number => (b === 0 ? a : gcd(b, a % b));
  let factor = Math.max(1, Math.floor(n * share));
  while (gcd(factor, n) !== 1) factor++;
  return factor;
}

function inverseOf(a: number, n: number): number {
  let [r0, r1, t0, t1] = [n, a % n, 0, 1];
  while (r1 !== 0) {
    const q = Math.floor(r0 / r1);
    [r0, r1, t0, t1] = [r1, r0 - q * r1, t1, t0 - q * t1];
  }
  return ((t0 % n) + n) % n;
}

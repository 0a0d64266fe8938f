/**
 * What is valid in the block that a lane empties, row by row: a row is looked at when it is about to be
 * read, so that what has ceased to be valid by then is left out.
 */

import { NO_INTS } from '../../sim/columns.ts';
import { countBits, lowestBits } from './bits.ts';
import type { Carried } from './carried.ts';
import type { Geometry } from './geometry.ts';
import { Listed, LISTED, type Whereabouts } from './whereabouts.ts';

/** Columns of what a lane has not looked at. */
const Left = {
  /** The block, and its first place. */
  block: 0,
  first: 1,
  /** Where in the list the part is that is next, and where the list ends. */
  part: 2,
  end: 3,
  /** Which births of that part are left, as bits, and the place of the next. */
  bits: 4,
  place: 5,
} as const;
const LEFT_BITS = 3;

// Constants of this file, which compiled code holds as they are (docs/HOT-PATH.md).
const { base: BASE, group: GROUP, placed: PLACED } = Listed;

export class VictimRows {
  /** Result of `take`: the row, in its block. */
  row = 0;

  readonly #whereabouts: Whereabouts;
  readonly #unitsPerBlock: number = 0;
  readonly #unitsPerRow: number = 0;
  /** By lane: what of its block is where. */
  readonly #list: Int32Array = NO_INTS;
  readonly #listLength: number = 0;
  /** By lane: rows of `Left`. */
  readonly #left: Int32Array = NO_INTS;

  constructor({ lanes, unitsPerBlock, unitsPerRow }: Geometry, whereabouts: Whereabouts) {
    this.#whereabouts = whereabouts;
    this.#unitsPerBlock = unitsPerBlock;
    this.#unitsPerRow = unitsPerRow;
    this.#listLength = unitsPerBlock * LISTED;
    this.#list = new Int32Array(lanes * this.#listLength);
    this.#left = new Int32Array(lanes << LEFT_BITS);
  }

  /** The lane empties a block, from a row on. */
  begin(lane: number, block: number, row: number): void {
    const left = this.#left;
    const at = lane << LEFT_BITS;
    const start = lane * this.#listLength;
    left[at + Left.block] = block;
    left[at + Left.first] = block * this.#unitsPerBlock;
    left[at + Left.end] = this.#whereabouts.list(block, this.#list, start);
    left[at + Left.part] = start;
    this.#enter(at);
    this.#passOver(at, left[at + Left.first] + row * this.#unitsPerRow);
  }

  #enter(at: number): void {
    const left = this.#left;
    const part = left[at + Left.part];
    if (part >= left[at + Left.end]) return;
    left[at + Left.bits] = this.#list[part + PLACED];
    left[at + Left.place] = this.#list[part + BASE];
  }

  /** Leaves out what lies before `place`. */
  #passOver(at: number, place: number): void {
    const left = this.#left;
    while (left[at + Left.part] < left[at + Left.end]) {
      while (left[at + Left.bits] !== 0 && left[at + Left.place] < place) {
        left[at + Left.bits] &= left[at + Left.bits] - 1;
        left[at + Left.place]++;
      }
      if (left[at + Left.bits] !== 0) return;
      left[at + Left.part] += LISTED;
      this.#enter(at);
    }
  }

  /**
   * Takes the births that are valid in the next row that holds any in hand; `row` tells which it is.
   * @returns how many they are; 0 when there is no such row
   */
  take(lane: number, carried: Carried): number {
    const { live } = this.#whereabouts.births;
    const list = this.#list;
    const left = this.#left;
    const unitsPerRow = this.#unitsPerRow;
    const at = lane << LEFT_BITS;
    const end = left[at + Left.end];
    const first = left[at + Left.first];
    let part = left[at + Left.part];
    let bits = left[at + Left.bits];
    let place = left[at + Left.place];
    let count = 0;
    let row = 0;
    while (part < end && count === 0) {
      row = ((place - first) / unitsPerRow) | 0;
      const rowEnd = first + (row + 1) * unitsPerRow;
      while (place < rowEnd) {
        const group = list[part + GROUP];
        let here = bits;
        if (countBits(bits) > rowEnd - place) here = lowestBits(bits, rowEnd - place);
        const valid = here & live[group];
        if (valid !== 0) {
          const size = countBits(valid);
          carried.add(lane, group, valid, size, left[at + Left.block]);
          count += size;
        }
        bits ^= here;
        if (bits !== 0) place = rowEnd;
        else {
          part += LISTED;
          if (part >= end) break;
          bits = list[part + PLACED];
          place = list[part + BASE];
        }
      }
    }
    left[at + Left.part] = part;
    left[at + Left.bits] = bits;
    left[at + Left.place] = place;
    this.row = row;
    return count;
  }

  /** Adds the origins of what is listed for a lane. */
  addOrigins(lane: number, to: Set<number>): void {
    const { groupsPerOrigin } = this.#whereabouts.births;
    const end = this.#left[(lane << LEFT_BITS) + Left.end];
    for (let part = lane * this.#listLength; part < end; part += LISTED) {
      to.add((this.#list[part + GROUP] / groupsPerOrigin) | 0);
    }
  }

  /** The lane empties nothing. */
  end(lane: number): void {
    const at = lane << LEFT_BITS;
    this.#left[at + Left.end] = lane * this.#listLength;
    this.#left[at + Left.part] = lane * this.#listLength;
  }
}

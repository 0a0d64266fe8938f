/**
 * What is valid in the block that a lane empties, row by row: a row is looked at when it is about to be
 * read, so that what has ceased to be valid by then is left out.
 */

import { bitIndex } from './bits.ts';
import { GROUP_BITS } from './births.ts';
import type { Geometry } from './geometry.ts';
import type { PartList, Whereabouts } from './whereabouts.ts';

export class VictimRows {
  /** Result of `take`: the row, in its block. */
  row = 0;

  readonly #whereabouts: Whereabouts;
  readonly #unitsPerBlock: number = 0;
  readonly #unitsPerRow: number = 0;
  /** By lane: the block, and what of it is where. */
  readonly #block: Int32Array;
  readonly #list: PartList;
  readonly #end: Int32Array;
  /** By lane, what has not been looked at: the part, which of its births, and the next one's place. */
  readonly #part: Int32Array;
  readonly #bits: Int32Array;
  readonly #place: Int32Array;
  /** The same before the row taken last. */
  readonly #partBefore: Int32Array;
  readonly #bitsBefore: Int32Array;
  readonly #placeBefore: Int32Array;

  constructor({ lanes, unitsPerBlock, unitsPerRow }: Geometry, whereabouts: Whereabouts) {
    this.#whereabouts = whereabouts;
    this.#unitsPerBlock = unitsPerBlock;
    this.#unitsPerRow = unitsPerRow;
    const units = lanes * unitsPerBlock;
    this.#list = {
      base: new Int32Array(units),
      group: new Int32Array(units),
      placed: new Int32Array(units),
    };
    this.#block = new Int32Array(lanes);
    this.#end = new Int32Array(lanes);
    this.#part = new Int32Array(lanes);
    this.#bits = new Int32Array(lanes);
    this.#place = new Int32Array(lanes);
    this.#partBefore = new Int32Array(lanes);
    this.#bitsBefore = new Int32Array(lanes);
    this.#placeBefore = new Int32Array(lanes);
  }

  /** The lane empties a block, from a row on; the row before may be taken back. */
  begin(lane: number, block: number, row: number): void {
    const at = lane * this.#unitsPerBlock;
    const count = this.#whereabouts.list(block, this.#list, at);
    this.#block[lane] = block;
    this.#end[lane] = at + count;
    this.#part[lane] = at;
    this.#enter(lane);
    const place = block * this.#unitsPerBlock + row * this.#unitsPerRow;
    this.#passOver(lane, place - this.#unitsPerRow);
    this.#remember(lane);
    this.#passOver(lane, place);
  }

  #enter(lane: number): void {
    const part = this.#part[lane];
    if (part >= this.#end[lane]) return;
    this.#bits[lane] = this.#list.placed[part];
    this.#place[lane] = this.#list.base[part];
  }

  /** Leaves out what lies before `place`. */
  #passOver(lane: number, place: number): void {
    while (this.#part[lane] < this.#end[lane]) {
      while (this.#bits[lane] !== 0 && this.#place[lane] < place) {
        this.#bits[lane] &= this.#bits[lane] - 1;
        this.#place[lane]++;
      }
      if (this.#bits[lane] !== 0) return;
      this.#part[lane]++;
      this.#enter(lane);
    }
  }

  /**
   * Takes the births that are valid in the next row that holds any; `row` tells which it is.
   * @returns how many they are; 0 when there is no such row
   */
  take(lane: number, into: Int32Array, at: number): number {
    const { live } = this.#whereabouts.births;
    const { base, group, placed } = this.#list;
    const end = this.#end[lane];
    let part = this.#part[lane];
    let bits = this.#bits[lane];
    let place = this.#place[lane];
    this.#remember(lane);
    const first = this.#block[lane] * this.#unitsPerBlock;
    let count = 0;
    let row = 0;
    while (part < end && count === 0) {
      row = ((place - first) / this.#unitsPerRow) | 0;
      const rowEnd = first + (row + 1) * this.#unitsPerRow;
      for (;;) {
        const births = group[part] << GROUP_BITS;
        const valid = live[group[part]];
        while (bits !== 0 && place < rowEnd) {
          const bit = bits & -bits;
          bits ^= bit;
          place++;
          if ((valid & bit) !== 0) into[at + count++] = births | bitIndex(bit);
        }
        if (bits !== 0) break;
        if (++part === end) break;
        bits = placed[part];
        place = base[part];
        if (place >= rowEnd) break;
      }
    }
    this.#part[lane] = part;
    this.#bits[lane] = bits;
    this.#place[lane] = place;
    this.row = row;
    return count;
  }

  #remember(lane: number): void {
    this.#partBefore[lane] = this.#part[lane];
    this.#bitsBefore[lane] = this.#bits[lane];
    this.#placeBefore[lane] = this.#place[lane];
  }

  /** The row taken last has not been read after all. */
  takeBack(lane: number): void {
    this.#part[lane] = this.#partBefore[lane];
    this.#bits[lane] = this.#bitsBefore[lane];
    this.#place[lane] = this.#placeBefore[lane];
  }

  /** Adds the origins of what is listed for a lane. */
  addOrigins(lane: number, to: Set<number>): void {
    const { groupsPerOrigin } = this.#whereabouts.births;
    for (let part = lane * this.#unitsPerBlock; part < this.#end[lane]; part++) {
      to.add((this.#list.group[part] / groupsPerOrigin) | 0);
    }
  }

  /** The lane empties nothing. */
  end(lane: number): void {
    this.#end[lane] = lane * this.#unitsPerBlock;
    this.#part[lane] = this.#end[lane];
  }
}

/**
 * Units that collection has read and not yet programmed, lane by lane, in the order in which they go into
 * programs: as *pieces*, births of one group (`births.ts`) that were read from one block.
 *
 * A unit that ceases to be valid meanwhile keeps its place (if only as a piece without births): its data is
 * in the controller already.
 */

import { NO_INTS } from '../../sim/columns.ts';
import { bitIndex, lowestBits } from './bits.ts';
import { GROUP_BITS, type Births } from './births.ts';
import type { Geometry } from './geometry.ts';
import type { Whereabouts } from './whereabouts.ts';

/** Columns of a piece. */
export const Piece = {
  group: 0,
  /** Which of its births, as bits. */
  bits: 1,
  /** How many places they take. */
  size: 2,
  /** Where they were read from. */
  block: 3,
} as const;
/** 2 to this power numbers are a row. */
const PIECE_BITS = 2;

// Constants of this file, which compiled code holds as they are (docs/HOT-PATH.md).
const { bits: BITS, block: BLOCK, group: GROUP, size: SIZE } = Piece;

export class Carried {
  /** Rows of `Piece`. */
  readonly rows: Int32Array = NO_INTS;
  /** By lane: units, those of the program under way included, and pieces. */
  readonly units: Int32Array = NO_INTS;
  readonly pieces: Int32Array = NO_INTS;
  /** By lane: how many of the pieces are in the program under way, and their units. */
  readonly inProgram: Int32Array = NO_INTS;
  readonly unitsInProgram: Int32Array = NO_INTS;
  readonly #geometry: Geometry;
  readonly #laneRows: number = 0;
  readonly #unitsPerProgram: number = 0;

  /** A lane has less than two programs' worth in hand. */
  constructor(geometry: Geometry) {
    const { lanes, unitsPerProgram } = geometry;
    this.#geometry = geometry;
    this.#unitsPerProgram = unitsPerProgram;
    this.#laneRows = (2 * unitsPerProgram) << PIECE_BITS;
    this.rows = new Int32Array(lanes * this.#laneRows);
    this.units = new Int32Array(lanes);
    this.pieces = new Int32Array(lanes);
    this.inProgram = new Int32Array(lanes);
    this.unitsInProgram = new Int32Array(lanes);
  }

  /** Where a lane's first piece is in `rows`; the others follow. */
  first(lane: number): number {
    return lane * this.#laneRows;
  }

  /** Where the row is that is so many pieces behind one. */
  after(row: number, pieces: number): number {
    return row + (pieces << PIECE_BITS);
  }

  /** Takes valid births of a group in hand, `size` of them: as two pieces where a program ends among them. */
  add(lane: number, group: number, bits: number, size: number, block: number): void {
    const units = this.units[lane];
    const room = this.#unitsPerProgram - units;
    this.units[lane] = units + size;
    if (room > 0 && room < size) {
      const low = lowestBits(bits, room);
      this.#append(lane, group, low, room, block);
      this.#append(lane, group, bits ^ low, size - room, block);
    } else {
      this.#append(lane, group, bits, size, block);
    }
  }

  #append(lane: number, group: number, bits: number, size: number, block: number): void {
    const { rows } = this;
    const at = lane * this.#laneRows + (this.pieces[lane]++ << PIECE_BITS);
    rows[at + GROUP] = group;
    rows[at + BITS] = bits;
    rows[at + SIZE] = size;
    rows[at + BLOCK] = block;
  }

  /** Puts the first units, a program's worth if there are so many, into the lane's program. */
  startProgram(lane: number): void {
    const { rows } = this;
    const most = this.#unitsPerProgram;
    const first = lane * this.#laneRows;
    const end = first + (this.pieces[lane] << PIECE_BITS);
    let units = 0;
    let at = first;
    while (at < end && units < most) {
      units += rows[at + SIZE];
      at += 1 << PIECE_BITS;
    }
    this.inProgram[lane] = (at - first) >> PIECE_BITS;
    this.unitsInProgram[lane] = units;
  }

  /** The program is done, its pieces are out of hand. */
  endProgram(lane: number): void {
    const { rows } = this;
    const first = lane * this.#laneRows;
    const pieces = this.pieces[lane];
    const end = first + (pieces << PIECE_BITS);
    const done = this.inProgram[lane];
    let to = first;
    for (let at = first + (done << PIECE_BITS); at < end; at++) rows[to++] = rows[at];
    this.pieces[lane] = pieces - done;
    this.units[lane] -= this.unitsInProgram[lane];
    this.inProgram[lane] = 0;
    this.unitsInProgram[lane] = 0;
  }

  /** Adds the origins of all that is in hand. */
  addOrigins(births: Births, to: Set<number>): void {
    this.pieces.forEach((pieces, lane) => {
      for (let n = 0; n < pieces; n++) {
        const group = this.rows[this.after(this.first(lane), n) + GROUP];
        to.add((group / births.groupsPerOrigin) | 0);
      }
    });
  }

  /** By lane, where each unit is, before all are born again; -1 for those that are not valid. */
  places(whereabouts: Whereabouts): number[][] {
    const { births } = whereabouts;
    const { rows } = this;
    return Array.from(this.pieces, (pieces, lane) => {
      const places: number[] = [];
      for (let n = 0; n < pieces; n++) {
        const at = this.after(this.first(lane), n);
        const end = places.length + rows[at + SIZE];
        for (let bits = rows[at + BITS]; bits !== 0; bits &= bits - 1) {
          const birth = (rows[at + GROUP] << GROUP_BITS) | bitIndex(bits & -bits);
          places.push(births.isLive(birth) ? whereabouts.find(birth) : -1);
        }
        while (places.length < end) places.push(-1);
      }
      return places;
    });
  }

  /** What is at those places has been born again there. */
  bornAgain(places: readonly number[][], whereabouts: Whereabouts): void {
    places.forEach((ofLane, lane) => {
      const inProgram = this.unitsInProgram[lane];
      this.pieces[lane] = 0;
      this.inProgram[lane] = 0;
      let before = -1;
      ofLane.forEach((place, unit) => {
        const birth = place < 0 ? -1 : whereabouts.birthAt(place);
        const last = this.after(this.first(lane), this.pieces[lane] - 1);
        const isInside = unit % this.#unitsPerProgram !== 0;
        const goesOn = isInside && birth > before && before >= 0;
        if (goesOn && birth >>> GROUP_BITS === this.rows[last + GROUP]) {
          this.rows[last + BITS] |= 1 << birth;
          this.rows[last + SIZE]++;
        } else {
          const bit = birth < 0 ? 0 : 1 << birth;
          this.#append(lane, birth >>> GROUP_BITS, bit, 1, this.#geometry.blockOf(place));
        }
        before = birth;
        if (unit < inProgram) this.inProgram[lane] = this.pieces[lane];
      });
    });
  }

  save() {
    return {
      units: this.units.slice(),
      pieces: this.pieces.slice(),
      inProgram: this.inProgram.slice(),
      unitsInProgram: this.unitsInProgram.slice(),
      rows: this.rows.slice(),
    };
  }

  load(saved: ReturnType<Carried['save']>): void {
    this.units.set(saved.units);
    this.pieces.set(saved.pieces);
    this.inProgram.set(saved.inProgram);
    this.unitsInProgram.set(saved.unitsInProgram);
    this.rows.set(saved.rows);
  }
}

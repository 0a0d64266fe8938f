/**
 * What is valid in the block that a lane empties and has not been read, row by row. Rows are looked up
 * some at a time, and a unit that goes stale between that and its row's being read is struck out.
 */

import type { Geometry } from './geometry.ts';

export class BlockUnits {
  /** Rows of a block. */
  readonly rows: number = 0;
  /** Logical units by lane and unit of the block; a row's valid ones stand first in it, in ascending order. */
  readonly units: Int32Array;
  /** By lane and row: how many these are. */
  readonly counts: Int32Array;
  /** By lane: rows before this one have been looked up. */
  readonly known: Int32Array;
  readonly #unitsPerRow: number = 0;

  constructor({ lanes, unitsPerBlock, unitsPerRow }: Geometry) {
    this.rows = unitsPerBlock / unitsPerRow;
    this.units = new Int32Array(lanes * unitsPerBlock);
    this.counts = new Int32Array(lanes * this.rows);
    this.known = new Int32Array(lanes);
    this.#unitsPerRow = unitsPerRow;
  }

  /** Rows are about to be looked up. */
  learn(lane: number, from: number, to: number): void {
    this.counts.fill(0, lane * this.rows + from, lane * this.rows + to);
    this.known[lane] = to;
  }

  /** Adds a unit to its row, where it is not there already. A row the block has not got is nothing. */
  add(lane: number, row: number, logical: number): void {
    if (row < 0 || row >= this.rows) return;
    const { units } = this;
    const nth = lane * this.rows + row;
    const first = nth * this.#unitsPerRow;
    let at = first + this.counts[nth];
    while (at > first && units[at - 1] > logical) at--;
    if (at > first && units[at - 1] === logical) return;
    const end = first + this.counts[nth]++;
    for (let i = end; i > at; i--) units[i] = units[i - 1];
    units[at] = logical;
  }

  count(lane: number, row: number): number {
    return this.counts[lane * this.rows + row];
  }

  /** Copies a row's units to `at` and on; returns how many there are. */
  copy(lane: number, row: number, into: Int32Array, at: number): number {
    const { units } = this;
    const nth = lane * this.rows + row;
    const from = nth * this.#unitsPerRow;
    const count = this.counts[nth];
    for (let i = 0; i < count; i++) into[at + i] = units[from + i];
    return count;
  }

  /** Takes back of a row what was copied and has not gone stale (-1) since. */
  putBack(lane: number, row: number, from: Int32Array, at: number, count: number): void {
    const nth = lane * this.rows + row;
    const first = nth * this.#unitsPerRow;
    let end = first;
    for (let i = at; i < at + count; i++) if (from[i] >= 0) this.units[end++] = from[i];
    this.counts[nth] = end - first;
  }

  /** A unit of the row is wanted no more. */
  strike(lane: number, row: number, logical: number): void {
    const { units } = this;
    const nth = lane * this.rows + row;
    let at = nth * this.#unitsPerRow;
    const end = at + --this.counts[nth];
    while (units[at] !== logical) at++;
    units.copyWithin(at, at + 1, end + 1);
  }
}

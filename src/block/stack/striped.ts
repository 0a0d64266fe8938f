/**
 * RAID-0 and RAID-10 (drivers/md/raid0.c, raid10.c with its "near" layout): chunks go round the
 * members; with copies, each chunk stands on so many members side by side. Members count as large
 * as the smallest.
 */

import { Op } from '../../device/device.ts';
import type { BlockQueue } from '../bio.ts';
import { ReadBalance } from './read-balance.ts';
import { StackedQueue } from './stacked-queue.ts';

export class Striped extends StackedQueue {
  readonly capacitySectors: number;
  readonly optimalSectors: number;
  readonly #chunkSectors: number;
  readonly #copies: number;
  readonly #columns: number;
  readonly #balance: ReadBalance;

  /** @param copies 1 for RAID-0; a divisor of the number of members */
  constructor(members: readonly BlockQueue[], chunkSectors: number, copies: number) {
    super(members);
    const smallest = Math.min(...members.map(({ capacitySectors }) => capacitySectors));
    this.#chunkSectors = chunkSectors;
    this.#copies = copies;
    this.#columns = members.length / copies;
    this.#balance = new ReadBalance(members.length);
    this.optimalSectors = chunkSectors * this.#columns;
    this.capacitySectors = Math.floor(smallest / chunkSectors) * chunkSectors * this.#columns;
  }

  protected send(row: number): void {
    const chunkSectors = this.#chunkSectors;
    const op = this.op[row];
    let sector = this.at[row];
    for (let left = this.sectors[row]; left > 0;) {
      const chunk = Math.floor(sector / chunkSectors);
      const within = sector - chunk * chunkSectors;
      const sectors = Math.min(left, chunkSectors - within);
      const first = (chunk % this.#columns) * this.#copies;
      const at = Math.floor(chunk / this.#columns) * chunkSectors + within;
      this.#balance.sector = at;
      if (op === Op.read) {
        const member = this.#balance.choose(first, this.#copies, sectors);
        this.pieceSector = at;
        this.piece(row, member, op, sectors);
      } else {
        for (let copy = 0; copy < this.#copies; copy++) {
          this.#balance.wrote(first + copy, sectors);
          this.pieceSector = at;
          this.piece(row, first + copy, op, sectors);
        }
      }
      sector += sectors;
      left -= sectors;
    }
  }
}

/** RAID-1 (drivers/md/raid1.c): every member holds everything. */

import { Op } from '../../device/device.ts';
import type { BlockQueue } from '../bio.ts';
import { ReadBalance } from './read-balance.ts';
import { StackedQueue } from './stacked-queue.ts';

export class Mirrored extends StackedQueue {
  readonly capacitySectors: number;
  readonly #balance: ReadBalance;

  constructor(members: readonly BlockQueue[]) {
    super(members);
    this.capacitySectors = Math.min(...members.map(({ capacitySectors }) => capacitySectors));
    this.#balance = new ReadBalance(members.length);
  }

  protected send(row: number): void {
    const op = this.op[row];
    const sector = this.at[row];
    const sectors = this.sectors[row];
    const { length } = this.members;
    if (op === Op.read) {
      this.#balance.sector = sector;
      const member = this.#balance.choose(0, length, sectors);
      this.pieceSector = sector;
      this.piece(row, member, op, sectors);
      return;
    }
    for (let member = 0; member < length; member++) {
      this.#balance.sector = sector;
      this.#balance.wrote(member, sectors);
      this.pieceSector = sector;
      this.piece(row, member, op, sectors);
    }
  }
}

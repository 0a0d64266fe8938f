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
    const sector = this.sector[row];
    const sectors = this.sectors[row];
    const { length } = this.members;
    if (op === Op.read) {
      this.piece(row, this.#balance.choose(0, length, sector, sectors), op, sector, sectors);
      return;
    }
    for (let member = 0; member < length; member++) {
      this.#balance.wrote(member, sector + sectors);
      this.piece(row, member, op, sector, sectors);
    }
  }
}

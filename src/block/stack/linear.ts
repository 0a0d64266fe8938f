/** Members one behind the other (drivers/md/md-linear.c). */

import type { BlockQueue } from '../bio.ts';
import { StackedQueue } from './stacked-queue.ts';

export class Linear extends StackedQueue {
  readonly capacitySectors: number;

  constructor(members: readonly BlockQueue[]) {
    super(members);
    this.capacitySectors = members.reduce((sum, member) => sum + member.capacitySectors, 0);
  }

  protected send(row: number): void {
    let sector = this.at[row];
    let left = this.sectors[row];
    for (let i = 0; i < this.members.length && left > 0; i++) {
      const { capacitySectors } = this.members[i];
      if (sector < capacitySectors) {
        const sectors = Math.min(left, capacitySectors - sector);
        this.pieceSector = sector;
        this.piece(row, i, this.op[row], sectors);
        left -= sectors;
        sector = 0;
      } else sector -= capacitySectors;
    }
  }
}

/**
 * When programs that wait in two planes of a die go as one command, where planes do not work together
 * as a rule: when they go to pages of the same number.
 *
 * MQSim gives pages their numbers when they get in line and takes equal ones from anywhere in it
 * (TSU_Base::issue_command_to_chip), so that it programs pages of a block out of order, which NAND does
 * not allow. Here a plane's next page goes along where the number wanted is one that waits in its line,
 * which finds as many pairs: a rule for comparisons.
 */

import type { Geometry } from './geometry.ts';

/** Whether planes pair; `in-line` as MQSim has it. */
export type PairRule = boolean | 'in-line';

export class PlanePairs {
  readonly isOn: boolean;
  readonly #seesLine: boolean;
  readonly #pages: number;

  constructor(geometry: Geometry, rule: PairRule) {
    this.isOn = rule !== false;
    this.#seesLine = rule === 'in-line';
    this.#pages = geometry.unitsPerBlock / geometry.unitsPerRow;
  }

  /**
   * Whether a plane's next program goes with one that is started in another plane.
   * @param page numbers of the pages that they go to
   * @param line pages that wait for the one's plane, its next included
   */
  meet(page: number, line: number, startedPage: number): boolean {
    if (!this.#seesLine) return page === startedPage;
    return (startedPage - page + this.#pages) % this.#pages < line;
  }
}

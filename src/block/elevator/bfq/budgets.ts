/**
 * How large a turn a bfq queue is given (__bfq_bfqq_recalc_budget, bfq_calc_max_budget): a budget in sectors
 * that grows while the queue uses it up and shrinks when it does not, up to what the drive transfers at its
 * best within the time that a turn may last.
 */

import { Why, type WhyExpired } from './expiry.ts';
import type { BfqQueue } from './queue.ts';

/** The largest budget as long as too few turns have been seen, sectors. */
const DEFAULT_MAX = 16 * 1024;
/** Turns count up to 256, the more slowly the more there were; so many are enough. */
const ENOUGH_TURNS = 194;

export class Budgets {
  /** The largest budget by the drive's rate, or as it was set, sectors. */
  most: number;

  /** Operand of `forTime`: how long the turn lasted, ns. */
  tookNs = 0;

  readonly #isFixed: boolean;
  readonly #timeoutNs: number;
  #turns = 0;

  /**
   * @param maxBudget the `max_budget` tunable, sectors; 0 to follow the drive's rate
   * @param timeoutNs how long a turn may last
   */
  constructor(maxBudget: number, timeoutNs: number) {
    this.#isFixed = maxBudget > 0;
    this.most = this.#isFixed ? maxBudget : DEFAULT_MAX;
    this.#timeoutNs = timeoutNs;
  }

  get max(): number {
    return this.#turns < ENOUGH_TURNS ? DEFAULT_MAX : this.most;
  }

  get min(): number {
    return Math.floor(this.max / 32);
  }

  /** A queue is given a turn. */
  turnBegins(): void {
    this.#turns = Math.floor((this.#turns * 7 + 256) / 8);
  }

  /** The drive's rate is another one. @param rate sectors a ns */
  follow(rate: number): void {
    if (!this.#isFixed) this.most = Math.max(1, Math.floor(rate * this.#timeoutNs));
  }

  /** What a turn of `tookNs` is worth, sectors: a queue that seeks is charged for the time it took. */
  forTime(queue: BfqQueue): number {
    const time = (this.most * Math.min(this.tookNs, this.#timeoutNs)) / this.#timeoutNs;
    return Math.max(Math.floor(time), queue.served);
  }

  /** Sets the queue's next budget from how this turn ended. */
  adapt(queue: BfqQueue, why: WhyExpired): void {
    const { min, most } = this;
    let budget = queue.maxBudget;
    if (!queue.isSync) budget = most;
    else if (queue.raise > 1) budget = 2 * min;
    else if (why === Why.tooIdle) {
      // Requests still with the drive: it may just have been slow.
      if (queue.dispatched > 0) budget = Math.min(budget * 2, most);
      else budget = budget > 5 * min ? budget - 4 * min : min;
    } else if (why === Why.timeout) budget = Math.min(budget * 2, most);
    else if (why === Why.budgetUsed) budget = Math.min(budget * 4, most);
    else if (why === Why.noMore) budget = Math.max(queue.served, min);
    else return;
    if (this.#turns >= ENOUGH_TURNS && !this.#isFixed) budget = Math.min(budget, most);
    queue.maxBudget = budget;
  }
}

/**
 * How large a turn a bfq queue is given (__bfq_bfqq_recalc_budget, bfq_update_peak_rate): a budget
 * in sectors that grows while the queue uses it up and shrinks when it does not, up to what the
 * drive transfers at its best within the time that a turn may last.
 */

import { Why, type WhyExpired } from './expiry.ts';
import type { BfqQueue } from './queue.ts';

/** The largest budget as long as the drive's rate is unknown, sectors. */
const DEFAULT_MAX = 16 * 1024;
/** A turn shorter than this says nothing on the rate, ns. */
const LEAST_SAMPLE_NS = 20_000_000;
/** Neither does one with fewer sectors than this. */
const LEAST_SAMPLE_SECTORS = 2048;

export class Budgets {
  readonly #fixedMax: number;
  readonly #timeoutNs: number;
  /** Best rate seen, smoothed, sectors a ns. */
  #peakRate = 0;
  #samples = 0;

  /**
   * @param maxBudget the `max_budget` tunable, sectors; 0 to follow the drive's rate
   * @param timeoutNs how long a turn may last
   */
  constructor(maxBudget: number, timeoutNs: number) {
    this.#fixedMax = maxBudget;
    this.#timeoutNs = timeoutNs;
  }

  get max(): number {
    if (this.#fixedMax > 0) return this.#fixedMax;
    if (this.#samples < 8) return DEFAULT_MAX;
    return Math.max(1, Math.floor(this.#peakRate * this.#timeoutNs));
  }

  get min(): number {
    return Math.floor(this.max / 32);
  }

  /** A turn is over: what rate does it tell of? */
  noteRate(queue: BfqQueue, nowNs: number): void {
    const tookNs = nowNs - queue.turnBeganNs;
    if (tookNs < LEAST_SAMPLE_NS || queue.served < LEAST_SAMPLE_SECTORS || queue.isSeeky) return;
    const rate = queue.served / tookNs;
    this.#samples++;
    if (rate > this.#peakRate || this.#samples === 1) {
      this.#peakRate = this.#samples === 1 ? rate : (this.#peakRate * 7 + rate) / 8;
    }
  }

  /** Sets the queue's next budget from how this turn ended. */
  adapt(queue: BfqQueue, why: WhyExpired): void {
    const { max, min } = this;
    let budget = queue.maxBudget;
    if (!queue.isSync) budget = max;
    else if (queue.raise > 1) budget = 2 * min;
    else if (why === Why.tooIdle) {
      // Requests still with the drive: it may just have been slow.
      budget = queue.dispatched > 0 ? budget * 2 : budget > 5 * min ? budget - 4 * min : min;
    } else if (why === Why.timeout) budget *= 2;
    else if (why === Why.budgetUsed) budget *= 4;
    else if (why === Why.noMore) return;
    queue.maxBudget = Math.max(min, Math.min(budget, max));
  }
}

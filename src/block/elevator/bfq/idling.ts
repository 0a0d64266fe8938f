/**
 * Whether the drive is to be kept idle for a queue that has nothing to do (bfq_better_to_idle): because that
 * makes for more throughput, or because the queue would not get its share otherwise.
 */

import type { CommandQueueing } from './command-queueing.ts';
import type { FairOrder } from './fair-order.ts';
import type { BfqQueue } from './queue.ts';

export class Idling {
  readonly #order: FairOrder;
  readonly #queueing: CommandQueueing;
  readonly #rotational: boolean;
  readonly #isStrict: boolean;
  readonly #isOff: boolean;

  constructor(
    order: FairOrder,
    queueing: CommandQueueing,
    options: { rotational: boolean; isStrict: boolean; isOff: boolean },
  ) {
    this.#order = order;
    this.#queueing = queueing;
    this.#rotational = options.rotational;
    this.#isStrict = options.isStrict;
    this.#isOff = options.isOff;
  }

  isBetter(queue: BfqQueue): boolean {
    if (this.#isStrict) return true;
    if (this.#isOff || !queue.isSync || queue.isIdleClass) return false;
    return this.boosts(queue) || this.isNeeded(queue);
  }

  /** More throughput, and no raised queue that it would harm (idling_boosts_thr_without_issues). */
  boosts(queue: BfqQueue): boolean {
    if (this.#order.raised > 0) return false;
    const queues = this.#queueing.isLikely;
    if (this.#rotational && !queues) return true;
    if (!this.#rotational && queues) return false;
    return !queue.isSeeky && queue.isIoBound && queue.hasShortThink;
  }

  /** For its share (idling_needed_for_service_guarantees). */
  isNeeded(queue: BfqQueue): boolean {
    const { raised, count } = this.#order;
    if (queue.raise > 1) {
      if (raised < count || this.#queueing.inDriver >= queue.dispatched + 4) return true;
    }
    return this.isUneven(queue);
  }

  /**
   * Whether queues with something to do differ in weight, this one not being among the lightest, or in class
   * (bfq_asymmetric_scenario). Raised ones do not count here.
   */
  isUneven(queue: BfqQueue): boolean {
    if (this.#order.isOfSeveralClasses) return true;
    let least = Infinity;
    let most = 0;
    for (let i = 0; i < this.#order.count; i++) {
      const other = this.#order.at(i);
      if (other === undefined || other.raise > 1) continue;
      least = Math.min(least, other.weight);
      most = Math.max(most, other.weight);
    }
    return most > least && !(queue.raise === 1 && queue.weight === least);
  }
}

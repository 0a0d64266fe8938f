/**
 * Whose weight is raised in bfq, and for how long (bfq_update_bfqq_wr_on_rq_arrival, bfq_update_wr_data):
 * that of interactive queues, which come back after a pause, for a few seconds or so many sectors; and that
 * of soft real-time ones, which ask for little and wait for each batch, again and again for a moment.
 */

import type { EventQueue } from '../../../sim/events.ts';
import { MS, SECOND } from '../../../sim/units.ts';
import type { FairOrder } from './fair-order.ts';
import type { PeakRate } from './peak-rate.ts';
import type { BfqQueue } from './queue.ts';

/** A raised weight is so many times its own (bfq_wr_coeff); a soft real-time one this many times that. */
const RAISE = 30;
const SOFT_FACTOR = 100;
/** How long raising lasts on a drive of the reference rate (ref_wr_duration), and within which bounds. */
const REFERENCE_NS = { rotational: 7 * SECOND, flash: 2.5 * SECOND } as const;
const LEAST_NS = 3 * SECOND;
const MOST_NS = 25 * SECOND;
/** ...unless it has been served so much before (max_service_from_wr), sectors. */
const MOST_SECTORS = 120_000;
/** How long a soft real-time queue is raised at a time (bfq_wr_rt_max_time). */
const SOFT_NS = 300 * MS;
/** A task has been idle for so long when it is taken for interactive (bfq_wr_min_idle_time). */
const PAUSE_NS = 2 * SECOND;
/** What a soft real-time task asks for at most, sectors a second (bfq_wr_max_softrt_rate). */
const SOFT_RATE = 7000;
/** Soft real-time tasks think for longer than the idle time by this: 4 ticks at HZ = 1000. */
const SOFT_THINK_NS = 4 * MS;
/** An async queue is raised when nothing came for it for so long (bfq_wr_min_inter_arr_async). */
const ASYNC_PAUSE_NS = 500 * MS;

export class Raising {
  readonly #events: EventQueue;
  readonly #order: FairOrder;
  readonly #peak: PeakRate;
  readonly #isOn: boolean;
  readonly #rotational: boolean;
  readonly #idleNs: number;

  constructor(
    events: EventQueue,
    order: FairOrder,
    peak: PeakRate,
    options: { isOn: boolean; rotational: boolean; idleNs: number },
  ) {
    this.#events = events;
    this.#order = order;
    this.#peak = peak;
    this.#isOn = options.isOn;
    this.#rotational = options.rotational;
    this.#idleNs = options.idleNs;
  }

  /** How long an interactive queue is raised (bfq_wr_duration). */
  get #durationNs(): number {
    const reference = this.#rotational ? REFERENCE_NS.rotational : REFERENCE_NS.flash;
    const { rate, reference: rateThen } = this.#peak;
    return Math.min(Math.max((reference * rateThen) / rate, LEAST_NS), MOST_NS);
  }

  /** Whether a queue has had nothing to do for long. */
  isBack(queue: BfqQueue): boolean {
    return queue.dispatched === 0 && this.#events.nowNs > queue.idleSinceNs + PAUSE_NS;
  }

  /** A queue becomes busy. @returns whether it began to be raised, and its budget is to be small */
  busy(queue: BfqQueue): boolean {
    const { nowNs } = this.#events;
    if (!this.#isOn || nowNs <= queue.partedNs + PAUSE_NS) return false;
    const inBurst = queue.isInLargeBurst;
    const isInteractive = !inBurst && this.isBack(queue);
    const isSoft =
      !queue.isTotallySeeky && !inBurst && nowNs > queue.softRealTimeNs && queue.dispatched === 0;
    const was = queue.raise;
    if (was > 1) this.#again(queue, isInteractive, isSoft);
    else if (queue.isSync && !queue.isShared && (isInteractive || isSoft)) {
      this.#begin(queue, isInteractive);
    }
    if (was === 1 || queue.raise === 1 || isInteractive) queue.raisedSinceNs = nowNs;
    return was === 1 && queue.raise > 1;
  }

  #begin(queue: BfqQueue, isInteractive: boolean): void {
    if (isInteractive) {
      queue.raisedSectors = 0;
      queue.raiseNs = this.#durationNs;
    } else {
      queue.interactiveSinceNs = -Infinity;
      queue.raiseNs = SOFT_NS;
    }
    this.#order.setRaise(queue, isInteractive ? RAISE : RAISE * SOFT_FACTOR);
  }

  #again(queue: BfqQueue, isInteractive: boolean, isSoft: boolean): void {
    if (isInteractive) {
      queue.raiseNs = this.#durationNs;
      this.#order.setRaise(queue, RAISE);
    } else if (queue.isInLargeBurst) this.#order.setRaise(queue, 1);
    else if (isSoft) {
      if (queue.raiseNs !== SOFT_NS) {
        queue.interactiveSinceNs = queue.raisedSinceNs;
        queue.raiseNs = SOFT_NS;
        this.#order.setRaise(queue, RAISE * SOFT_FACTOR);
      }
      queue.raisedSinceNs = this.#events.nowNs;
    }
  }

  /** One more request for a queue that is busy. */
  more(queue: BfqQueue): void {
    if (!this.#isOn || queue.raise > 1) return;
    const { nowNs } = this.#events;
    if (!queue.isSync && nowNs > queue.raisedSinceNs + ASYNC_PAUSE_NS) {
      queue.raiseNs = this.#durationNs;
      this.#order.setRaise(queue, RAISE);
    }
    queue.raisedSinceNs = nowNs;
  }

  /** A queue was served: is its time up? */
  served(queue: BfqQueue): void {
    if (queue.raise === 1) return;
    const { nowNs } = this.#events;
    const isSoft = queue.raiseNs === SOFT_NS;
    if (queue.isInLargeBurst) this.#end(queue);
    else if (nowNs > queue.raisedSinceNs + queue.raiseNs) {
      if (!isSoft || nowNs > queue.interactiveSinceNs + this.#durationNs) this.#end(queue);
      else {
        // Soft real-time for a while, it goes on as interactive.
        queue.raiseNs = this.#durationNs;
        queue.raisedSinceNs = queue.interactiveSinceNs;
        this.#order.setRaise(queue, RAISE);
      }
    } else if (!isSoft && queue.raisedSectors > MOST_SECTORS) this.#end(queue);
  }

  #end(queue: BfqQueue): void {
    this.#order.setRaise(queue, 1);
    queue.raiseNs = 0;
    queue.raisedSinceNs = this.#events.nowNs;
  }

  /** A queue is given a turn. While a soft real-time one was not served, its time stands still. */
  turnBegins(queue: BfqQueue): void {
    if (queue.raise === 1 || queue.raiseNs !== SOFT_NS) return;
    const { nowNs } = this.#events;
    const since = queue.budgetTimeoutNs;
    if (nowNs <= queue.raisedSinceNs || nowNs <= since) return;
    if (since > queue.raisedSinceNs) queue.raisedSinceNs += nowNs - since;
    else queue.raisedSinceNs = nowNs;
  }

  /** A turn is over, or all that was with the drive is done: is the queue soft real-time? */
  mayBeSoft(queue: BfqQueue): void {
    if (!this.#isOn || !queue.isEmpty) return;
    if (queue.dispatched > 0) {
      queue.updatesSoftRealTime = true;
      return;
    }
    if (queue.raise === RAISE) return;
    const { nowNs } = this.#events;
    const atRateNs = queue.busySinceNs + (SECOND * queue.servedSinceBusy) / SOFT_RATE;
    const thinksNs = nowNs + this.#idleNs + SOFT_THINK_NS;
    queue.softRealTimeNs = Math.max(queue.softRealTimeNs, atRateNs, thinksNs);
  }

  /** A queue that is not raised any more was last looked at now. */
  turnEnds(queue: BfqQueue): void {
    if (this.#isOn && queue.raise === 1) queue.raisedSinceNs = this.#events.nowNs;
  }

  /** A task's queue is joined to another: what it was raised by goes over. */
  handOver(from: BfqQueue, into: BfqQueue): void {
    if (from.raise === 1) return;
    if (into.raise === 1) {
      into.raiseNs = from.raiseNs;
      into.raisedSinceNs = from.raisedSinceNs;
      into.interactiveSinceNs = from.interactiveSinceNs;
      this.#order.setRaise(into, from.raise);
    }
    this.#order.setRaise(from, 1);
  }

  /** Whether a queue is raised for a short while only: then its turns are no longer than others'. */
  isSoft(queue: BfqQueue): boolean {
    return queue.raise > 1 && queue.raiseNs === SOFT_NS;
  }
}

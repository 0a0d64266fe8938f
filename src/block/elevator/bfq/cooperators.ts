/**
 * Early queue merge (bfq_setup_cooperator, bfq_merge_bfqqs): a task that begins close to where another one
 * is being served, or waits to be, shares its queue, since together they are mostly sequential.
 */

import { MS } from '../../../sim/units.ts';
import type { ElevatorHost } from '../elevator.ts';
import type { TaskQueues } from '../task-queues.ts';
import type { FairOrder } from './fair-order.ts';
import type { PeakRate } from './peak-rate.ts';
import type { BfqQueue } from './queue.ts';
import type { Raising } from './raising.ts';

/** Close, sectors (BFQQ_CLOSE_THR). */
const CLOSE_SECTORS = 8 * 1024;
/** A queue that was first served longer ago than this is joined to no other (bfq_merge_time_limit). */
const TOO_LATE_NS = 100 * MS;

export class Cooperators {
  readonly #host: ElevatorHost;
  readonly #queues: TaskQueues<BfqQueue>;
  readonly #order: FairOrder;
  readonly #raising: Raising;
  readonly #peak: PeakRate;

  constructor(
    host: ElevatorHost,
    queues: TaskQueues<BfqQueue>,
    order: FairOrder,
    raising: Raising,
    peak: PeakRate,
  ) {
    this.#host = host;
    this.#queues = queues;
    this.#order = order;
    this.#raising = raising;
    this.#peak = peak;
  }

  /** The queue for a task's request: its own, or the one that it joins now. */
  forRequest(queue: BfqQueue, request: number, active: BfqQueue | undefined): BfqQueue {
    if (this.#isTooLate(queue)) return queue;
    const into =
      queue.joins >= 0 ? this.#queues.byId(queue.joins) : this.#find(queue, request, active);
    if (into === undefined) return queue;
    queue.joins = into.id;
    if (queue.isIoBound) into.isIoBound = true;
    this.#raising.handOver(queue, into);
    this.#queues.move(this.#host.requests.task[request], into);
    into.task = -1;
    queue.isNew = false;
    return into;
  }

  #find(queue: BfqQueue, request: number, active: BfqQueue | undefined): BfqQueue | undefined {
    if (this.#order.count <= 1) return undefined;
    const { sector } = this.#host.requests;
    if (active !== undefined && active !== queue) {
      const isClose = Math.abs(sector[request] - this.#peak.lastSector) <= CLOSE_SECTORS;
      if (isClose && this.#mayJoin(queue, active)) {
        const into = this.#queues.endOfJoins(active, queue);
        if (into !== undefined) return into;
      }
    }
    const nearest = this.#nearest(request);
    if (nearest === undefined || nearest === queue || !this.#mayJoin(queue, nearest)) {
      return undefined;
    }
    return this.#queues.endOfJoins(nearest, queue);
  }

  /** The queue whose next request is nearest, if that is close. */
  #nearest(request: number): BfqQueue | undefined {
    const { sector } = this.#host.requests;
    let nearest: BfqQueue | undefined;
    let least = CLOSE_SECTORS + 1;
    for (let i = 0; i < this.#order.count; i++) {
      const queue = this.#order.at(i);
      if (queue === undefined || queue.next < 0) continue;
      const distance = Math.abs(sector[queue.next] - sector[request]);
      if (distance >= least) continue;
      least = distance;
      nearest = queue;
    }
    return nearest;
  }

  /** bfq_may_be_close_cooperator. */
  #mayJoin(queue: BfqQueue, other: BfqQueue): boolean {
    if (this.#isTooLate(other) || other.tasks === 0) return false;
    if (queue.isIdleClass || queue.ioClass !== other.ioClass) return false;
    if (queue.isSeeky || other.isSeeky) return false;
    return queue.isSync && other.isSync;
  }

  #isTooLate(queue: BfqQueue): boolean {
    const { nowNs } = this.#host.events;
    return queue.servedSinceBusy > 0 && nowNs > queue.firstServedNs + TOO_LATE_NS;
  }
}

/**
 * Bursts of new queues (bfq_handle_burst): many tasks that begin within a short time, as a service or a
 * parallel search starts them, are after throughput, and their weights are not raised.
 */

import type { EventQueue } from '../../../sim/events.ts';
import { MS, SECOND } from '../../../sim/units.ts';
import type { BfqQueue } from './queue.ts';

/** So many make a burst large (bfq_large_burst_thresh)... */
const LARGE = 8;
/** ...each so soon after the one before (bfq_burst_interval). */
const INTERVAL_NS = 180 * MS;
/** A queue that was just parted from a shared one is not new, within this. */
const PARTED_NS = 10 * MS;
/** After so long without anything to do it no longer belongs to its burst. */
const FORGOTTEN_NS = 10 * SECOND;

export class Bursts {
  readonly #events: EventQueue;
  readonly #members: BfqQueue[] = [];
  #size = 0;
  #isLarge = false;
  #lastNs = -Infinity;

  constructor(events: EventQueue) {
    this.#events = events;
  }

  /** The first request of a queue comes in. @param busy how many queues are busy */
  began(queue: BfqQueue, busy: number): void {
    if (this.#size === 0 && busy > 0) return;
    const { nowNs } = this.#events;
    if (this.#members.includes(queue) || queue.isInLargeBurst) return;
    if (nowNs <= queue.partedNs + PARTED_NS) return;
    if (nowNs > this.#lastNs + INTERVAL_NS) {
      this.#isLarge = false;
      this.#members.length = 0;
      this.#members.push(queue);
      this.#size = 1;
    } else if (this.#isLarge) queue.isInLargeBurst = true;
    else this.#join(queue);
    this.#lastNs = nowNs;
  }

  #join(queue: BfqQueue): void {
    this.#size++;
    this.#members.push(queue);
    if (this.#size < LARGE) return;
    this.#isLarge = true;
    for (const member of this.#members) member.isInLargeBurst = true;
    this.#members.length = 0;
  }

  /** A queue comes back that has had nothing to do. */
  cameBack(queue: BfqQueue): void {
    if (this.#events.nowNs <= queue.idleSinceNs + FORGOTTEN_NS) return;
    queue.isInLargeBurst = false;
    const at = this.#members.indexOf(queue);
    if (at >= 0) this.#members.splice(at, 1);
  }
}

/**
 * Whether the drive queues commands, as far as bfq can see it (bfq_update_hw_tag): by how many it was seen
 * to take at once while there was enough to do. Until that is known it counts as doing so.
 */

import type { BfqQueue } from './queue.ts';

/** More than so many waiting or with the drive are enough (BFQ_HW_QUEUE_THRESHOLD)... */
const ENOUGH = 3;
/** ...and after so many such completions it is judged (BFQ_HW_QUEUE_SAMPLES). */
const SAMPLES = 32;

export class CommandQueueing {
  /** Whether it does, or may. */
  isLikely = true;
  /** Requests with the drive, and the most there have been since it was judged. */
  inDriver = 0;
  most = 0;

  #isKnown = false;
  #samples = 0;

  /** A request is done, and still counts. @param waiting those with the elevator */
  completed(waiting: number, active: BfqQueue | undefined): void {
    const { inDriver } = this;
    if (inDriver > this.most) this.most = inDriver;
    if (this.#isKnown || inDriver + waiting <= ENOUGH) return;
    // A queue that is idled for may itself not ask for enough.
    if (active?.hasShortThink === true && inDriver < ENOUGH) {
      if (active.dispatched + active.sorted.length < ENOUGH) return;
    }
    if (this.#samples++ < SAMPLES) return;
    this.isLikely = this.most > ENOUGH;
    this.#isKnown = this.isLikely;
    this.most = 0;
    this.#samples = 0;
  }
}

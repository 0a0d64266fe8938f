/**
 * Whether the drive queues commands, as far as cfq can see it (cfq_update_hw_tag): by how many it was
 * seen to take at once while there was enough to do. Until that is known it counts as doing so.
 */

import type { CfqQueue } from './queue.ts';

/** More than so many waiting or with the drive are enough (CFQ_HW_QUEUE_MIN)... */
const ENOUGH = 5;
/** ...and so many such completions are looked at. */
const SAMPLES = 50;

export class CommandQueueing {
  /** Whether it does, or may. */
  isLikely = true;

  #isKnown = false;
  #inDriver = 0;
  #most = 0;
  #samples = 0;

  activated(): void {
    this.#inDriver++;
  }

  /** A request is done. @param waiting those with the elevator */
  completed(waiting: number, active: CfqQueue | undefined): void {
    const inDriver = this.#inDriver--;
    if (inDriver > this.#most) this.#most = inDriver;
    if (this.#isKnown || (waiting <= ENOUGH && inDriver <= ENOUGH)) return;
    // A queue that is idled for may itself not ask for enough.
    if (active?.hasIdleWindow === true && inDriver < ENOUGH) {
      if (active.dispatched + active.sorted.length < ENOUGH) return;
    }
    if (this.#samples++ < SAMPLES) return;
    this.isLikely = this.#most >= ENOUGH;
    this.#isKnown = this.isLikely;
  }
}

/** Bios of no page, and who waits for them: a journal's blocks, metadata, a flush. */

import type { BlockQueue } from '../block/bio.ts';
import { type Sleeping, type TaskScheduler, WaitQueue } from '../sim/task.ts';

export class IoTicket {
  /** Bios under way. */
  outstanding = 0;
  readonly #scheduler: TaskScheduler;
  readonly #queue: BlockQueue;
  readonly #waiters: WaitQueue;

  constructor(scheduler: TaskScheduler, queue: BlockQueue, what: string) {
    this.#scheduler = scheduler;
    this.#queue = queue;
    this.#waiters = new WaitQueue(scheduler, what);
  }

  bioDone(): void {
    if (--this.outstanding === 0) this.#waiters.wakeAll();
  }

  /** Waits until all of them are done; what is plugged goes out first. */
  *wait(): Sleeping<void> {
    while (this.outstanding > 0) {
      this.#queue.taskSleeps(this.#scheduler.current.id);
      this.#queue.unplug();
      yield* this.#waiters.wait();
    }
  }
}

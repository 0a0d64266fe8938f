/**
 * The queue's plug (2.6.34): the first request into an empty queue stops it from being dispatched,
 * so that neighbours can come and merge. It is pulled by enough requests, by someone who waits, by
 * a completion, or by a timer (blk_plug_device, blk_remove_plug; block/blk-core.c).
 */

import type { EventQueue } from '../sim/events.ts';

export class QueuePlug {
  isPlugged = false;

  readonly #events: EventQueue;
  readonly #delayNs: number;
  readonly #handler: number;
  #dueNs = 0;
  #isPending = false;

  /**
   * @param delayNs how long a plug lasts when nobody pulls it (`unplug_delay`)
   * @param timedOut what to do then; the plug is out by that time
   */
  constructor(events: EventQueue, delayNs: number, timedOut: () => void) {
    this.#events = events;
    this.#delayNs = delayNs;
    // One event at most is pending. It is not moved when the queue is plugged anew: when it fires
    // too early, it goes on to the time that is right by then.
    this.#handler = events.register(() => {
      this.#isPending = false;
      if (!this.isPlugged) return;
      if (this.#dueNs > events.nowNs) this.#schedule();
      else {
        this.isPlugged = false;
        timedOut();
      }
    });
  }

  plug(): void {
    this.isPlugged = true;
    this.#dueNs = this.#events.nowNs + this.#delayNs;
    if (!this.#isPending) this.#schedule();
  }

  /** Pulls the plug; returns whether it was in. */
  pull(): boolean {
    const was = this.isPlugged;
    this.isPlugged = false;
    return was;
  }

  #schedule(): void {
    this.#isPending = true;
    this.#events.atNs = this.#dueNs;
    this.#events.post(this.#handler, 0);
  }
}

/**
 * The way of completions back to the host: each raises an interrupt, or some are gathered into one
 * (NVM Express, "Interrupt Coalescing": an aggregation threshold and an aggregation time, by queue).
 * Until then the host knows of nothing, and the tag stays outstanding.
 */

import { NO_FLOATS, NO_INTS } from '../../sim/columns.ts';
import type { EventQueue } from '../../sim/events.ts';
import type { SsdProfile } from './profile.ts';

const ns = (us: number): number => Math.round(us * 1000);

export class Interrupts {
  readonly #events: EventQueue;
  readonly #deliver: (tag: number) => void;
  readonly #interruptNs: number;
  readonly #threshold: number;
  readonly #timeNs: number;
  readonly #tagsPerQueue: number;
  readonly #onTag: number;
  readonly #onTime: number;
  /** By queue: first and last of the tags gathered, their number, and when their time is up. */
  readonly #first: Int32Array = NO_INTS;
  readonly #last: Int32Array = NO_INTS;
  readonly #count: Int32Array = NO_INTS;
  readonly #dueNs: Float64Array = NO_FLOATS;
  readonly #next: Int32Array = NO_INTS;

  /** @param deliver tells the host that a tag is done, now */
  constructor(profile: SsdProfile, events: EventQueue, deliver: (tag: number) => void) {
    const { queue_depth: depth, completion, queues } = profile;
    const count = queues?.count ?? 1;
    this.#events = events;
    this.#deliver = deliver;
    this.#interruptNs = ns(completion?.interrupt_us ?? 0);
    this.#threshold = completion?.coalesce?.commands ?? 1;
    this.#timeNs = ns(completion?.coalesce?.us ?? 0);
    this.#tagsPerQueue = Math.ceil(depth / count);
    this.#onTag = events.register((tag) => this.#deliver(tag));
    this.#onTime = events.register((queue) => this.#timeUp(queue));
    this.#first = new Int32Array(count);
    this.#last = new Int32Array(count);
    this.#count = new Int32Array(count);
    this.#dueNs = new Float64Array(count).fill(-1);
    this.#next = new Int32Array(depth);
  }

  /** The drive is done with a tag. */
  post(tag: number): void {
    const now = this.#events.nowNs;
    if (this.#threshold === 1) {
      this.#events.schedule(now + this.#interruptNs, this.#onTag, tag);
      return;
    }
    const queue = (tag / this.#tagsPerQueue) | 0;
    if (this.#count[queue]++ === 0) {
      this.#first[queue] = tag;
      this.#dueNs[queue] = now + this.#timeNs;
      this.#events.schedule(this.#dueNs[queue], this.#onTime, queue);
    } else this.#next[this.#last[queue]] = tag;
    this.#last[queue] = tag;
    if (this.#count[queue] === this.#threshold) this.#raise(queue);
  }

  #timeUp(queue: number): void {
    // Else they were enough before, and what is gathered now has its own time.
    if (this.#count[queue] > 0 && this.#dueNs[queue] === this.#events.nowNs) this.#raise(queue);
  }

  #raise(queue: number): void {
    const at = this.#events.nowNs + this.#interruptNs;
    let tag = this.#first[queue];
    for (let n = this.#count[queue]; n > 0; n--) {
      this.#events.schedule(at, this.#onTag, tag);
      tag = this.#next[tag];
    }
    this.#count[queue] = 0;
    this.#dueNs[queue] = -1;
  }
}

/**
 * How many requests may exist in blk-mq (block/blk-mq-tag.c): each needs a tag. With an elevator
 * there are `nr_requests` of them beside the drive's own; without one they are the drive's. Who
 * finds none sleeps. Nothing is ever called congested here, nor may anyone go on for a batch.
 *
 * Sleepers of a class wake in order; of the two classes, whoever has slept longest and may have a
 * tag. (The kernel spreads sleepers over eight wait queues, so that its order is only roughly this.)
 *
 * An elevator may keep a class to a part of the tags (limit_depth). Here that bounds how many requests
 * of the class are in being. The kernel bounds which tags it may have, whoever holds the others; either
 * way a class that is kept short gets its turn when the other one has taken all there is.
 */

import type { BioTable } from './bio-table.ts';
import { Freed, Pool, type RequestSource } from './pool.ts';

export class RequestTags implements RequestSource {
  readonly nrRequests: number;
  inBeing = 0;

  readonly #bios: BioTable;
  /** How many of a class may be in being (limit_depth). */
  readonly #depthFor: (pool: Pool) => number;
  /** Requests in being, by class. */
  readonly #ofClass = new Int32Array(2);
  readonly #first = new Int32Array(2).fill(-1);
  readonly #last = new Int32Array(2).fill(-1);

  constructor(bios: BioTable, nrRequests: number, depthFor: (pool: Pool) => number) {
    this.#bios = bios;
    this.nrRequests = nrRequests;
    this.#depthFor = depthFor;
  }

  isCongested(): boolean {
    return false;
  }

  congestedUpTo(): number {
    return 0;
  }

  tryTake(pool: Pool): boolean {
    if (this.inBeing >= this.nrRequests || this.#ofClass[pool] >= this.#depthFor(pool))
      return false;
    this.inBeing++;
    this.#ofClass[pool]++;
    return true;
  }

  give(pool: Pool): number {
    this.inBeing--;
    this.#ofClass[pool]--;
    return this.#first[0] >= 0 || this.#first[1] >= 0 ? Freed.wake : 0;
  }

  sleep(pool: Pool, bio: number): void {
    if (this.#last[pool] < 0) this.#first[pool] = bio;
    else this.#bios.next[this.#last[pool]] = bio;
    this.#last[pool] = bio;
  }

  takeSleeper(): number {
    const async = this.#first[Pool.async];
    const sync = this.#first[Pool.sync];
    const { submitNs } = this.#bios;
    const asyncFirst = async >= 0 && (sync < 0 || submitNs[async] <= submitNs[sync]);
    const bio = this.#tryWake(asyncFirst ? Pool.async : Pool.sync);
    return bio >= 0 ? bio : this.#tryWake(asyncFirst ? Pool.sync : Pool.async);
  }

  #tryWake(pool: Pool): number {
    const bio = this.#first[pool];
    if (bio < 0 || !this.tryTake(pool)) return -1;
    const next = this.#bios.next[bio];
    this.#first[pool] = next;
    if (next < 0) this.#last[pool] = -1;
    this.#bios.next[bio] = -1;
    return bio;
  }
}

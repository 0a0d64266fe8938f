/**
 * How a bio of 3.x or mq comes by its request: past write-back throttling, where there is one, and
 * then from the pool or the tags; and how those who sleep for either go on when a request is gone.
 */

import type { BioTable } from './bio-table.ts';
import { MayQueue } from './elevator/elevator.ts';
import type { HardwareQueue } from './hardware-queue.ts';
import type { EventQueue } from '../sim/events.ts';
import { Freed, type Pool, RequestPools, type RequestSource } from './pool.ts';
import type { QueueSettings } from './queue.ts';
import { RequestTags } from './request-tags.ts';
import type { Throttled, WriteBackThrottle } from './wbt.ts';

export interface SupplyHost {
  readonly events: EventQueue;
  readonly bios: BioTable;
  /** A bio that slept has its request now. */
  supplied(bio: number, hardware: number): void;
  congestionCleared(pool: Pool): void;
}

export class RequestSupply {
  readonly #host: SupplyHost;
  readonly #hardware: readonly HardwareQueue[];
  /** One for each hardware queue. */
  readonly #sources: readonly RequestSource[];
  readonly #throttle: WriteBackThrottle | null;

  constructor(
    host: SupplyHost,
    hardware: readonly HardwareQueue[],
    settings: QueueSettings,
    throttle: WriteBackThrottle | null,
  ) {
    const { generation, elevator, nrRequests } = settings;
    this.#host = host;
    this.#hardware = hardware;
    this.#throttle = throttle;
    this.#sources = hardware.map((one) => {
      if (!generation.isMultiQueue) return new RequestPools(host.events, host.bios, nrRequests);
      // Without an elevator a request has one of the drive's own tags.
      const tags = elevator === 'none' ? Math.min(nrRequests, one.queueDepth) : nrRequests;
      return new RequestTags(host.bios, tags, (sync) => one.elevator.depthFor(sync));
    });
  }

  isCongested(pool: Pool): boolean {
    return this.#sources[0].isCongested(pool);
  }

  congestedUpTo(pool: Pool): number {
    return this.#sources[0].congestedUpTo(pool);
  }

  /** Takes a request for a bio, or puts its submitter to sleep and returns false. */
  take(bio: number, hardware: number): boolean {
    if (this.#throttle !== null && !this.#throttle.tryPass(bio)) {
      this.#throttle.sleep(bio);
      return false;
    }
    return this.#takeFromSource(bio, hardware);
  }

  #takeFromSource(bio: number, hardware: number): boolean {
    const must = this.#hardware[hardware].elevator.mayQueue(bio) === MayQueue.must;
    const source = this.#sources[hardware];
    if (source.tryTake(bio, must)) return true;
    source.sleep(bio);
    return false;
  }

  /**
   * A request is gone; whoever may go on for that does.
   * @param tag the tag it held
   * @param kind what write-back throttling counted it as
   */
  release(hardware: number, tag: number, pool: Pool, kind: Throttled): void {
    const source = this.#sources[hardware];
    const freed = source.give(tag, pool);
    if ((freed & Freed.congestionCleared) !== 0) this.#host.congestionCleared(pool);
    if ((freed & Freed.wake) !== 0) {
      const bio = source.takeSleeper(pool);
      if (bio >= 0) this.#host.supplied(bio, hardware);
    }
    const throttle = this.#throttle;
    if (throttle === null || !throttle.give(kind)) return;
    for (let bio; (bio = throttle.takeSleeper(kind)) >= 0;) {
      const index = this.#host.bios.task[bio] % this.#hardware.length;
      if (this.#takeFromSource(bio, index)) this.#host.supplied(bio, index);
    }
  }
}

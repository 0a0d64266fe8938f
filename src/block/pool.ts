/**
 * How many requests may exist, and who waits for one: the single queue's request pools
 * (get_request, get_request_wait, freed_request; block/blk-core.c, 2.6.34).
 *
 * There is one pool for sync requests (reads, and writes someone waits for) and one for async.
 * A pool that is nearly full is *congested*, which mm can see. When it fills up, the task that
 * took the last request may go on for a batch of them; all others sleep, first in first out, and
 * each becomes a batcher when it is woken.
 */

import type { BioTable } from './bio-table.ts';
import { MS } from '../sim/units.ts';

/** A batcher may take so many requests beyond a full pool (BLK_BATCH_REQ)... */
const BATCH_REQUESTS = 32;
/** ...within this time (BLK_BATCH_TIME, HZ/50). */
const BATCH_NS = 20 * MS;

/** Bits that `give` returns: what the freed request means for others. */
export const Freed = { wake: 1, congestionCleared: 2 } as const;

/** The two pools' indices. */
export const Pool = { async: 0, sync: 1 } as const;
export type Pool = (typeof Pool)[keyof typeof Pool];

/** The tasks' batches: shared by both pools, as the kernel keeps them in the task's io_context. */
class Batches {
  #left = new Uint8Array(64);
  #sinceNs = new Float64Array(64);

  /** Whether the task is in the midst of a batch (ioc_batching). A fresh batch has no time limit. */
  isBatching(task: number, nowNs: number): boolean {
    if (task >= this.#left.length) return false;
    const left = this.#left[task];
    return left === BATCH_REQUESTS || (left > 0 && nowNs < this.#sinceNs[task] + BATCH_NS);
  }

  begin(task: number, nowNs: number): void {
    if (this.isBatching(task, nowNs)) return;
    if (task >= this.#left.length) this.#grow(task + 1);
    this.#left[task] = BATCH_REQUESTS;
    this.#sinceNs[task] = nowNs;
  }

  use(task: number): void {
    this.#left[task]--;
  }

  #grow(tasks: number): void {
    const left = new Uint8Array(2 ** Math.ceil(Math.log2(tasks)));
    const sinceNs = new Float64Array(left.length);
    left.set(this.#left);
    sinceNs.set(this.#sinceNs);
    this.#left = left;
    this.#sinceNs = sinceNs;
  }
}

/** Where requests come from: pools in the single queue, tags in blk-mq. */
export interface RequestSource {
  isCongested(pool: Pool): boolean;
  congestedUpTo(pool: Pool, nowNs: number): number;
  tryTake(pool: Pool, task: number, nowNs: number, must?: boolean): boolean;
  give(pool: Pool, nowNs: number): number;
  sleep(pool: Pool, bio: number): void;
  takeSleeper(pool: Pool, nowNs: number): number;
}

export class RequestPools implements RequestSource {
  readonly nrRequests: number;
  /** Requests in being, by pool. */
  readonly count = new Int32Array(2);
  /** Time spent congested so far, by pool, ns; not counting a congestion that goes on. */
  readonly congestedNs = new Float64Array(2);

  readonly #bios: BioTable;
  /** A pool is congested when one more would make this many... */
  readonly #congestionOn: number;
  /** ...until it holds fewer than this. */
  readonly #congestionOff: number;
  readonly #hardLimit: number;
  readonly #full = new Uint8Array(2);
  readonly #congestedSinceNs = new Float64Array(2).fill(Infinity);
  readonly #batches = new Batches();
  readonly #firstSleeper = new Int32Array(2).fill(-1);
  readonly #lastSleeper = new Int32Array(2).fill(-1);

  /** @param nrRequests a pool's size, as in /sys/block/DEVICE/queue/nr_requests (4 or more) */
  constructor(bios: BioTable, nrRequests: number) {
    this.#bios = bios;
    this.nrRequests = nrRequests;
    // blk_queue_congestion_threshold
    const eighth = Math.floor(nrRequests / 8);
    this.#congestionOn = Math.min(nrRequests - eighth + 1, nrRequests);
    this.#congestionOff = Math.max(nrRequests - eighth - Math.floor(nrRequests / 16) - 1, 1);
    this.#hardLimit = Math.floor((3 * nrRequests) / 2);
  }

  /** Requests in being, of both pools. */
  get total(): number {
    return this.count[0] + this.count[1];
  }

  isCongested(pool: Pool): boolean {
    return this.#congestedSinceNs[pool] !== Infinity;
  }

  /** Time spent congested up to now, ns. */
  congestedUpTo(pool: Pool, nowNs: number): number {
    const since = this.#congestedSinceNs[pool];
    return this.congestedNs[pool] + (since === Infinity ? 0 : nowNs - since);
  }

  /**
   * Takes a request for a task; false when it must sleep.
   * @param must the elevator wants this task to have one even though the pool is full
   */
  tryTake(pool: Pool, task: number, nowNs: number, must = false): boolean {
    const wanted = this.count[pool] + 1;
    let batching = false;
    if (wanted >= this.#congestionOn) {
      if (wanted >= this.nrRequests) {
        batching = this.#batches.isBatching(task, nowNs);
        if (this.#full[pool] === 0) {
          this.#batches.begin(task, nowNs);
          batching = true;
          this.#full[pool] = 1;
        } else if (!batching && !must) return false;
      }
      if (this.#congestedSinceNs[pool] === Infinity) this.#congestedSinceNs[pool] = nowNs;
    }
    if (wanted > this.#hardLimit) return false;
    this.count[pool] = wanted;
    if (batching) this.#batches.use(task);
    return true;
  }

  /** A request is gone. Returns `Freed` bits; with `wake`, `takeSleeper` is due. */
  give(pool: Pool, nowNs: number): number {
    const count = --this.count[pool];
    let freed = 0;
    if (count < this.#congestionOff && this.#congestedSinceNs[pool] !== Infinity) {
      this.congestedNs[pool] += nowNs - this.#congestedSinceNs[pool];
      this.#congestedSinceNs[pool] = Infinity;
      freed |= Freed.congestionCleared;
    }
    if (count + 1 <= this.nrRequests) {
      this.#full[pool] = 0;
      if (this.#firstSleeper[pool] >= 0) freed |= Freed.wake;
    }
    return freed;
  }

  /** Puts a bio's submitter to sleep, behind those that sleep already. */
  sleep(pool: Pool, bio: number): void {
    const last = this.#lastSleeper[pool];
    if (last < 0) this.#firstSleeper[pool] = bio;
    else this.#bios.next[last] = bio;
    this.#lastSleeper[pool] = bio;
  }

  /**
   * Wakes the first sleeper and takes its request.
   * @returns its bio; -1 when nobody sleeps, or it could not have a request and sleeps on
   */
  takeSleeper(pool: Pool, nowNs: number): number {
    const bio = this.#firstSleeper[pool];
    if (bio < 0) return -1;
    const task = this.#bios.task[bio];
    // Who has slept is a batcher, lest a busy task take each request that comes free.
    this.#batches.begin(task, nowNs);
    if (!this.tryTake(pool, task, nowNs)) return -1;
    const next = this.#bios.next[bio];
    this.#firstSleeper[pool] = next;
    if (next < 0) this.#lastSleeper[pool] = -1;
    this.#bios.next[bio] = -1;
    return bio;
  }
}

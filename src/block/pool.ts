/**
 * How many requests may exist, and who waits for one: the single queue's request pools
 * (get_request, get_request_wait, freed_request; block/blk-core.c, 2.6.34).
 *
 * There is one pool for sync requests (reads, and writes someone waits for) and one for async.
 * A pool that is nearly full is *congested*, which mm can see. When it fills up, the task that
 * took the last request may go on for a batch of them; all others sleep, first in first out, and
 * each becomes a batcher when it is woken.
 */

import { Op } from '../device/device.ts';
import type { EventQueue } from '../sim/events.ts';
import { MS } from '../sim/units.ts';
import { BioFlag } from './bio.ts';
import type { BioTable } from './bio-table.ts';

/** A batcher may take so many requests beyond a full pool (BLK_BATCH_REQ)... */
const BATCH_REQUESTS = 32;
/** ...within this time (BLK_BATCH_TIME, HZ/50). */
const BATCH_NS = 20 * MS;

/** Bits that `give` returns: what the freed request means for others. */
export const Freed = { wake: 1, congestionCleared: 2 } as const;

/** The two pools' indices. */
export const Pool = { async: 0, sync: 1 } as const;
export type Pool = (typeof Pool)[keyof typeof Pool];

/** The pool that a bio's request comes from: sync for reads, and for writes someone waits for. */
export function poolOfBio(op: number, flags: number): Pool {
  return op === Op.read || (flags & BioFlag.sync) !== 0 ? Pool.sync : Pool.async;
}

/** The tasks' batches: shared by both pools, as the kernel keeps them in the task's io_context. */
class Batches {
  readonly #events: EventQueue;
  #left = new Uint8Array(64);
  #sinceNs = new Float64Array(64);

  constructor(events: EventQueue) {
    this.#events = events;
  }

  /** Whether the task is in the midst of a batch (ioc_batching). A fresh batch has no time limit. */
  isBatching(task: number): boolean {
    if (task >= this.#left.length) return false;
    const left = this.#left[task];
    if (left === BATCH_REQUESTS) return true;
    return left > 0 && this.#events.nowNs < this.#sinceNs[task] + BATCH_NS;
  }

  begin(task: number): void {
    if (this.isBatching(task)) return;
    if (task >= this.#left.length) this.#grow(task + 1);
    this.#left[task] = BATCH_REQUESTS;
    this.#sinceNs[task] = this.#events.nowNs;
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
  /** Time spent congested up to now, ns. */
  congestedUpTo(pool: Pool): number;
  /**
   * Takes a request for a bio; false when its submitter must sleep.
   * @param must the elevator wants it to have one even though there is none left
   */
  tryTake(bio: number, must?: boolean): boolean;
  /**
   * A request is gone. Returns `Freed` bits; with `wake`, `takeSleeper` is due.
   * @param tag what `tryTake` put into the bio's `tag`
   */
  give(tag: number, pool: Pool): number;
  /** Puts a bio's submitter to sleep, behind those that sleep already. */
  sleep(bio: number): void;
  /**
   * Wakes the first sleeper of a pool and takes its request.
   * @returns its bio; -1 when nobody sleeps, or it could not have a request and sleeps on
   */
  takeSleeper(pool: Pool): number;
}

export class RequestPools implements RequestSource {
  readonly nrRequests: number;
  /** Requests in being, by pool. */
  readonly count = new Int32Array(2);
  /** Time spent congested so far, by pool, ns; not counting a congestion that goes on. */
  readonly congestedNs = new Float64Array(2);

  readonly #events: EventQueue;
  readonly #bios: BioTable;
  /** A pool is congested when one more would make this many... */
  readonly #congestionOn: number;
  /** ...until it holds fewer than this. */
  readonly #congestionOff: number;
  readonly #hardLimit: number;
  readonly #full = new Uint8Array(2);
  readonly #congestedSinceNs = new Float64Array(2).fill(Infinity);
  readonly #batches: Batches;
  readonly #firstSleeper = new Int32Array(2).fill(-1);
  readonly #lastSleeper = new Int32Array(2).fill(-1);

  /** @param nrRequests a pool's size, as in /sys/block/DEVICE/queue/nr_requests (4 or more) */
  constructor(events: EventQueue, bios: BioTable, nrRequests: number) {
    this.#events = events;
    this.#batches = new Batches(events);
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

  congestedUpTo(pool: Pool): number {
    const since = this.#congestedSinceNs[pool];
    return this.congestedNs[pool] + (since === Infinity ? 0 : this.#events.nowNs - since);
  }

  tryTake(bio: number, must = false): boolean {
    const { op, flags } = this.#bios;
    const task = this.#bios.task[bio];
    const pool = poolOfBio(op[bio], flags[bio]);
    const wanted = this.count[pool] + 1;
    let batching = false;
    if (wanted >= this.#congestionOn) {
      if (wanted >= this.nrRequests) {
        batching = this.#batches.isBatching(task);
        if (this.#full[pool] === 0) {
          this.#batches.begin(task);
          batching = true;
          this.#full[pool] = 1;
        } else if (!batching && !must) return false;
      }
      if (this.#congestedSinceNs[pool] === Infinity) {
        this.#congestedSinceNs[pool] = this.#events.nowNs;
      }
    }
    if (wanted > this.#hardLimit) return false;
    this.count[pool] = wanted;
    if (batching) this.#batches.use(task);
    return true;
  }

  give(_tag: number, pool: Pool): number {
    const count = --this.count[pool];
    let freed = 0;
    if (count < this.#congestionOff && this.#congestedSinceNs[pool] !== Infinity) {
      this.congestedNs[pool] += this.#events.nowNs - this.#congestedSinceNs[pool];
      this.#congestedSinceNs[pool] = Infinity;
      freed |= Freed.congestionCleared;
    }
    if (count + 1 <= this.nrRequests) {
      this.#full[pool] = 0;
      if (this.#firstSleeper[pool] >= 0) freed |= Freed.wake;
    }
    return freed;
  }

  sleep(bio: number): void {
    const pool = poolOfBio(this.#bios.op[bio], this.#bios.flags[bio]);
    const last = this.#lastSleeper[pool];
    if (last < 0) this.#firstSleeper[pool] = bio;
    else this.#bios.next[last] = bio;
    this.#lastSleeper[pool] = bio;
  }

  takeSleeper(pool: Pool): number {
    const bio = this.#firstSleeper[pool];
    if (bio < 0) return -1;
    // Who has slept is a batcher, lest a busy task take each request that comes free.
    this.#batches.begin(this.#bios.task[bio]);
    if (!this.tryTake(bio)) return -1;
    const next = this.#bios.next[bio];
    this.#firstSleeper[pool] = next;
    if (next < 0) this.#lastSleeper[pool] = -1;
    this.#bios.next[bio] = -1;
    return bio;
  }
}

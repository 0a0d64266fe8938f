/** One of bfq's queues: a task's sync requests, or the async ones of a priority (struct bfq_queue). */

import { classOf, IO_LEVELS, IoClass, levelOf } from '../../io-priority.ts';
import type { RequestTable } from '../../request.ts';
import { RequestList } from '../../request-list.ts';
import { SortedRequests } from '../../sorted-requests.ts';
import type { FairQueue } from '../fair-elevator.ts';
import { SeekHistory, ThinkTime } from '../task-habits.ts';

/** A step longer than this is a seek, sectors (BFQQ_SEEK_THR)... */
export const SEEK_SECTORS = 8 * 100;
/** ...on flash, only for a request shorter than this (BFQQ_SECT_THR_NONROT). */
export const SMALL_SECTORS = 2 * 32;
/** Seeks among the last 32 requests that make a queue seeky, plus one (BFQQ_SEEKY). */
const SEEKS = 19;
/** A level of priority less makes the weight greater by this (BFQ_WEIGHT_CONVERSION_COEFF). */
const LEVEL_WEIGHT = 10;

export class BfqQueue implements FairQueue {
  readonly id: number;
  readonly isSync: boolean;
  readonly sorted: SortedRequests;
  readonly fifo: RequestList;
  ioClass: IoClass = IoClass.bestEffort;
  level = 4;
  next = -1;
  metaPending = 0;
  dispatched = 0;

  /** Whose it is; -1 for everybody's and for a shared one. */
  task = -1;
  tasks = 0;
  joins = -1;
  isShared = false;
  isToSplit = false;

  /** Its share, before raising. */
  weight = (IO_LEVELS - 4) * LEVEL_WEIGHT;
  /** By how much its weight is raised now (wr_coeff)... */
  raise = 1;
  /** ...for how long at most, since when, and how many sectors were served meanwhile... */
  raiseNs = 0;
  raisedSinceNs = 0;
  raisedSectors = 0;
  /** ...and since when it was raised as interactive before it turned soft real-time, ns. */
  interactiveSinceNs = -Infinity;

  isBusy = false;
  /** Of the fair order: it counts among the weights, though it may have nothing to do. */
  isWeighed = false;
  /** Virtual times between which the budget is to be served. */
  start = 0;
  finish = 0;
  /** Sectors it may be served in this turn, and was served. */
  budget = 0;
  served = 0;
  /** The budget that its next turn is to have: learnt from how it used the last ones. */
  maxBudget = 0;
  turnBeganNs = 0;
  budgetTimeoutNs = Infinity;
  isWaiting = false;
  hasCheckedFifo = false;
  /** It ended its turn for want of requests: if one comes soon, the turn goes on. */
  waitsUnblocked = false;

  /** Its task comes back soon enough to be worth waiting for. */
  hasShortThink: boolean;
  /** It keeps the drive busy: it asks again and again without a pause (IO_bound). */
  isIoBound = true;
  /** Requests that came in time, since it last was not IO-bound. */
  inTime = 0;
  /** Nothing came for it yet. */
  isNew = true;
  readonly think = new ThinkTime();
  /** Since when nothing of it waits or is with the drive, ns. */
  idleSinceNs = -Infinity;
  partedNs = -Infinity;
  /** What it was served since it last became busy, sectors; when that began and it was first served, ns. */
  servedSinceBusy = 0;
  busySinceNs = 0;
  firstServedNs = 0;
  /** A request that comes after this shows it to be soft real-time, ns. */
  softRealTimeNs = 0;
  updatesSoftRealTime = false;

  /** It came with many others at once: bursts.ts. */
  isInLargeBurst = false;

  /** How many requests of others may be with the drive while it is idled for (injection.ts). */
  injectLimit = 0;
  /** How long its first requests take from coming in to completion, ns; 0 while unknown. */
  serviceNs = 0;
  limitDecreasedNs = 0;
  /** The queue whose completions wake its task, by id; -1 for none. And the one that may be. */
  waker = -1;
  maybeWaker = -1;
  wakings = 0;
  firstWakingNs = 0;

  readonly #requests: RequestTable;
  readonly #rotational: boolean;
  #lastSector = 0;
  // The first request is taken for a seek.
  readonly #seeks = new SeekHistory(1);

  constructor(id: number, isSync: boolean, requests: RequestTable, rotational: boolean) {
    this.id = id;
    this.isSync = isSync;
    this.hasShortThink = isSync;
    this.sorted = new SortedRequests(requests);
    this.fifo = new RequestList(requests);
    this.#requests = requests;
    this.#rotational = rotational;
  }

  get isEmpty(): boolean {
    return this.sorted.length === 0;
  }

  get isIdleClass(): boolean {
    return this.ioClass === IoClass.idle;
  }

  get isSeeky(): boolean {
    return this.#seeks.seeks > SEEKS;
  }

  get isTotallySeeky(): boolean {
    return this.#seeks.seeks === 32;
  }

  get currentWeight(): number {
    return this.weight * this.raise;
  }

  get budgetLeft(): number {
    return this.budget - this.served;
  }

  /** Takes on a task's priority, for when it next becomes busy (bfq_set_next_ioprio_data). */
  setPriority(priority: number): void {
    this.#nextPriority = priority;
    if (!this.isBusy && !this.isWeighed) this.takePriority();
  }

  #nextPriority = -1;

  /** It becomes busy: a new priority counts from now on. Returns whether there is one. */
  takePriority(): boolean {
    if (this.#nextPriority < 0) return false;
    this.ioClass = classOf(this.#nextPriority);
    this.level = levelOf(this.#nextPriority);
    this.weight = (IO_LEVELS - this.level) * LEVEL_WEIGHT;
    this.#nextPriority = -1;
    return true;
  }

  get hasNewPriority(): boolean {
    return this.#nextPriority >= 0;
  }

  noteSeek(request: number): void {
    const { sector, sectors } = this.#requests;
    const distance = Math.abs(sector[request] - this.#lastSector);
    const isFar = this.#lastSector !== 0 && distance > SEEK_SECTORS;
    this.#seeks.note(isFar && (this.#rotational || sectors[request] < SMALL_SECTORS));
    this.#lastSector = sector[request] + sectors[request];
  }
}

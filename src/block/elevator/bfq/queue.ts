/** One of bfq's queues: a task's sync requests, or everybody's async ones (struct bfq_queue). */

import type { RequestTable } from '../../request.ts';
import { RequestList } from '../../request-list.ts';
import { SortedRequests } from '../../sorted-requests.ts';
import { SeekHistory, ThinkTime } from '../task-habits.ts';

/** A step longer than this is a seek, sectors (BFQQ_SEEK_THR)... */
const SEEK_SECTORS = 8 * 100;
/** ...on flash, only for a request shorter than this (BFQQ_SECT_THR_NONROT). */
const SMALL_SECTORS = 2 * 32;
/** Seeks among the last 32 requests that make a queue seeky, plus one (BFQQ_SEEKY). */
const SEEKS = 19;

export class BfqQueue {
  readonly id: number;
  readonly isSync: boolean;
  readonly sorted: SortedRequests;
  readonly fifo: RequestList;
  next = -1;
  dispatched = 0;

  /** Its share, before raising. */
  readonly weight: number;
  /** By how much its weight is raised now. */
  raise = 1;
  raisedSinceNs = 0;

  isBusy = false;
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

  /** Its task comes back soon enough to be worth waiting for. */
  hasShortThink = true;
  /** It keeps the drive busy: it asks again and again without a pause. */
  isIoBound = true;
  lastEndNs = 0;
  lastIdleNs = -Infinity;

  readonly #rotational: boolean;
  #lastSector = -1;
  readonly #seeks = new SeekHistory();
  readonly #think = new ThinkTime();

  constructor(
    id: number,
    isSync: boolean,
    weight: number,
    requests: RequestTable,
    rotational: boolean,
  ) {
    this.id = id;
    this.isSync = isSync;
    this.weight = weight;
    this.sorted = new SortedRequests(requests);
    this.fifo = new RequestList(requests);
    this.#rotational = rotational;
  }

  get isEmpty(): boolean {
    return this.sorted.length === 0;
  }

  get isSeeky(): boolean {
    return this.#seeks.seeks > SEEKS;
  }

  get currentWeight(): number {
    return this.weight * this.raise;
  }

  /** Learns how long the task takes to come back (bfq_update_io_thinktime, _has_short_ttime). */
  noteThinkTime(nowNs: number, idleNs: number): void {
    this.#think.thinkNs = Math.min(nowNs - this.lastEndNs, 2 * idleNs);
    this.#think.note();
    this.hasShortThink = !this.#think.isKnown || this.#think.meanNs <= idleNs;
  }

  noteSeek(sector: number, sectors: number): void {
    const isFar = this.#lastSector >= 0 && Math.abs(sector - this.#lastSector) > SEEK_SECTORS;
    const isSeek = isFar && (this.#rotational || sectors < SMALL_SECTORS);
    this.#seeks.note(isSeek);
    this.#lastSector = sector + sectors;
  }
}

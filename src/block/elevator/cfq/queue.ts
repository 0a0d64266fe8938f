/** One of cfq's queues: a task's sync requests, or the async ones of a priority (struct cfq_queue). */

import { classOf, IoClass, levelOf } from '../../io-priority.ts';
import type { RequestTable } from '../../request.ts';
import { RequestList } from '../../request-list.ts';
import { SortedRequests } from '../../sorted-requests.ts';
import type { FairQueue } from '../fair-elevator.ts';
import { SeekHistory } from '../task-habits.ts';
import type { ServiceTree } from './service-tree.ts';

/** What kind of service a queue gets: turns of its own with idling, turns in common, or async. */
export const Workload = { async: 0, syncNoIdle: 1, sync: 2 } as const;
export type Workload = (typeof Workload)[keyof typeof Workload];

/** A step longer than this is a seek, sectors (CFQQ_SEEK_THR)... */
const SEEK_SECTORS = 8 * 100;
/** ...on flash, a request shorter than this counts as one (CFQQ_SECT_THR_NONROT). */
const SMALL_SECTORS = 2 * 32;
/** Seeks among the last 32 requests that make a queue seeky, plus one. */
const SEEKS = 32 / 8;

export class CfqQueue implements FairQueue {
  readonly id: number;
  readonly isSync: boolean;
  readonly sorted: SortedRequests;
  readonly fifo: RequestList;
  ioClass: IoClass = IoClass.bestEffort;
  level = 4;
  /** The request to be served next in sector order; -1 when there is none. */
  next = -1;
  /** Requests dispatched and not complete. */
  dispatched = 0;
  /** Metadata requests waiting. */
  metaPending = 0;

  /** Tasks whose queue it is. */
  tasks = 0;
  /** What it is to be joined to, when one of its tasks next has a request; -1 for nothing. */
  joins = -1;
  /** It serves tasks that read close to each other... */
  isShared = false;
  /** ...and they do so no longer. */
  isToSplit = false;

  /** Where it stands in its service tree: lower goes first, ns. */
  key = 0;
  /** The tree that it stands in, while it is busy. */
  tree: ServiceTree | undefined;
  isBusy = false;
  /** Time left over from a slice that was cut short, ns. */
  residueNs = 0;

  sliceBeganNs = 0;
  sliceEndNs = 0;
  sliceDispatched = 0;
  /** The slice begins with its first completion. */
  isSliceNew = false;
  /** The drive is kept idle for it. */
  isWaiting = false;
  /** Its slice was made longer, for it to have something to do before it ends. */
  isWaitingBusy = false;
  mustDispatch = false;
  mustAllocate = false;
  hasCheckedFifo = false;

  hasIdleWindow: boolean;
  /** It once had four requests waiting: worth idling for even though it seeks. */
  isDeep = false;

  readonly #requests: RequestTable;
  readonly #rotational: boolean;
  #lastSector = 0;
  readonly #seeks = new SeekHistory();

  constructor(id: number, isSync: boolean, requests: RequestTable, rotational: boolean) {
    this.id = id;
    this.isSync = isSync;
    this.hasIdleWindow = isSync;
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

  get isRealTime(): boolean {
    return this.ioClass === IoClass.realTime;
  }

  get workload(): Workload {
    if (!this.isSync) return Workload.async;
    return this.hasIdleWindow ? Workload.sync : Workload.syncNoIdle;
  }

  get isSeeky(): boolean {
    return this.#seeks.seeks > SEEKS;
  }

  /** Takes on a task's priority (cfq_init_prio_data). */
  setPriority(priority: number): void {
    this.ioClass = classOf(priority);
    this.level = levelOf(priority);
    if (this.isIdleClass) this.hasIdleWindow = false;
  }

  /** Learns whether requests come in order of sectors or from all over. */
  noteSeek(request: number): void {
    const { sector, sectors } = this.#requests;
    const distance = Math.abs(sector[request] - this.#lastSector);
    const isSeek = this.#rotational
      ? this.#lastSector !== 0 && distance > SEEK_SECTORS
      : sectors[request] < SMALL_SECTORS;
    this.#seeks.note(isSeek);
    this.#lastSector = sector[request] + sectors[request];
  }
}

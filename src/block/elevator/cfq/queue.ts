/** One of cfq's queues: a task's sync requests, or everybody's async ones (struct cfq_queue). */

import { Op } from '../../../device/device.ts';
import type { RequestTable } from '../../request.ts';
import { RequestFlag } from '../../request.ts';
import { RequestList } from '../../request-list.ts';
import { SortedRequests } from '../../sorted-requests.ts';
import { SeekHistory, ThinkTime } from '../task-habits.ts';

/** What kind of service a queue gets: turns of its own with idling, turns in common, or async. */
export const Workload = { async: 0, syncNoIdle: 1, sync: 2 } as const;
export type Workload = (typeof Workload)[keyof typeof Workload];

/** A step longer than this is a seek, sectors (CFQQ_SEEK_THR)... */
const SEEK_SECTORS = 8 * 100;
/** ...on flash, a request shorter than this counts as one (CFQQ_SECT_THR_NONROT). */
const SMALL_SECTORS = 2 * 32;
/** Seeks among the last 32 requests that make a queue seeky, plus one. */
const SEEKS = 32 / 8;

export class CfqQueue {
  readonly id: number;
  readonly isSync: boolean;
  readonly sorted: SortedRequests;
  readonly fifo: RequestList;
  /** The request to be served next in sector order; -1 when there is none. */
  next = -1;
  /** Requests dispatched and not complete. */
  dispatched = 0;
  /** Metadata requests waiting. */
  metaPending = 0;

  /** Where it stands in its service tree: lower goes first, ns. */
  key = 0;
  isBusy = false;
  tree: Workload;
  /** Time left over from a slice that was cut short, ns. */
  residueNs = 0;

  sliceEndNs = 0;
  sliceDispatched = 0;
  /** The slice begins with its first completion. */
  isSliceNew = false;
  isWaiting = false;
  mustDispatch = false;
  mustAllocate = false;
  hasCheckedFifo = false;

  hasIdleWindow: boolean;
  /** It once had four requests waiting: worth idling for even though it seeks. */
  isDeep = false;
  lastEndNs = 0;

  readonly #rotational: boolean;
  #lastSector = 0;
  readonly #seeks = new SeekHistory();
  readonly #think = new ThinkTime();

  constructor(id: number, isSync: boolean, requests: RequestTable, rotational: boolean) {
    this.id = id;
    this.isSync = isSync;
    this.hasIdleWindow = isSync;
    this.tree = isSync ? Workload.sync : Workload.async;
    this.sorted = new SortedRequests(requests);
    this.fifo = new RequestList(requests);
    this.#rotational = rotational;
  }

  get isEmpty(): boolean {
    return this.sorted.length === 0;
  }

  get workload(): Workload {
    if (!this.isSync) return Workload.async;
    return this.hasIdleWindow ? Workload.sync : Workload.syncNoIdle;
  }

  get isSeeky(): boolean {
    return this.#seeks.seeks > SEEKS;
  }

  get knowsThinkTime(): boolean {
    return this.#think.isKnown;
  }

  get thinkMeanNs(): number {
    return this.#think.meanNs;
  }

  /** Learns how long the task takes from a completion to its next request. */
  noteThinkTime(nowNs: number, mostNs: number): void {
    this.#think.note(Math.min(nowNs - this.lastEndNs, mostNs));
  }

  /** Learns whether the task seeks. */
  noteSeek(sector: number, sectors: number): void {
    const distance = Math.abs(sector - this.#lastSector);
    const isSeek = this.#rotational
      ? this.#lastSector !== 0 && distance > SEEK_SECTORS
      : sectors < SMALL_SECTORS;
    this.#seeks.note(isSeek);
    this.#lastSector = sector + sectors;
  }
}

/** Whether a request belongs to its task's sync queue. */
export function isSyncRequest(requests: RequestTable, request: number): boolean {
  return requests.op[request] === Op.read || requests.has(request, RequestFlag.sync);
}

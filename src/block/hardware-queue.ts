/**
 * The lower half of a queue: elevator, merge look-up, dispatch list and the drive's tags. Single-
 * queue kernels have one of these; blk-mq has one for each of the drive's hardware queues.
 */

import type { Op } from '../device/device.ts';
import type { EventQueue } from '../sim/events.ts';
import type { BioTable } from './bio-table.ts';
import { DispatchList } from './dispatch-list.ts';
import type { Elevator, ElevatorHost } from './elevator/elevator.ts';
import { createElevator } from './elevator/registry.ts';
import { Merger } from './merge.ts';
import type { QueueSettings } from './queue.ts';
import { RequestFlag, type RequestTable } from './request.ts';
import type { RequestQueue } from './request-queue.ts';
import { TagSet } from './tags.ts';

export class HardwareQueue implements ElevatorHost {
  readonly events: EventQueue;
  readonly bios: BioTable;
  readonly requests: RequestTable;
  readonly rotational: boolean;
  readonly queueDepth: number;
  readonly nrRequests: number;
  readonly cpus: number;
  readonly isMultiQueue: boolean;
  readonly hasTaskPlugs: boolean;
  readonly elevator: Elevator;
  readonly merger: Merger;
  readonly tags: TagSet;
  readonly dispatch: DispatchList;
  /** Set while `run` of the owner is at work on it. */
  isRunning = false;

  readonly #queue: RequestQueue;
  readonly #kicked: (hardware: HardwareQueue) => void;

  /**
   * @param firstTag the lowest of this queue's tags
   * @param depth how many tags it has
   * @param kicked called when the elevator wants to be asked again
   */
  constructor(
    queue: RequestQueue,
    settings: QueueSettings,
    firstTag: number,
    depth: number,
    kicked: (hardware: HardwareQueue) => void,
  ) {
    this.#queue = queue;
    this.#kicked = kicked;
    this.events = queue.events;
    this.bios = queue.bios;
    this.requests = queue.requests;
    this.rotational = queue.rotational;
    this.queueDepth = depth;
    this.nrRequests = settings.nrRequests;
    this.cpus = settings.cpus;
    this.isMultiQueue = settings.generation.isMultiQueue;
    this.hasTaskPlugs = settings.generation.plug !== undefined;
    const { limits, noMerges } = settings;
    this.elevator = createElevator(settings.elevator, this, settings.tunables);
    this.merger = new Merger(this.bios, this.requests, this.elevator, limits, noMerges);
    this.tags = new TagSet(depth, firstTag);
    this.dispatch = new DispatchList(this.requests);
  }

  get isEmpty(): boolean {
    return this.dispatch.list.length === 0 && this.elevator.isEmpty;
  }

  dispatchTail(request: number): void {
    this.merger.removed(request);
    this.dispatch.addTail(request);
  }

  dispatchSorted(request: number): void {
    this.merger.removed(request);
    this.dispatch.addSorted(request);
  }

  kick(): void {
    this.#kicked(this);
  }

  /** The request at the head of the dispatch list, chosen now if there was none; -1 for none. */
  peek(): number {
    const { requests } = this;
    const { list } = this.dispatch;
    if (list.first < 0 && !this.elevator.dispatch(false)) return -1;
    const request = list.first;
    if (!requests.has(request, RequestFlag.started)) {
      if (requests.has(request, RequestFlag.sorted)) this.elevator.activated(request);
      requests.flags[request] |= RequestFlag.started;
      this.dispatch.taken(request);
    }
    return request;
  }

  /** Gives the drive a request. Only while a tag is available. */
  issue(request: number, op: Op, sectors: number, deviceFlags: number): void {
    const { requests } = this;
    const { nowNs } = this.events;
    const tag = this.tags.take(request);
    const sector = requests.sector[request];
    requests.issueNs[request] = nowNs;
    this.#queue.observer?.issued(nowNs, request, tag, op, sector, sectors);
    const { device } = this.#queue;
    device.sector = sector;
    device.start(tag, op, sectors, deviceFlags);
  }
}

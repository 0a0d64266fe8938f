/**
 * What cfq and bfq have in common: a queue for each task's sync requests and for each priority's async ones,
 * each with its requests by sector and by age, and merging within a queue only.
 */

import { MS } from '../../sim/units.ts';
import { Merge } from '../merge.ts';
import { RequestFlag } from '../request.ts';
import type { RequestList } from '../request-list.ts';
import type { SortedRequests } from '../sorted-requests.ts';
import { ElevatorBase, type ElevatorHost } from './elevator.ts';
import { Nearer } from './nearer.ts';
import { TaskQueues, type TaskQueue } from './task-queues.ts';

export interface FairQueue extends TaskQueue {
  readonly sorted: SortedRequests;
  readonly fifo: RequestList;
  /** The request to be served next in sector order; -1 when there is none. */
  next: number;
  /** Metadata requests waiting. */
  metaPending: number;
  readonly isEmpty: boolean;
}

/** Tunables that both have. */
export interface FairTunables {
  /** How long a request may wait within its queue, ms. */
  readonly fifo_expire_sync: number;
  readonly fifo_expire_async: number;
  readonly back_seek_max: number;
  readonly back_seek_penalty: number;
}

export abstract class FairElevator<Q extends FairQueue> extends ElevatorBase {
  protected readonly queues: TaskQueues<Q>;
  protected readonly nearer: Nearer;
  /** Requests that wait, of all queues. */
  protected length = 0;
  readonly #expireNs: readonly [number, number];

  constructor(
    host: ElevatorHost,
    tunables: FairTunables,
    make: (id: number, isSync: boolean) => Q,
  ) {
    super(host);
    this.queues = new TaskQueues(host, make);
    this.nearer = new Nearer(host.requests, tunables.back_seek_max, tunables.back_seek_penalty);
    this.#expireNs = [tunables.fifo_expire_async * MS, tunables.fifo_expire_sync * MS];
  }

  get isEmpty(): boolean {
    return this.length === 0;
  }

  /** Files a request with a queue, by age and by sector. */
  protected file(queue: Q, request: number): void {
    const { requests, events } = this.host;
    requests.owner[request] = queue.id;
    requests.expiryNs[request] = events.nowNs + this.#expireNs[queue.isSync ? 1 : 0];
    queue.fifo.append(request);
    if (requests.has(request, RequestFlag.meta)) queue.metaPending++;
    this.length++;
    this.fileBySector(queue, request);
  }

  protected fileBySector(queue: Q, request: number): void {
    queue.sorted.insert(request);
  }

  /** A queue's oldest request when that has waited too long; else -1. */
  protected overdue({ fifo }: Q): number {
    const oldest = fifo.first;
    if (oldest < 0) return -1;
    return this.host.events.nowNs >= this.host.requests.expiryNs[oldest] ? oldest : -1;
  }

  /** Takes a request out of its queue; the next one is chosen when it was that one. */
  protected unfile(queue: Q, request: number): void {
    if (queue.next === request) queue.next = this.nearer.nextOf(request, queue.sorted);
    queue.sorted.remove(request);
    queue.fifo.remove(request);
    if (this.host.requests.has(request, RequestFlag.meta)) queue.metaPending--;
    this.length--;
  }

  /** A queue lost a request to another by merging, and may have none left. */
  protected abstract shrank(queue: Q): void;

  /** Another request of a queue is next than was before. */
  protected nextChanged(_queue: Q): void {}

  override activated(request: number): void {
    this.nearer.moveTo(request);
  }

  override findFrontMerge(bio: number): number {
    const queue = this.queues.ofBio(bio);
    if (queue === undefined) return -1;
    const { sector, sectors } = this.host.bios;
    queue.sorted.sector = sector[bio] + sectors[bio];
    return queue.sorted.at();
  }

  /** Only where the bio would be queued itself. */
  override allowsMerge(request: number, bio: number): boolean {
    return this.queues.ofBio(bio)?.id === this.host.requests.owner[request];
  }

  override merged(request: number, how: Merge): void {
    if (how !== Merge.front) return;
    const queue = this.queues.byId(this.host.requests.owner[request]);
    queue.sorted.remove(request);
    this.fileBySector(queue, request);
    const before = queue.next;
    queue.next = this.nearer.choose(before, request);
    if (queue.next !== before) this.nextChanged(queue);
  }

  mergedRequests(request: number, next: number): void {
    const { expiryNs, owner } = this.host.requests;
    const into = this.queues.byId(owner[request]);
    const from = this.queues.byId(owner[next]);
    if (into === from) {
      // The joined request is as urgent as the more urgent of the two, and takes its place.
      if (expiryNs[next] < expiryNs[request]) {
        into.fifo.remove(request);
        into.fifo.insertAfter(next, request);
        expiryNs[request] = expiryNs[next];
      }
      if (from.next === next) from.next = request;
    }
    this.unfile(from, next);
    this.shrank(from);
  }

  former(request: number): number {
    return this.queues.byId(this.host.requests.owner[request]).sorted.previous(request);
  }

  latter(request: number): number {
    return this.queues.byId(this.host.requests.owner[request]).sorted.after(request);
  }
}

/**
 * deadline: sector order in batches, reads before writes, and nobody forgotten
 * (block/deadline-iosched.c).
 *
 * Each direction has its requests sorted and in order of arrival. A batch goes up in sectors; when
 * it is used up, the direction is chosen anew: reads, unless writes were passed over often enough.
 * A batch starts at the oldest request if that one has expired, else where the last one stopped.
 */

import { Merge } from '../merge.ts';
import { MS } from '../../sim/units.ts';
import { Direction, directionOf } from '../request.ts';
import { RequestList } from '../request-list.ts';
import { SortedRequests } from '../sorted-requests.ts';
import { ElevatorBase, type ElevatorHost, type ElevatorKind } from './elevator.ts';

const { read, write } = Direction;

export const deadlineDefaults = {
  /** Reads should be served within this, ms. */
  read_expire: 500,
  /** Writes should be served within this, ms. */
  write_expire: 5000,
  /** How often reads may go before waiting writes. */
  writes_starved: 2,
  /** Look for merges before a request, 0 or 1. */
  front_merges: 1,
  /** Requests in a batch. */
  fifo_batch: 16,
};

export type DeadlineTunables = typeof deadlineDefaults;

export class Deadline extends ElevatorBase {
  readonly #tunables: DeadlineTunables;
  readonly #expireNs: readonly [number, number];
  protected readonly sorted: readonly [SortedRequests, SortedRequests];
  readonly #fifo: readonly [RequestList, RequestList];
  /** Where each direction's sector order goes on; -1 when it does not. At most one is set. */
  readonly #next = new Int32Array(2).fill(-1);
  /** Requests given out in this batch. */
  #batching = 0;
  /** How often waiting writes have been passed over. */
  #starved = 0;

  constructor(host: ElevatorHost, tunables: DeadlineTunables) {
    super(host);
    this.#tunables = tunables;
    this.#expireNs = [tunables.read_expire * MS, tunables.write_expire * MS];
    this.sorted = [new SortedRequests(host.requests), new SortedRequests(host.requests)];
    this.#fifo = [new RequestList(host.requests), new RequestList(host.requests)];
  }

  get isEmpty(): boolean {
    return this.#fifo[read].length + this.#fifo[write].length === 0;
  }

  add(request: number): void {
    const { requests } = this.host;
    const direction = requests.direction(request);
    this.#file(request, direction);
    requests.expiryNs[request] = this.host.events.nowNs + this.#expireNs[direction];
    this.#fifo[direction].append(request);
  }

  override findFrontMerge(bio: number): number {
    if (this.#tunables.front_merges === 0) return -1;
    const { op, sector, sectors } = this.host.bios;
    const sorted = this.sorted[directionOf(op[bio])];
    sorted.sector = sector[bio] + sectors[bio];
    return sorted.at();
  }

  override merged(request: number, how: Merge): void {
    if (how !== Merge.front) return;
    const direction = this.host.requests.direction(request);
    this.#unfile(request, direction);
    this.#file(request, direction);
  }

  mergedRequests(request: number, next: number): void {
    const { expiryNs } = this.host.requests;
    const direction = this.host.requests.direction(request);
    const fifo = this.#fifo[direction];
    // The joined request is as urgent as the more urgent of the two, and takes its place.
    if (expiryNs[next] < expiryNs[request]) {
      fifo.remove(request);
      fifo.insertAfter(next, request);
      expiryNs[request] = expiryNs[next];
    }
    this.#remove(next, direction);
  }

  former(request: number): number {
    return this.sorted[this.host.requests.direction(request)].previous(request);
  }

  latter(request: number): number {
    return this.sorted[this.host.requests.direction(request)].after(request);
  }

  dispatch(): boolean {
    let request = this.nextInBatch();
    if (request < 0 || this.#batching >= this.#tunables.fifo_batch) {
      if (this.isEmpty) return false;
      const direction = this.#chooseDirection();
      const oldest = this.#fifo[direction].first;
      const isLate = this.host.events.nowNs > this.host.requests.expiryNs[oldest];
      const next = this.nextOf(direction);
      request = isLate || next < 0 ? oldest : next;
      this.#batching = 0;
    }
    this.#batching++;
    this.#moveToDispatch(request);
    return true;
  }

  /** The request that the batch under way goes on with; -1 when there is none. */
  protected nextInBatch(): number {
    return this.#next[write] >= 0 ? this.#next[write] : this.#next[read];
  }

  /** Where a direction's sector order goes on; -1 when it does not. */
  protected nextOf(direction: Direction): number {
    return this.#next[direction];
  }

  /** A request is about to go out. */
  protected leaves(request: number, direction: Direction): void {
    this.#next[read] = -1;
    this.#next[write] = -1;
    this.#next[direction] = this.sorted[direction].after(request);
  }

  /** The next batch's direction, when there is anything to do. */
  #chooseDirection(): Direction {
    if (this.#fifo[read].length > 0) {
      const hasWrites = this.#fifo[write].length > 0;
      if (!hasWrites || this.#starved++ < this.#tunables.writes_starved) return read;
    }
    this.#starved = 0;
    return write;
  }

  #moveToDispatch(request: number): void {
    const direction = this.host.requests.direction(request);
    this.leaves(request, direction);
    this.#fifo[direction].remove(request);
    this.sorted[direction].remove(request);
    this.host.dispatchTail(request);
  }

  /** Files a request by sector. In 2.6.34 one that already starts there goes out to make room. */
  #file(request: number, direction: Direction): void {
    const sorted = this.sorted[direction];
    const { sector } = this.host.requests;
    if (this.host.hasTaskPlugs) {
      sorted.insert(request);
      return;
    }
    for (;;) {
      sorted.sector = sector[request];
      const same = sorted.at();
      if (same < 0) break;
      this.#moveToDispatch(same);
    }
    sorted.insert(request);
  }

  #unfile(request: number, direction: Direction): void {
    const sorted = this.sorted[direction];
    if (this.#next[direction] === request) this.#next[direction] = sorted.after(request);
    sorted.remove(request);
  }

  #remove(request: number, direction: Direction): void {
    this.#fifo[direction].remove(request);
    this.#unfile(request, direction);
  }
}

export const deadline: ElevatorKind<DeadlineTunables> = {
  name: 'deadline',
  defaults: deadlineDefaults,
  create: (host, tunables) => new Deadline(host, tunables),
};

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
import { DeadlineLists } from './deadline-lists.ts';
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

/** What deadline and mq-deadline have in common. */
export abstract class DeadlineBase extends ElevatorBase {
  /** One for each priority class that is told apart. */
  protected readonly classes: readonly DeadlineLists[];
  readonly #tunables: DeadlineTunables;
  readonly #expireNs: readonly [number, number];
  /** Requests given out in this batch. */
  #batching = 0;
  /** How often waiting writes have been passed over. */
  #starved = 0;

  constructor(host: ElevatorHost, tunables: DeadlineTunables, classes: number) {
    super(host);
    this.#tunables = tunables;
    this.#expireNs = [tunables.read_expire * MS, tunables.write_expire * MS];
    this.classes = Array.from({ length: classes }, () => new DeadlineLists(host.requests));
  }

  /** Where requests of an IO priority go. */
  protected abstract classOf(priority: number): DeadlineLists;
  /** The request that the batch under way goes on with; -1 when there is none. */
  protected abstract nextInBatch(lists: DeadlineLists): number;
  /** Where a direction's sector order goes on; -1 when it does not. */
  protected abstract nextOf(lists: DeadlineLists, direction: Direction): number;
  /** A batch of this direction begins. */
  protected beginBatch(_direction: Direction): void {}
  /** A request is about to go out. */
  protected abstract leaves(lists: DeadlineLists, request: number, direction: Direction): void;
  /** A request leaves the order of sectors for another reason. */
  protected unsorted(_lists: DeadlineLists, _request: number, _direction: Direction): void {}

  protected listsOf(request: number): DeadlineLists {
    return this.classOf(this.host.requests.priority[request]);
  }

  /** How long a request of a direction may wait, ns. */
  protected get expireNs(): readonly [number, number] {
    return this.#expireNs;
  }

  add(request: number): void {
    const { requests } = this.host;
    const direction = requests.direction(request);
    const lists = this.listsOf(request);
    lists.inBeing++;
    this.fileBySector(lists, request, direction);
    requests.expiryNs[request] = this.host.events.nowNs + this.#expireNs[direction];
    lists.fifo[direction].append(request);
  }

  protected fileBySector(lists: DeadlineLists, request: number, direction: Direction): void {
    lists.sorted[direction].insert(request);
  }

  /** Chooses the next request of a class; -1 when there is none. */
  protected choose(lists: DeadlineLists): number {
    const request = this.nextInBatch(lists);
    if (request >= 0 && this.#batching < this.#tunables.fifo_batch) return request;
    if (lists.isEmpty) return -1;
    const direction = this.#chooseDirection(lists);
    const oldest = lists.fifo[direction].first;
    const isLate = this.host.events.nowNs > this.host.requests.expiryNs[oldest];
    const next = this.nextOf(lists, direction);
    this.beginBatch(direction);
    this.#batching = 0;
    return isLate || next < 0 ? oldest : next;
  }

  /** The next batch's direction, when there is anything to do. */
  #chooseDirection({ fifo }: DeadlineLists): Direction {
    if (fifo[read].length > 0) {
      const hasWrites = fifo[write].length > 0;
      if (!hasWrites || this.#starved++ < this.#tunables.writes_starved) return read;
    }
    this.#starved = 0;
    return write;
  }

  /** Gives out a request that `choose` chose. */
  protected giveOut(lists: DeadlineLists, request: number): void {
    this.#batching++;
    this.moveToDispatch(lists, request);
  }

  protected moveToDispatch(lists: DeadlineLists, request: number): void {
    const direction = this.host.requests.direction(request);
    this.leaves(lists, request, direction);
    lists.fifo[direction].remove(request);
    lists.sorted[direction].remove(request);
    this.host.dispatchTail(request);
  }

  override completed(request: number): void {
    this.listsOf(request).inBeing--;
  }

  // Merging.

  override findFrontMerge(bio: number): number {
    if (this.#tunables.front_merges === 0) return -1;
    const { op, sector, sectors, priority } = this.host.bios;
    const sorted = this.classOf(priority[bio]).sorted[directionOf(op[bio])];
    sorted.sector = sector[bio] + sectors[bio];
    return sorted.at();
  }

  override merged(request: number, how: Merge): void {
    if (how !== Merge.front) return;
    const direction = this.host.requests.direction(request);
    const lists = this.listsOf(request);
    this.unsorted(lists, request, direction);
    lists.sorted[direction].remove(request);
    this.fileBySector(lists, request, direction);
  }

  mergedRequests(request: number, next: number): void {
    const { expiryNs } = this.host.requests;
    const direction = this.host.requests.direction(request);
    const lists = this.listsOf(next);
    const fifo = lists.fifo[direction];
    // The joined request is as urgent as the more urgent of the two, and takes its place.
    if (expiryNs[next] < expiryNs[request] && this.listsOf(request) === lists) {
      fifo.remove(request);
      fifo.insertAfter(next, request);
      expiryNs[request] = expiryNs[next];
    }
    fifo.remove(next);
    this.unsorted(lists, next, direction);
    lists.sorted[direction].remove(next);
    lists.inBeing--;
  }

  former(request: number): number {
    return this.listsOf(request).sorted[this.host.requests.direction(request)].previous(request);
  }

  latter(request: number): number {
    return this.listsOf(request).sorted[this.host.requests.direction(request)].after(request);
  }
}

class Deadline extends DeadlineBase {
  readonly #lists: DeadlineLists;
  /** Where each direction's sector order goes on; -1 when it does not. At most one is set. */
  readonly #next = new Int32Array(2).fill(-1);

  constructor(host: ElevatorHost, tunables: DeadlineTunables) {
    super(host, tunables, 1);
    [this.#lists] = this.classes;
  }

  get isEmpty(): boolean {
    return this.#lists.isEmpty;
  }

  dispatch(): boolean {
    const request = this.choose(this.#lists);
    if (request < 0) return false;
    this.giveOut(this.#lists, request);
    return true;
  }

  protected override classOf(): DeadlineLists {
    return this.#lists;
  }

  protected override nextInBatch(): number {
    return this.#next[write] >= 0 ? this.#next[write] : this.#next[read];
  }

  protected override nextOf(_lists: DeadlineLists, direction: Direction): number {
    return this.#next[direction];
  }

  protected override leaves(lists: DeadlineLists, request: number, direction: Direction): void {
    this.#next[read] = -1;
    this.#next[write] = -1;
    this.#next[direction] = lists.sorted[direction].after(request);
  }

  protected override unsorted(lists: DeadlineLists, request: number, direction: Direction): void {
    if (this.#next[direction] !== request) return;
    this.#next[direction] = lists.sorted[direction].after(request);
  }

  /** Files a request by sector. In 2.6.34 one that already starts there goes out to make room. */
  protected override fileBySector(
    lists: DeadlineLists,
    request: number,
    direction: Direction,
  ): void {
    const sorted = lists.sorted[direction];
    while (!this.host.hasTaskPlugs) {
      sorted.sector = this.host.requests.sector[request];
      const same = sorted.at();
      if (same < 0) break;
      this.moveToDispatch(lists, same);
    }
    sorted.insert(request);
  }
}

export const deadline: ElevatorKind<DeadlineTunables> = {
  name: 'deadline',
  defaults: deadlineDefaults,
  create: (host, tunables) => new Deadline(host, tunables),
};

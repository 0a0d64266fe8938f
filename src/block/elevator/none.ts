/**
 * none: blk-mq without an elevator. Each processor has a software queue, first in, first out; the
 * software queues take turns, a request each (blk_mq_do_dispatch_ctx, block/blk-mq-sched.c). A bio
 * may merge with one of the last eight requests of its processor's queue (blk_bio_list_merge).
 *
 * Since a request has the drive's own tag from the beginning, it hardly ever waits in here.
 */

import { RequestList } from '../request-list.ts';
import { ElevatorBase, type ElevatorHost, type ElevatorKind } from './elevator.ts';

class None extends ElevatorBase {
  override readonly joinsOnInsert = false;
  readonly #software: readonly RequestList[];
  #length = 0;
  /** Whose turn it is. */
  #turn = 0;

  constructor(host: ElevatorHost) {
    super(host);
    const { cpus, requests } = host;
    this.#software = Array.from({ length: cpus }, () => new RequestList(requests));
  }

  get isEmpty(): boolean {
    return this.#length === 0;
  }

  add(request: number): void {
    this.#listOf(request).append(request);
    this.#length++;
  }

  dispatch(): boolean {
    if (this.#length === 0) return false;
    const { cpus } = this.host;
    while (this.#software[this.#turn].length === 0) this.#turn = (this.#turn + 1) % cpus;
    const list = this.#software[this.#turn];
    const request = list.first;
    list.remove(request);
    this.#length--;
    this.#turn = (this.#turn + 1) % cpus;
    this.host.dispatchTail(request);
    return true;
  }

  /** Only requests of the bio's own processor are looked at. */
  override allowsMerge(request: number, bio: number): boolean {
    const { bios, requests, cpus } = this.host;
    return requests.task[request] % cpus === bios.task[bio] % cpus;
  }

  mergedRequests(_request: number, next: number): void {
    this.#listOf(next).remove(next);
    this.#length--;
  }

  /** Requests are never joined to each other here. */
  former(): number {
    return -1;
  }

  latter(): number {
    return -1;
  }

  #listOf(request: number): RequestList {
    return this.#software[this.host.requests.task[request] % this.host.cpus];
  }
}

export const none: ElevatorKind = {
  name: 'none',
  defaults: {},
  create: (host) => new None(host),
};

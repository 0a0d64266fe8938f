/**
 * noop: first in, first out (block/noop-iosched.c). Bios still merge behind a request, and a
 * request with the one queued next to it. On the way out requests are sorted into the dispatch
 * list; as that list is emptied before the elevator is asked again, it shows only when a barrier
 * drains the queue.
 */

import { RequestList } from '../request-list.ts';
import { ElevatorBase, type ElevatorHost, type ElevatorKind } from './elevator.ts';

class Noop extends ElevatorBase {
  readonly #fifo: RequestList;

  constructor(host: ElevatorHost) {
    super(host);
    this.#fifo = new RequestList(host.requests);
  }

  get isEmpty(): boolean {
    return this.#fifo.length === 0;
  }

  add(request: number): void {
    this.#fifo.append(request);
  }

  dispatch(): boolean {
    const request = this.#fifo.first;
    if (request < 0) return false;
    this.#fifo.remove(request);
    this.host.dispatchSorted(request);
    return true;
  }

  mergedRequests(_request: number, next: number): void {
    this.#fifo.remove(next);
  }

  former(request: number): number {
    return this.host.requests.listPrevious[request];
  }

  latter(request: number): number {
    return this.host.requests.listNext[request];
  }
}

export const noop: ElevatorKind = {
  name: 'noop',
  defaults: {},
  create: (host) => new Noop(host),
};

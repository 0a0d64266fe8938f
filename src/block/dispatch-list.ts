/**
 * The dispatch list: requests that have left the elevator, in the order in which the driver takes
 * them (the queue_head of struct request_queue; elv_dispatch_sort, elv_dispatch_add_tail).
 *
 * It seldom holds more than the one request that waits for a free tag; when a barrier empties the
 * elevator it holds all of them.
 */

import { Op } from '../device/device.ts';
import { RequestFlag, type RequestTable } from './request.ts';
import { RequestList } from './request-list.ts';

const NOT_SORTED_PAST = RequestFlag.barrier | RequestFlag.started;

export class DispatchList {
  readonly list: RequestList;

  readonly #requests: RequestTable;
  /** Where the arm will be: the end of the last request sorted past. */
  #endSector = 0;
  /** While this request is in the list, `#endSector` is its end; else it follows what is taken. */
  #boundary = -1;

  constructor(requests: RequestTable) {
    this.#requests = requests;
    this.list = new RequestList(requests);
  }

  /** Appends a request; later ones will be sorted as seen from its end. */
  addTail(request: number): void {
    this.#endSector = this.#requests.end(request);
    this.#boundary = request;
    this.list.append(request);
  }

  /** Puts a request before all others, behind one that the driver has already chosen. */
  addHead(request: number): void {
    const { first } = this.list;
    const isChosen = first >= 0 && this.#requests.has(first, RequestFlag.started);
    this.list.insertAfter(isChosen ? first : -1, request);
  }

  /** Sorts a request in, one way: upwards from the arm's position, then from the lowest sector. */
  addSorted(request: number): void {
    const requests = this.#requests;
    const sector = requests.sector[request];
    const direction = requests.direction(request);
    const isDiscard = requests.op[request] === Op.discard;
    const boundary = this.#endSector;
    let before = this.list.last;
    for (; before >= 0; before = requests.listPrevious[before]) {
      if ((requests.op[before] === Op.discard) !== isDiscard) break;
      if (requests.direction(before) !== direction || requests.has(before, NOT_SORTED_PAST)) break;
      const beforeSector = requests.sector[before];
      if (sector >= boundary) {
        if (beforeSector < boundary) continue;
      } else if (beforeSector >= boundary) break;
      if (sector >= beforeSector) break;
    }
    this.list.insertAfter(before, request);
  }

  /** The request is being taken: from here on it counts as where the arm is. */
  taken(request: number): void {
    if (this.#boundary >= 0 && this.#boundary !== request) return;
    this.#endSector = this.#requests.end(request);
    this.#boundary = -1;
  }
}

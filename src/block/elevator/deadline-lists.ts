/** Requests as deadline keeps them: for each direction by sector and by age (struct dd_per_prio). */

import { Direction, type RequestTable } from '../request.ts';
import { RequestList } from '../request-list.ts';
import { SortedRequests } from '../sorted-requests.ts';

export class DeadlineLists {
  readonly sorted: readonly [SortedRequests, SortedRequests];
  readonly fifo: readonly [RequestList, RequestList];
  /** Requests that came in and are not complete, those with the drive among them. */
  inBeing = 0;
  /** mq-deadline: where each direction's last request began, a sector. */
  readonly position = new Float64Array(2);

  constructor(requests: RequestTable) {
    this.sorted = [new SortedRequests(requests), new SortedRequests(requests)];
    this.fifo = [new RequestList(requests), new RequestList(requests)];
  }

  get isEmpty(): boolean {
    return this.fifo[Direction.read].length + this.fifo[Direction.write].length === 0;
  }
}

/**
 * A doubly linked list of requests, its links in the request table (`listNext`, `listPrevious`).
 * A request is in one list at a time: an elevator's own, or the dispatch list.
 */

import type { RequestTable } from './request.ts';

export class RequestList {
  /** First and last request; -1 when the list is empty. */
  first = -1;
  last = -1;
  length = 0;

  readonly #requests: RequestTable;

  constructor(requests: RequestTable) {
    this.#requests = requests;
  }

  append(request: number): void {
    this.insertAfter(this.last, request);
  }

  /** Puts `request` behind `before`, or first when `before` is -1. */
  insertAfter(before: number, request: number): void {
    const { listNext, listPrevious } = this.#requests;
    const after = before < 0 ? this.first : listNext[before];
    listPrevious[request] = before;
    listNext[request] = after;
    if (before < 0) this.first = request;
    else listNext[before] = request;
    if (after < 0) this.last = request;
    else listPrevious[after] = request;
    this.length++;
  }

  remove(request: number): void {
    const { listNext, listPrevious } = this.#requests;
    const before = listPrevious[request];
    const after = listNext[request];
    if (before < 0) this.first = after;
    else listNext[before] = after;
    if (after < 0) this.last = before;
    else listPrevious[after] = before;
    listNext[request] = -1;
    listPrevious[request] = -1;
    this.length--;
  }
}

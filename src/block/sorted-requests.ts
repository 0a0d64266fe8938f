/**
 * Requests in order of their first sector: what the kernel keeps in a red-black tree.
 *
 * Here it is a sorted array, searched by halving. With the few hundred requests that a queue holds,
 * moving the tail of an array up by one is cheaper than walking and balancing a tree.
 *
 * A request is filed under the sector that it had when it was inserted (`sortKey`), so it is found
 * again after a front merge has moved its start.
 */

import type { RequestTable } from './request.ts';

export class SortedRequests {
  length = 0;
  /** Operand of `at`, `atOrAfter` and `before` (docs/HOT-PATH.md). */
  sector = NaN;

  readonly #requests: RequestTable;
  #keys = new Float64Array(128);
  #handles = new Int32Array(128);

  constructor(requests: RequestTable) {
    this.#requests = requests;
  }

  /** The first request of those starting at the register `sector`; -1 when there is none. */
  at(): number {
    const index = this.#lowerBound();
    return index < this.length && this.#keys[index] === this.sector ? this.#handles[index] : -1;
  }

  /** The first request starting at the register `sector` or beyond; -1 when there is none. */
  atOrAfter(): number {
    const index = this.#lowerBound();
    return index < this.length ? this.#handles[index] : -1;
  }

  /** The last request starting before the register `sector`; -1 when there is none. */
  before(): number {
    const index = this.#lowerBound();
    return index > 0 ? this.#handles[index - 1] : -1;
  }

  /** The request with the lowest sector; -1 when there is none. */
  get first(): number {
    return this.length > 0 ? this.#handles[0] : -1;
  }

  /** Files a request, behind those that start at the same sector. */
  insert(request: number): void {
    if (this.length === this.#keys.length) this.#grow();
    const keys = this.#keys;
    const handles = this.#handles;
    const key = this.#requests.sector[request];
    this.#requests.sortKey[request] = key;
    this.sector = key;
    const end = this.length;
    let index = end;
    if (end > 0 && keys[end - 1] > key) {
      index = this.#lowerBound();
      while (keys[index] === key) index++;
      keys.copyWithin(index + 1, index, end);
      handles.copyWithin(index + 1, index, end);
    }
    this.length = end + 1;
    keys[index] = key;
    handles[index] = request;
  }

  remove(request: number): void {
    const index = this.#indexOf(request);
    const end = this.length--;
    if (index === end - 1) return;
    this.#keys.copyWithin(index, index + 1, end);
    this.#handles.copyWithin(index, index + 1, end);
  }

  /** The next request in order; -1 after the last. */
  after(request: number): number {
    const index = this.#indexOf(request) + 1;
    return index < this.length ? this.#handles[index] : -1;
  }

  /** The request before this one in order; -1 before the first. */
  previous(request: number): number {
    const index = this.#indexOf(request) - 1;
    return index >= 0 ? this.#handles[index] : -1;
  }

  #indexOf(request: number): number {
    const handles = this.#handles;
    this.sector = this.#requests.sortKey[request];
    let index = this.#lowerBound();
    while (handles[index] !== request) index++;
    return index;
  }

  #lowerBound(): number {
    const keys = this.#keys;
    const key = this.sector;
    let low = 0;
    let high = this.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (keys[middle] < key) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  #grow(): void {
    const keys = new Float64Array(this.#keys.length * 2);
    const handles = new Int32Array(keys.length);
    keys.set(this.#keys);
    handles.set(this.#handles);
    this.#keys = keys;
    this.#handles = handles;
  }
}

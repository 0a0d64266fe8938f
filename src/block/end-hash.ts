/**
 * Requests by the sector behind their last: where a bio looks for a request to be appended to
 * (elv_rqhash_*, block/elevator.c). Chained buckets; the newest of equal ends is found first.
 */

import type { RequestTable } from './request.ts';

export class EndSectorHash {
  /** Operand of `find`. */
  sector = NaN;

  readonly #requests: RequestTable;
  readonly #buckets: Int32Array;
  readonly #shift: number;

  /** @param bits the number of buckets is 2^bits; the kernel has 64 */
  constructor(requests: RequestTable, bits = 6) {
    this.#requests = requests;
    this.#buckets = new Int32Array(1 << bits).fill(-1);
    this.#shift = 32 - bits;
  }

  add(request: number): void {
    const { hashNext, hashPrevious, hashBucket } = this.#requests;
    this.sector = this.#requests.sector[request] + this.#requests.sectors[request];
    const bucket = this.#bucket();
    const first = this.#buckets[bucket];
    hashBucket[request] = bucket;
    hashPrevious[request] = -1;
    hashNext[request] = first;
    if (first >= 0) hashPrevious[first] = request;
    this.#buckets[bucket] = request;
  }

  /** Takes a request out; without effect when it is not in. */
  remove(request: number): void {
    const { hashNext, hashPrevious, hashBucket } = this.#requests;
    const bucket = hashBucket[request];
    if (bucket < 0) return;
    const before = hashPrevious[request];
    const after = hashNext[request];
    if (before < 0) this.#buckets[bucket] = after;
    else hashNext[before] = after;
    if (after >= 0) hashPrevious[after] = before;
    hashBucket[request] = -1;
  }

  /** Files a request anew after its end has moved. */
  reposition(request: number): void {
    this.remove(request);
    this.add(request);
  }

  /** The request that ends at the register `sector` and may still grow; -1 when there is none. */
  find(): number {
    const requests = this.#requests;
    let request = this.#buckets[this.#bucket()];
    while (request >= 0) {
      const next = requests.hashNext[request];
      // As the kernel does, drop what can grow no more on the way.
      if (!requests.isMergeable(request)) this.remove(request);
      else if (requests.sector[request] + requests.sectors[request] === this.sector) return request;
      request = next;
    }
    return -1;
  }

  #bucket(): number {
    // Sectors in pages, then Knuth's multiplicative hash; `| 0` keeps the low 32 bits of the page.
    return Math.imul((this.sector / 8) | 0, 0x9e3779b1) >>> this.#shift;
  }
}

/**
 * Bios as rows of a table: one column a property, a row named by its handle. Rows come from a free
 * list and go back to it, so that a bio costs no allocation. `next` chains the free rows, the bios
 * of a request, and the bios whose submitters sleep: a bio is in one of these at a time.
 */

import { PAGE_SECTORS } from '../sim/units.ts';

export class BioTable {
  sector: Float64Array;
  /** Length, sectors. */
  sectors: Uint32Array;
  op: Uint8Array;
  /** `BioFlag` bits. */
  flags: Uint16Array;
  task: Uint16Array;
  /** The task's IO priority when it was submitted (io-priority.ts). */
  priority: Uint8Array;
  /** The submitter's own integer; of a part of a split bio, the row of the whole. */
  cookie: Int32Array;
  /** 1 for a part of a bio that was split. */
  isPart: Uint8Array;
  /** When `submitBio` was called, ns. */
  submitNs: Float64Array;
  /** What it was given to make a request with (blk-mq): a tag, which goes on to the request. */
  tag: Int32Array;
  /** How it ends, for a bio that ends without a request. */
  status: Uint8Array;
  /** The next row of whatever chain this one is in; -1 at its end. */
  next: Int32Array;

  #free = -1;

  /** @param capacity rows to begin with; grows by doubling */
  constructor(capacity = 256) {
    this.sector = new Float64Array(capacity);
    this.sectors = new Uint32Array(capacity);
    this.op = new Uint8Array(capacity);
    this.flags = new Uint16Array(capacity);
    this.task = new Uint16Array(capacity);
    this.priority = new Uint8Array(capacity);
    this.cookie = new Int32Array(capacity);
    this.isPart = new Uint8Array(capacity);
    this.submitNs = new Float64Array(capacity);
    this.tag = new Int32Array(capacity);
    this.status = new Uint8Array(capacity);
    this.next = new Int32Array(capacity);
    this.#chainFree(0);
  }

  /** Takes a free row; its columns hold whatever they held. */
  take(): number {
    if (this.#free < 0) this.#grow();
    const bio = this.#free;
    this.#free = this.next[bio];
    this.next[bio] = -1;
    return bio;
  }

  give(bio: number): void {
    this.next[bio] = this.#free;
    this.#free = bio;
  }

  #chainFree(from: number): void {
    const capacity = this.next.length;
    for (let row = from; row < capacity - 1; row++) this.next[row] = row + 1;
    this.next[capacity - 1] = -1;
    this.#free = from;
  }

  #grow(): void {
    const old = this.next.length;
    const grown = new BioTable(old * 2);
    grown.sector.set(this.sector);
    grown.sectors.set(this.sectors);
    grown.op.set(this.op);
    grown.flags.set(this.flags);
    grown.task.set(this.task);
    grown.priority.set(this.priority);
    grown.cookie.set(this.cookie);
    grown.isPart.set(this.isPart);
    grown.submitNs.set(this.submitNs);
    grown.tag.set(this.tag);
    grown.status.set(this.status);
    grown.next.set(this.next);
    this.sector = grown.sector;
    this.sectors = grown.sectors;
    this.op = grown.op;
    this.flags = grown.flags;
    this.task = grown.task;
    this.priority = grown.priority;
    this.cookie = grown.cookie;
    this.isPart = grown.isPart;
    this.submitNs = grown.submitNs;
    this.tag = grown.tag;
    this.status = grown.status;
    this.next = grown.next;
    this.#chainFree(old);
  }
}

/**
 * Memory segments of a data transfer of this length, each page one: page-cache pages are scattered,
 * so two of them hardly ever lie side by side in memory.
 */
export function segmentsOf(sectors: number): number {
  return Math.ceil(sectors / PAGE_SECTORS);
}

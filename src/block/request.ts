/**
 * Requests as rows of a table: what the drive is asked for, made of one bio or of several merged
 * ones. As with bios, rows are taken from a free list and nothing is allocated per request.
 *
 * Columns of the queue's parts (merge hash, first-in-first-out list, sorted view) stand here too,
 * as the kernel keeps them in struct request; each part writes only its own.
 */

/** Request flags, or-ed together (the kernel's REQ_*). */
export const RequestFlag = {
  /** Someone waits: the request belongs to the sync pool. Reads always have it. */
  sync: 1,
  meta: 2,
  /** Nothing more may merge into it: asked for, or a limit was met once. */
  noMerge: 4,
  /** Given to the driver, or chosen to be next. */
  started: 8,
  /** Requests may not be sorted past it: a barrier or one of its kind. */
  barrier: 16,
  /** It went through the elevator. */
  sorted: 32,
  fua: 64,
  preflush: 128,
  reclaim: 256,
  /** The flush machinery has it. */
  flushSequence: 512,
} as const;

const { noMerge, started, barrier } = RequestFlag;
/** With any of these a request takes in nothing. */
const UNMERGEABLE = noMerge | started | barrier;

/** Reads and writes: elevators sort by this. Whatever is not a read counts as a write. */
export const Direction = { read: 0, write: 1 } as const;
export type Direction = (typeof Direction)[keyof typeof Direction];

/** The direction of a device `Op`. */
export function directionOf(op: number): Direction {
  return op === 0 ? Direction.read : Direction.write;
}

export class RequestTable {
  sector!: Float64Array;
  /** Length, sectors. */
  sectors!: Uint32Array;
  /** Memory segments, against the drive's limit. */
  segments!: Uint32Array;
  /** A device `Op`. */
  op!: Uint8Array;
  /** `RequestFlag` bits. */
  flags!: Uint16Array;
  /** The task of the first bio. */
  task!: Uint16Array;
  /** The IO priority of the first bio. */
  priority!: Uint8Array;
  firstBio!: Int32Array;
  lastBio!: Int32Array;
  /** When it was allocated, or the earliest such time of those merged into it, ns. */
  startNs!: Float64Array;
  /** When it was given to the drive, ns. */
  issueNs!: Float64Array;

  /** EndSectorHash: the chain and the bucket; -1 when it is not in the hash. */
  hashNext!: Int32Array;
  hashPrevious!: Int32Array;
  hashBucket!: Int32Array;
  /** RequestList: neighbours in the one list that it is in; -1 at the ends. */
  listNext!: Int32Array;
  listPrevious!: Int32Array;
  /** SortedRequests: the sector that it is filed under. */
  sortKey!: Float64Array;
  /** The elevator's: when it should have been served, ns. */
  expiryNs!: Float64Array;

  /** The elevator's: the queue of its own that the request is in. */
  owner!: Int32Array;
  /** The elevator's: whatever else it keeps with a request. */
  note!: Float64Array;
  /** FlushMachinery: the steps still to do. */
  steps!: Uint8Array;
  /** The tag that it holds from allocation on (blk-mq, see request-tags.ts). */
  tag!: Int32Array;
  /** The hardware queue it goes through. */
  hardware!: Uint16Array;

  #free = -1;

  /** @param capacity rows to begin with; grows by doubling */
  constructor(capacity = 256) {
    this.#allocate(capacity);
    this.#chainFree(0);
  }

  get capacity(): number {
    return this.listNext.length;
  }

  /** Takes a free row; its columns hold whatever they held, but it is in no list and no hash. */
  take(): number {
    if (this.#free < 0) this.#grow();
    const request = this.#free;
    this.#free = this.listNext[request];
    this.listNext[request] = -1;
    this.listPrevious[request] = -1;
    this.hashBucket[request] = -1;
    return request;
  }

  give(request: number): void {
    this.listNext[request] = this.#free;
    this.#free = request;
  }

  /** First sector after the request. */
  end(request: number): number {
    return this.sector[request] + this.sectors[request];
  }

  direction(request: number): Direction {
    return directionOf(this.op[request]);
  }

  has(request: number, flag: number): boolean {
    return (this.flags[request] & flag) !== 0;
  }

  /** Whether it may take in anything at all (rq_mergeable). */
  isMergeable(request: number): boolean {
    return (this.flags[request] & UNMERGEABLE) === 0;
  }

  #allocate(capacity: number): void {
    this.sector = new Float64Array(capacity);
    this.sectors = new Uint32Array(capacity);
    this.segments = new Uint32Array(capacity);
    this.op = new Uint8Array(capacity);
    this.flags = new Uint16Array(capacity);
    this.task = new Uint16Array(capacity);
    this.priority = new Uint8Array(capacity);
    this.firstBio = new Int32Array(capacity);
    this.lastBio = new Int32Array(capacity);
    this.startNs = new Float64Array(capacity);
    this.issueNs = new Float64Array(capacity);
    this.hashNext = new Int32Array(capacity);
    this.hashPrevious = new Int32Array(capacity);
    this.hashBucket = new Int32Array(capacity);
    this.listNext = new Int32Array(capacity);
    this.listPrevious = new Int32Array(capacity);
    this.sortKey = new Float64Array(capacity);
    this.expiryNs = new Float64Array(capacity);
    this.owner = new Int32Array(capacity);
    this.note = new Float64Array(capacity);
    this.steps = new Uint8Array(capacity);
    this.tag = new Int32Array(capacity);
    this.hardware = new Uint16Array(capacity);
  }

  #chainFree(from: number): void {
    const capacity = this.capacity;
    for (let row = from; row < capacity - 1; row++) this.listNext[row] = row + 1;
    this.listNext[capacity - 1] = -1;
    this.#free = from;
  }

  #grow(): void {
    const rows = this.capacity;
    const columns = Object.entries(this) as [keyof this, ArrayLike<number>][];
    this.#allocate(rows * 2);
    for (const [name, column] of columns) (this[name] as Float64Array).set(column);
    this.#chainFree(rows);
  }
}

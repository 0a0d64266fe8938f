/**
 * The part of the map that is in memory: segments of consecutive entries, of which the least recently
 * used one makes room for the next.
 *
 * Flat arrays, since one look-up or two are made for each unit that is read or written: a hash of
 * segments, a list in order of use, and a list of dirty segments for each translation page, so that a
 * page that is written takes all that is new in it along.
 */

import { NO_BYTES, NO_INTS } from '../../sim/columns.ts';

const NONE = -1;

export class MapCache {
  readonly capacity: number;
  readonly #segmentsPerPage: number;
  #count = 0;
  /** By slot: the segment, neighbours in order of use, and the next slot of its hash. */
  readonly #segment: Int32Array = NO_INTS;
  readonly #newer: Int32Array = NO_INTS;
  readonly #older: Int32Array = NO_INTS;
  readonly #chain: Int32Array = NO_INTS;
  readonly #buckets: Int32Array = NO_INTS;
  #newest = NONE;
  #oldest = NONE;
  /** By slot: the next dirty one of its page; by page: the first (+ 1, 0 for none). */
  readonly #isDirty: Uint8Array = NO_BYTES;
  readonly #nextDirty: Int32Array = NO_INTS;
  readonly #firstDirty: Int32Array = NO_INTS;

  /**
   * @param capacity segments it holds
   * @param pages translation pages there are
   * @param segmentsPerPage segments in each
   */
  constructor(capacity: number, pages: number, segmentsPerPage: number) {
    this.capacity = capacity;
    this.#segmentsPerPage = segmentsPerPage;
    this.#segment = new Int32Array(capacity);
    this.#newer = new Int32Array(capacity);
    this.#older = new Int32Array(capacity);
    this.#chain = new Int32Array(capacity);
    this.#buckets = new Int32Array(2 ** Math.ceil(Math.log2(capacity * 2)));
    this.#isDirty = new Uint8Array(capacity);
    this.#nextDirty = new Int32Array(capacity);
    this.#firstDirty = new Int32Array(pages);
  }

  /** The slot that holds a segment; -1 for none. */
  find(segment: number): number {
    let at = this.#buckets[this.#bucketOf(segment)];
    while (at !== 0) {
      if (this.#segment[at - 1] === segment) return at - 1;
      at = this.#chain[at - 1];
    }
    return NONE;
  }

  /** The slot's segment is the one used last. */
  use(slot: number): void {
    if (slot === this.#newest) return;
    this.#unlink(slot);
    this.#link(slot);
  }

  /** Puts in a segment that is not in; only while there is room. Returns its slot. */
  insert(segment: number): number {
    const slot = this.#count++;
    this.#segment[slot] = segment;
    this.#hash(slot);
    this.#link(slot);
    return slot;
  }

  get isFull(): boolean {
    return this.#count === this.capacity;
  }

  /** The translation page that has to be written before the segment used least recently can go; -1 for none. */
  get pageBeforeEviction(): number {
    return this.#isDirty[this.#oldest] === 1 ? this.#pageOf(this.#oldest) : NONE;
  }

  /** Puts a segment in the place of the one used least recently. Returns its slot. */
  replaceOldest(segment: number): number {
    const slot = this.#oldest;
    this.#unhash(slot);
    this.#segment[slot] = segment;
    this.#hash(slot);
    this.use(slot);
    return slot;
  }

  markDirty(slot: number): void {
    if (this.#isDirty[slot] === 1) return;
    const page = this.#pageOf(slot);
    const next = this.#firstDirty[page];
    this.#isDirty[slot] = 1;
    this.#nextDirty[slot] = next;
    this.#firstDirty[page] = slot + 1;
  }

  /** A translation page is being written: nothing in the cache is newer than it. */
  clean(page: number): void {
    for (let at = this.#firstDirty[page]; at !== 0; at = this.#nextDirty[at - 1]) {
      this.#isDirty[at - 1] = 0;
    }
    this.#firstDirty[page] = 0;
  }

  #pageOf(slot: number): number {
    return (this.#segment[slot] / this.#segmentsPerPage) | 0;
  }

  #bucketOf(segment: number): number {
    return (Math.imul(segment, 0x9e3779b1) >>> 8) & (this.#buckets.length - 1);
  }

  #hash(slot: number): void {
    const bucket = this.#bucketOf(this.#segment[slot]);
    this.#chain[slot] = this.#buckets[bucket];
    this.#buckets[bucket] = slot + 1;
  }

  #unhash(slot: number): void {
    const bucket = this.#bucketOf(this.#segment[slot]);
    let at = this.#buckets[bucket];
    if (at === slot + 1) {
      this.#buckets[bucket] = this.#chain[slot];
      return;
    }
    while (this.#chain[at - 1] !== slot + 1) at = this.#chain[at - 1];
    this.#chain[at - 1] = this.#chain[slot];
  }

  #link(slot: number): void {
    this.#older[slot] = this.#newest;
    this.#newer[slot] = NONE;
    if (this.#newest === NONE) this.#oldest = slot;
    else this.#newer[this.#newest] = slot;
    this.#newest = slot;
  }

  #unlink(slot: number): void {
    const newer = this.#newer[slot];
    const older = this.#older[slot];
    if (newer === NONE) this.#newest = older;
    else this.#older[newer] = older;
    if (older === NONE) this.#oldest = newer;
    else this.#newer[older] = newer;
  }

  save() {
    return {
      segment: this.#segment.slice(),
      newer: this.#newer.slice(),
      older: this.#older.slice(),
      chain: this.#chain.slice(),
      buckets: this.#buckets.slice(),
      isDirty: this.#isDirty.slice(),
      nextDirty: this.#nextDirty.slice(),
      firstDirty: this.#firstDirty.slice(),
      scalars: [this.#count, this.#newest, this.#oldest],
    };
  }

  load(saved: ReturnType<MapCache['save']>): void {
    this.#segment.set(saved.segment);
    this.#newer.set(saved.newer);
    this.#older.set(saved.older);
    this.#chain.set(saved.chain);
    this.#buckets.set(saved.buckets);
    this.#isDirty.set(saved.isDirty);
    this.#nextDirty.set(saved.nextDirty);
    this.#firstDirty.set(saved.firstDirty);
    [this.#count, this.#newest, this.#oldest] = saved.scalars;
  }
}

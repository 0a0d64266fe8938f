/**
 * A file's pages in the cache: index -> frame, and which of them are dirty.
 *
 * Chunks of 1024 pages, made when first touched, each with its dirty tags as bits, so that "the
 * next dirty page from here on" (the walk of write_cache_pages) skips clean stretches 32 at a time
 * and clean chunks at once. What the kernel's tagged radix tree does.
 */

import type { DirtyOrder } from './dirty-order.ts';

const CHUNK_BITS = 10;
const CHUNK = 1 << CHUNK_BITS;
const MASK = CHUNK - 1;

interface Chunk {
  readonly frames: Int32Array;
  readonly dirty: Uint32Array;
  dirtyCount: number;
  /** Tagged for the sync that goes on (PAGECACHE_TAG_TOWRITE); made when first needed. */
  toWrite: Uint32Array | undefined;
}

/** What stands for a page that is out in a slot of swap: less than -1. */
const SWAPPED = -2;

export class Mapping {
  pageCount = 0;
  /** Pages that are out in swap. */
  swappedCount = 0;
  dirtyCount = 0;
  /** In which order its pages became dirty, where a way goes by it. */
  order: DirtyOrder | undefined;
  readonly #chunks: (Chunk | undefined)[] = [];

  /** The frame holding page `index`; less than 0 when none does. */
  frameAt(index: number): number {
    const chunk = this.#chunks[index >> CHUNK_BITS];
    return chunk === undefined ? -1 : chunk.frames[index & MASK];
  }

  insert(index: number, frame: number): void {
    const at = index >> CHUNK_BITS;
    let chunk = this.#chunks[at];
    if (chunk === undefined) {
      while (this.#chunks.length < at) this.#chunks.push(undefined);
      chunk = {
        frames: new Int32Array(CHUNK).fill(-1),
        dirty: new Uint32Array(CHUNK >> 5),
        dirtyCount: 0,
        toWrite: undefined,
      };
      this.#chunks[at] = chunk;
    }
    if (chunk.frames[index & MASK] <= SWAPPED) this.swappedCount--;
    chunk.frames[index & MASK] = frame;
    this.pageCount++;
  }

  /** The slot of swap that page `index` is out in, or -1. */
  slotAt(index: number): number {
    const frame = this.frameAt(index);
    return frame <= SWAPPED ? SWAPPED - frame : -1;
  }

  /** A page that is there goes out to a slot of swap. */
  setSwapped(index: number, slot: number): void {
    (this.#chunks[index >> CHUNK_BITS] as Chunk).frames[index & MASK] = SWAPPED - slot;
    this.pageCount--;
    this.swappedCount++;
  }

  /** A page that is out in swap is given up. */
  forgetSwapped(index: number): void {
    (this.#chunks[index >> CHUNK_BITS] as Chunk).frames[index & MASK] = -1;
    this.swappedCount--;
  }

  /** Index after the last page that was ever there. */
  get endIndex(): number {
    return this.#chunks.length << CHUNK_BITS;
  }

  /** Takes a page that is there, and not tagged dirty, out. */
  remove(index: number): void {
    (this.#chunks[index >> CHUNK_BITS] as Chunk).frames[index & MASK] = -1;
    this.pageCount--;
  }

  isDirty(index: number): boolean {
    const chunk = this.#chunks[index >> CHUNK_BITS];
    return chunk !== undefined && (chunk.dirty[(index & MASK) >> 5] & (1 << (index & 31))) !== 0;
  }

  /** Tags a page that is there and not tagged. */
  tagDirty(index: number): void {
    const chunk = this.#chunks[index >> CHUNK_BITS] as Chunk;
    chunk.dirty[(index & MASK) >> 5] |= 1 << (index & 31);
    chunk.dirtyCount++;
    this.dirtyCount++;
    this.order?.add(index);
  }

  /** Takes the tags off a page that is tagged dirty. */
  untagDirty(index: number): void {
    const chunk = this.#chunks[index >> CHUNK_BITS] as Chunk;
    const off = ~(1 << (index & 31));
    chunk.dirty[(index & MASK) >> 5] &= off;
    if (chunk.toWrite !== undefined) chunk.toWrite[(index & MASK) >> 5] &= off;
    chunk.dirtyCount--;
    this.dirtyCount--;
    this.order?.remove(index);
  }

  /** tag_pages_for_writeback: tags what is dirty from `start` to `end`, both included. */
  tagToWrite(start: number, end: number): void {
    for (let index = this.nextDirty(start); index >= 0 && index <= end;) {
      const chunk = this.#chunks[index >> CHUNK_BITS] as Chunk;
      const toWrite = (chunk.toWrite ??= new Uint32Array(CHUNK >> 5));
      toWrite[(index & MASK) >> 5] |= 1 << (index & 31);
      index = this.nextDirty(index + 1);
    }
  }

  /** The first page tagged by `tagToWrite` at `from` or above, or -1. */
  nextToWrite(from: number): number {
    // A page loses the tag with its dirtiness, so every tagged page is dirty.
    for (let index = this.nextDirty(from); index >= 0; index = this.nextDirty(index + 1)) {
      const toWrite = this.#chunks[index >> CHUNK_BITS]?.toWrite;
      if (toWrite !== undefined && (toWrite[(index & MASK) >> 5] & (1 << (index & 31))) !== 0) {
        return index;
      }
    }
    return -1;
  }

  /** The first dirty page at `from` or above, or -1. */
  nextDirty(from: number): number {
    let at = from >> CHUNK_BITS;
    let word = (from & MASK) >> 5;
    let mask = -1 << (from & 31);
    for (; at < this.#chunks.length; at++) {
      const chunk = this.#chunks[at];
      if (chunk !== undefined && chunk.dirtyCount > 0) {
        for (; word < CHUNK >> 5; word++) {
          const bits = chunk.dirty[word] & mask;
          if (bits !== 0) {
            return (at << CHUNK_BITS) + (word << 5) + (31 - Math.clz32(bits & -bits));
          }
          mask = -1;
        }
      }
      word = 0;
      mask = -1;
    }
    return -1;
  }

  /** The first cached page at `from` or above, or -1. */
  nextCached(from: number): number {
    for (let at = from >> CHUNK_BITS; at < this.#chunks.length; at++) {
      const frames = this.#chunks[at]?.frames;
      if (frames === undefined) continue;
      for (let i = at === from >> CHUNK_BITS ? from & MASK : 0; i < CHUNK; i++) {
        if (frames[i] >= 0) return (at << CHUNK_BITS) + i;
      }
    }
    return -1;
  }
}

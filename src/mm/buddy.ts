/**
 * Free page frames, kept in naturally aligned blocks of 2^order (the buddy system of
 * mm/page_alloc.c): what makes a high-order allocation hard when memory is full of single pages.
 */

import { Page, type PageList, type PageTable } from './page-table.ts';

/** Largest block: 2^(MAX_ORDER-1) = 1024 pages = 4 MiB, as in the kernel. */
export const MAX_ORDER = 11;

export class Buddy {
  /** Free page frames in all blocks. */
  freePages = 0;
  readonly #table: PageTable;
  readonly #lists: PageList[];
  /** Order of the free block that a frame (less the first) begins, plus one; 0 for any other. */
  readonly #blockOrder: Uint8Array;
  readonly #first: number;
  readonly #end: number;

  /** Takes `MAX_ORDER` list heads of the table. Frames `first`..`end-1` become free. */
  constructor(table: PageTable, first: number, end: number) {
    this.#table = table;
    this.#first = first;
    this.#end = end;
    this.#lists = Array.from({ length: MAX_ORDER }, () => table.newList());
    this.#blockOrder = new Uint8Array(end - first);
    // Highest blocks first, so that the lowest frames are handed out first.
    for (let frame = end; frame > first;) {
      let order = MAX_ORDER - 1;
      while (order > 0 && (frame % (1 << order) !== 0 || frame - (1 << order) < first)) order--;
      frame -= 1 << order;
      this.#put(frame, order);
      this.freePages += 1 << order;
      for (let i = 0; i < 1 << order; i++) table.set(frame + i, Page.free);
    }
  }

  /** Takes a block of 2^order frames; returns its first frame, or -1. */
  take(order: number): number {
    let from = order;
    while (from < MAX_ORDER && this.#lists[from].size === 0) from++;
    if (from === MAX_ORDER) return -1;
    const frame = this.#lists[from].head();
    this.#drop(frame, from);
    while (from > order) {
      from--;
      this.#put(frame + (1 << from), from);
    }
    const pages = 1 << order;
    this.freePages -= pages;
    for (let i = 0; i < pages; i++) this.#table.clear(frame + i, Page.free);
    return frame;
  }

  /** Gives one frame back, joining it with its free buddies. */
  give(frame: number): void {
    this.#table.set(frame, Page.free);
    this.freePages++;
    let order = 0;
    let block = frame;
    while (order < MAX_ORDER - 1) {
      const buddy = block ^ (1 << order);
      if (buddy < this.#first || buddy >= this.#end) break;
      if (this.#blockOrder[buddy - this.#first] !== order + 1) break;
      this.#drop(buddy, order);
      block &= ~(1 << order);
      order++;
    }
    this.#put(block, order);
  }

  /** Number of free blocks of exactly this order. */
  blocksOf(order: number): number {
    return this.#lists[order].size;
  }

  #put(block: number, order: number): void {
    this.#blockOrder[block - this.#first] = order + 1;
    this.#lists[order].addHead(block);
  }

  #drop(block: number, order: number): void {
    this.#blockOrder[block - this.#first] = 0;
    this.#lists[order].remove(block);
  }
}

/**
 * Where a file's pages lie: extents of pages at consecutive blocks of 4 KiB, in ascending order of
 * pages. Pages may be mapped in any order (delayed allocation maps them when they are written), and
 * mapped anew (copy on write); neighbours that continue each other on the disk are one extent.
 */

import { PAGE_SECTORS } from '../sim/units.ts';

export class Layout {
  /** First page of each extent, ascending; its first block; its pages. Rows of 12 bytes. */
  #firstPages = new Uint32Array(4);
  #blocks = new Uint32Array(4);
  #lengths = new Uint32Array(4);
  #count = 0;
  #lastFound = 0;
  /** Pages that have a block. */
  mappedPages = 0;

  get extents(): number {
    return this.#count;
  }

  /** The page after the last mapped one. */
  get endPage(): number {
    const last = this.#count - 1;
    return last < 0 ? 0 : this.#firstPages[last] + this.#lengths[last];
  }

  /** The block after the last mapped page's, or -1 for an empty file: where growth would go on. */
  get endBlock(): number {
    const last = this.#count - 1;
    return last < 0 ? -1 : this.#blocks[last] + this.#lengths[last];
  }

  /** The block of page `index`, or -1 when it has no place on the disk. */
  blockOf(index: number): number {
    const at = this.#at(index);
    if (at < 0) return -1;
    const into = index - this.#firstPages[at];
    return into < this.#lengths[at] ? this.#blocks[at] + into : -1;
  }

  /** The sector at which page `index` starts, or -1 when it has no place on the disk. */
  sectorOf(index: number): number {
    const block = this.blockOf(index);
    return block < 0 ? -1 : block * PAGE_SECTORS;
  }

  isMapped(index: number): boolean {
    return this.blockOf(index) >= 0;
  }

  /** How many pages from `index` on (at most `limit`) have no place: the hole's length there. */
  holeFrom(index: number, limit: number): number {
    const at = this.#at(index);
    if (at >= 0 && index - this.#firstPages[at] < this.#lengths[at]) return 0;
    return at + 1 < this.#count ? Math.min(limit, this.#firstPages[at + 1] - index) : limit;
  }

  /** The block after that of the nearest mapped page before `index`, or -1: the goal for it. */
  goalFor(index: number): number {
    const at = this.#at(index);
    if (at < 0) return -1;
    return this.#blocks[at] + Math.min(this.#lengths[at], index - this.#firstPages[at]);
  }

  /** Maps `pages` pages from `index` on, none of them mapped yet, to `block` and following. */
  map(index: number, block: number, pages: number): void {
    const before = this.#at(index);
    const after = before + 1;
    if (
      (before >= 0 && index < this.#firstPages[before] + this.#lengths[before]) ||
      (after < this.#count && index + pages > this.#firstPages[after])
    ) {
      throw new RangeError(`a page of ${index}..${index + pages - 1} is mapped already`);
    }
    this.mappedPages += pages;
    const joinsBefore =
      before >= 0 &&
      this.#firstPages[before] + this.#lengths[before] === index &&
      this.#blocks[before] + this.#lengths[before] === block;
    const joinsAfter =
      after < this.#count &&
      index + pages === this.#firstPages[after] &&
      block + pages === this.#blocks[after];
    if (joinsBefore && joinsAfter) {
      this.#lengths[before] += pages + this.#lengths[after];
      this.#remove(after);
    } else if (joinsBefore) {
      this.#lengths[before] += pages;
    } else if (joinsAfter) {
      this.#firstPages[after] = index;
      this.#blocks[after] = block;
      this.#lengths[after] += pages;
    } else {
      this.#insert(after, index, block, pages);
    }
  }

  /** Unmaps `pages` pages from `index` on, handing each run that was mapped to `free`. */
  unmap(index: number, pages: number, free: (block: number, pages: number) => void): void {
    const end = index + pages;
    let at = Math.max(0, this.#at(index));
    this.#lastFound = 0;
    while (at < this.#count) {
      const first = this.#firstPages[at];
      const length = this.#lengths[at];
      const block = this.#blocks[at];
      if (first >= end) break;
      const from = Math.max(first, index);
      const to = Math.min(first + length, end);
      if (from >= to) {
        at++;
        continue;
      }
      this.mappedPages -= to - from;
      free(block + from - first, to - from);
      this.#lengths[at] = from - first;
      if (to < first + length) this.#insert(at + 1, to, block + to - first, first + length - to);
      if (from === first) this.#remove(at);
      else at++;
    }
  }

  /** Unmaps everything from page `index` on, handing each freed run to `free`. */
  cut(index: number, free: (block: number, pages: number) => void): void {
    const end = this.endPage;
    if (index < end) this.unmap(index, end - index, free);
  }

  /** The last extent that begins at `index` or before, or -1. */
  #at(index: number): number {
    const firsts = this.#firstPages;
    const count = this.#count;
    const found = this.#lastFound;
    if (found < count && firsts[found] <= index) {
      if (found + 1 === count || firsts[found + 1] > index) return found;
      if (found + 2 === count || firsts[found + 2] > index) return (this.#lastFound = found + 1);
    }
    let low = 0;
    let high = count;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (firsts[middle] <= index) low = middle + 1;
      else high = middle;
    }
    if (low > 0) this.#lastFound = low - 1;
    return low - 1;
  }

  #insert(at: number, index: number, block: number, pages: number): void {
    if (this.#count === this.#firstPages.length) this.#grow();
    for (const column of [this.#firstPages, this.#blocks, this.#lengths]) {
      column.copyWithin(at + 1, at, this.#count);
    }
    this.#firstPages[at] = index;
    this.#blocks[at] = block;
    this.#lengths[at] = pages;
    this.#count++;
  }

  #remove(at: number): void {
    for (const column of [this.#firstPages, this.#blocks, this.#lengths]) {
      column.copyWithin(at, at + 1, this.#count);
    }
    this.#count--;
    this.#lastFound = 0;
  }

  #grow(): void {
    const larger = (from: Uint32Array) => {
      const to = new Uint32Array(from.length * 2);
      to.set(from);
      return to;
    };
    this.#firstPages = larger(this.#firstPages);
    this.#blocks = larger(this.#blocks);
    this.#lengths = larger(this.#lengths);
  }
}

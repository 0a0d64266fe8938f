/** Where a file's pages lie: extents of pages at consecutive sectors. */

import { PAGE_SECTORS } from '../sim/units.ts';

export class Layout {
  /** First page of each extent, ascending. */
  #firstPages = new Float64Array(4);
  /** First sector of each extent. */
  #sectors = new Float64Array(4);
  /** Pages in each extent. */
  #lengths = new Float64Array(4);
  #count = 0;
  #lastFound = 0;

  get extents(): number {
    return this.#count;
  }

  /** The page after the last mapped one. */
  get endPage(): number {
    const last = this.#count - 1;
    return last < 0 ? 0 : this.#firstPages[last] + this.#lengths[last];
  }

  /** The sector after the last mapped page, or -1 for an empty file: where growth would go on. */
  get endSector(): number {
    const last = this.#count - 1;
    return last < 0 ? -1 : this.#sectors[last] + this.#lengths[last] * PAGE_SECTORS;
  }

  /** The sector at which page `index` starts, or -1 when it has no place on the disk. */
  sectorOf(index: number): number {
    const at = this.#find(index);
    return at < 0 ? -1 : this.#sectors[at] + (index - this.#firstPages[at]) * PAGE_SECTORS;
  }

  /** Maps `pages` pages from `index` on to `sector`; only after the last mapped page. */
  append(index: number, sector: number, pages: number): void {
    const last = this.#count - 1;
    if (last >= 0 && index === this.endPage && sector === this.endSector) {
      this.#lengths[last] += pages;
      return;
    }
    if (index < this.endPage) throw new RangeError(`page ${index} is mapped already`);
    if (this.#count === this.#firstPages.length) this.#grow();
    this.#firstPages[this.#count] = index;
    this.#sectors[this.#count] = sector;
    this.#lengths[this.#count] = pages;
    this.#count++;
  }

  /** Unmaps everything from page `index` on, handing each freed run to `free`. */
  cut(index: number, free: (sector: number, pages: number) => void): void {
    while (this.#count > 0) {
      const last = this.#count - 1;
      const first = this.#firstPages[last];
      const keep = Math.max(0, Math.min(this.#lengths[last], index - first));
      const dropped = this.#lengths[last] - keep;
      if (dropped === 0) break;
      free(this.#sectors[last] + keep * PAGE_SECTORS, dropped);
      this.#lengths[last] = keep;
      if (keep > 0) break;
      this.#count--;
    }
    this.#lastFound = 0;
  }

  #find(index: number): number {
    const at = this.#lastFound;
    if (at < this.#count && this.#holds(at, index)) return at;
    let low = 0;
    let high = this.#count - 1;
    while (low <= high) {
      const middle = (low + high) >> 1;
      if (this.#holds(middle, index)) return (this.#lastFound = middle);
      if (this.#firstPages[middle] > index) high = middle - 1;
      else low = middle + 1;
    }
    return -1;
  }

  #holds(at: number, index: number): boolean {
    const first = this.#firstPages[at];
    return index >= first && index < first + this.#lengths[at];
  }

  #grow(): void {
    const larger = (from: Float64Array) => {
      const to = new Float64Array(from.length * 2);
      to.set(from);
      return to;
    };
    this.#firstPages = larger(this.#firstPages);
    this.#sectors = larger(this.#sectors);
    this.#lengths = larger(this.#lengths);
  }
}

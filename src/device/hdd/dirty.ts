/**
 * The write-back cache: which sectors are acknowledged but not yet on the medium.
 *
 * Dirty sectors are ranges sorted by address, in typed arrays; they never overlap. A rewrite of
 * dirty sectors replaces them; adjacent ranges become one where the firmware combines writes. Rows of
 * sectors are handed over in fields (docs/HOT-PATH.md).
 */

/** So many ranges are sooner moved one by one than by three calls of `copyWithin`. */
const FEW = 40;

export class DirtyRanges {
  /** The row of sectors that a call is about, and the sector behind it. */
  lbn = NaN;
  endLbn = NaN;
  /** For `add`: when the row was written, ns. */
  nowNs = NaN;
  /** Result of `findOldest`: ns; Infinity when nothing is dirty. */
  oldestNs = Infinity;

  /** Dirty sectors in all. */
  sectors = 0;
  count = 0;
  readonly starts: Float64Array;
  readonly ends: Float64Array;
  /** When the oldest sector of the range was written, ns. */
  readonly bornNs: Float64Array;
  readonly #combine: boolean;

  /** @param capacity ranges kept track of; two more may exist for a moment */
  constructor(capacity: number, combine: boolean) {
    this.starts = new Float64Array(capacity + 2);
    this.ends = new Float64Array(capacity + 2);
    this.bornNs = new Float64Array(capacity + 2);
    this.#combine = combine;
  }

  /** Index of the first range that ends behind `lbn`, or up to `reach` sectors before it. */
  index(reach: number): number {
    const lbn = this.lbn - reach;
    let low = 0;
    let high = this.count;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.ends[middle] > lbn) high = middle;
      else low = middle + 1;
    }
    return low;
  }

  /** Whether every sector of the row is dirty and in one range. */
  holds(): boolean {
    const i = this.index(0);
    return i < this.count && this.starts[i] <= this.lbn && this.endLbn <= this.ends[i];
  }

  add(): void {
    const { endLbn } = this;
    let start = this.lbn;
    let end = endLbn;
    let born = this.nowNs;
    // Ranges that overlap or, when combining, touch.
    const reach = this.#combine ? 1 : 0;
    const first = this.index(reach);
    let last = first;
    while (last < this.count && this.starts[last] < endLbn + reach) {
      start = Math.min(start, this.starts[last]);
      end = Math.max(end, this.ends[last]);
      born = Math.min(born, this.bornNs[last]);
      this.sectors -= this.ends[last] - this.starts[last];
      last++;
    }
    this.#move(last, first + 1);
    this.starts[first] = start;
    this.ends[first] = end;
    this.bornNs[first] = born;
    this.sectors += end - start;
  }

  /** Takes sectors out: they are on the medium, or overwritten there. */
  remove(): void {
    const { lbn, endLbn } = this;
    const i = this.index(0);
    let from = i;
    if (i < this.count && this.starts[i] < lbn) {
      const end = this.ends[i];
      this.sectors -= Math.min(end, endLbn) - lbn;
      this.ends[i] = lbn;
      if (end > endLbn) {
        this.#move(i + 1, i + 2);
        this.starts[i + 1] = endLbn;
        this.ends[i + 1] = end;
        this.bornNs[i + 1] = this.bornNs[i];
        return;
      }
      from = i + 1;
    }
    let to = from;
    while (to < this.count && this.ends[to] <= endLbn) {
      this.sectors -= this.ends[to] - this.starts[to];
      to++;
    }
    if (to < this.count && this.starts[to] < endLbn) {
      this.sectors -= endLbn - this.starts[to];
      this.starts[to] = endLbn;
    }
    this.#move(to, from);
  }

  /** Finds the birth of the oldest range. */
  findOldest(): void {
    let oldest = Infinity;
    for (let i = 0; i < this.count; i++) if (this.bornNs[i] < oldest) oldest = this.bornNs[i];
    this.oldestNs = oldest;
  }

  /** Moves the ranges from index `from` on to index `to`. */
  #move(from: number, to: number): void {
    const { count } = this;
    const by = to - from;
    if (by === 0) return;
    if (count - from > FEW) {
      this.starts.copyWithin(to, from, count);
      this.ends.copyWithin(to, from, count);
      this.bornNs.copyWithin(to, from, count);
    } else if (by < 0) {
      for (let i = from; i < count; i++) this.#copy(i, i + by);
    } else {
      for (let i = count - 1; i >= from; i--) this.#copy(i, i + by);
    }
    this.count = count + by;
  }

  #copy(from: number, to: number): void {
    this.starts[to] = this.starts[from];
    this.ends[to] = this.ends[from];
    this.bornNs[to] = this.bornNs[from];
  }

  save(): number[][] {
    const kept = (table: Float64Array): number[] => [...table.subarray(0, this.count)];
    return [kept(this.starts), kept(this.ends), kept(this.bornNs)];
  }

  load(saved: number[][]): void {
    this.count = saved[0].length;
    this.starts.set(saved[0]);
    this.ends.set(saved[1]);
    this.bornNs.set(saved[2]);
    this.sectors = 0;
    for (let i = 0; i < this.count; i++) this.sectors += this.ends[i] - this.starts[i];
  }
}

/**
 * The write-back cache: which sectors are acknowledged but not yet on the medium.
 *
 * Dirty sectors are ranges sorted by address, in typed arrays; they never overlap. A rewrite of
 * dirty sectors replaces them; adjacent ranges become one where the firmware combines writes. Rows of
 * sectors are handed over in fields (docs/HOT-PATH.md).
 *
 * There are about twice as many places as ranges. A range that goes leaves its place empty, and one that
 * comes moves only those between its place and the nearest empty one, as in a library sort (Bender,
 * Farach-Colton & Mosteiro, 2006): mostly none.
 */

export class DirtyRanges {
  /** The row of sectors that a call is about, and the sector behind it. */
  lbn = NaN;
  endLbn = NaN;
  /** For `add`: when the row was written, ns. */
  nowNs = NaN;
  /** Result of `findOldest`: ns; Infinity when nothing is dirty. */
  oldestNs = Infinity;

  /** Dirty sectors in all, and ranges. */
  sectors = 0;
  count = 0;
  /** Ranges kept track of at most; two more may exist for a moment. */
  readonly capacity: number = 0;
  /** Places in use, empty ones among them. An empty one has no sectors; both columns ascend. */
  size = 0;
  readonly starts: Float64Array;
  readonly ends: Float64Array;
  /** When the oldest sector of the range was written, ns; Infinity at an empty place. */
  readonly #bornNs: Float64Array;
  readonly #reach: number = 0;

  /** @param combine whether ranges that touch become one */
  constructor(capacity: number, combine: boolean) {
    const places = 2 * (capacity + 2);
    this.capacity = capacity;
    this.starts = new Float64Array(places);
    this.ends = new Float64Array(places);
    this.#bornNs = new Float64Array(places);
    this.#reach = combine ? 1 : 0;
  }

  /** The place of the first range that ends behind `lbn`; `size` when none does. */
  find(): number {
    return this.next(this.#place(0));
  }

  /** The first place from there on that is not empty; `size` when all are. */
  next(place: number): number {
    let at = place;
    while (at < this.size && this.#bornNs[at] === Infinity) at++;
    return at;
  }

  /** Whether every sector of the row is dirty and in one range. */
  holds(): boolean {
    const i = this.find();
    return i < this.size && this.starts[i] <= this.lbn && this.endLbn <= this.ends[i];
  }

  add(): void {
    const { endLbn, starts, ends } = this;
    const bornNs = this.#bornNs;
    const reach = this.#reach;
    let start = this.lbn;
    let end = endLbn;
    let born = this.nowNs;
    const first = this.#place(reach);
    let last = first;
    // Ranges that overlap or, when combining, touch; and what is empty between them.
    for (; last < this.size && starts[last] < endLbn + reach; last++) {
      if (bornNs[last] === Infinity) continue;
      start = Math.min(start, starts[last]);
      end = Math.max(end, ends[last]);
      born = Math.min(born, bornNs[last]);
      this.sectors -= ends[last] - starts[last];
      this.count--;
    }
    for (let i = first + 1; i < last; i++) {
      starts[i] = end;
      ends[i] = end;
      bornNs[i] = Infinity;
    }
    const at = first < last ? first : this.#makeRoom(first);
    starts[at] = start;
    ends[at] = end;
    bornNs[at] = born;
    this.sectors += end - start;
    this.count++;
  }

  /** Takes sectors out: they are on the medium, or overwritten there. */
  remove(): void {
    if (this.count > 0) this.removeFrom(this.#place(0));
  }

  /** The same, none of the row being at an earlier place. */
  removeFrom(place: number): void {
    const { lbn, endLbn, starts, ends } = this;
    for (let i = place; i < this.size && starts[i] < endLbn; i++) {
      const start = starts[i];
      const end = ends[i];
      if (start === end) continue;
      this.sectors -= Math.min(end, endLbn) - Math.max(start, lbn);
      if (start < lbn) {
        if (end > endLbn) this.#split(i);
        else ends[i] = lbn;
      } else if (end > endLbn) starts[i] = endLbn;
      else {
        ends[i] = start;
        this.#bornNs[i] = Infinity;
        this.count--;
      }
    }
    if (this.count === 0) this.size = 0;
  }

  /** Finds the birth of the oldest range. */
  findOldest(): void {
    const bornNs = this.#bornNs;
    let oldest = Infinity;
    for (let i = 0; i < this.size; i++) if (bornNs[i] < oldest) oldest = bornNs[i];
    this.oldestNs = oldest;
  }

  /** The first place, empty or not, that ends behind `lbn`, or up to `reach` sectors before it. */
  #place(reach: number): number {
    const { ends } = this;
    const lbn = this.lbn - reach;
    let low = 0;
    let high = this.size;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (ends[middle] > lbn) high = middle;
      else low = middle + 1;
    }
    return low;
  }

  /** Cuts the row out of the middle of a range. */
  #split(place: number): void {
    const end = this.ends[place];
    const born = this.#bornNs[place];
    this.ends[place] = this.lbn;
    const at = this.#makeRoom(place + 1);
    this.starts[at] = this.endLbn;
    this.ends[at] = end;
    this.#bornNs[at] = born;
    this.count++;
  }

  /**
   * Makes room for a range in front of a place.
   * @returns where it goes
   * @throws RangeError when there are more ranges than anybody should add
   */
  #makeRoom(place: number): number {
    const bornNs = this.#bornNs;
    const { size } = this;
    const canGrow = size < bornNs.length;
    for (let above = place, below = place - 1; above <= size || below >= 0; above++, below--) {
      if (above < size ? bornNs[above] === Infinity : above === size && canGrow) {
        if (above === size) this.size++;
        for (let i = above; i > place; i--) this.#copy(i - 1, i);
        return place;
      }
      if (below >= 0 && bornNs[below] === Infinity) {
        for (let i = below; i < place - 1; i++) this.#copy(i + 1, i);
        return place - 1;
      }
    }
    throw new RangeError(`more than ${this.capacity} dirty ranges`);
  }

  #copy(from: number, to: number): void {
    this.starts[to] = this.starts[from];
    this.ends[to] = this.ends[from];
    this.#bornNs[to] = this.#bornNs[from];
  }

  /** The ranges' columns, without empty places. */
  save(): number[][] {
    const kept = (table: Float64Array): number[] =>
      [...table.subarray(0, this.size)].filter((_, i) => this.#bornNs[i] !== Infinity);
    return [kept(this.starts), kept(this.ends), kept(this.#bornNs)];
  }

  load([starts, ends, bornNs]: number[][]): void {
    this.size = starts.length;
    this.count = starts.length;
    this.starts.set(starts);
    this.ends.set(ends);
    this.#bornNs.set(bornNs);
    this.sectors = 0;
    for (let i = 0; i < this.size; i++) this.sectors += this.ends[i] - this.starts[i];
  }
}

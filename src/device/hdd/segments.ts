/**
 * The read cache: the drive's buffer in segments, each holding one row of consecutive sectors.
 *
 * At most hundreds of segments, in typed arrays, instead of `lru-cache`, whose look-up by key finds no
 * sector in the middle of a row. A request looks its first sector up more than once on its way: the
 * last answer is remembered until a row changes. Sectors are handed over in fields (docs/HOT-PATH.md).
 */

import { RegionMap } from './region-map.ts';

const NONE = -1;

export class Segments {
  readonly count: number = 0;
  readonly starts: Float64Array;
  /** Exclusive; equal to the start in an empty segment. */
  readonly ends: Float64Array;
  /** The sector, or first sector of a row, that a call is about, and the one behind the row. */
  lbn = NaN;
  endLbn = NaN;
  /** Neighbours in the order of use, towards the segment used longest ago and the one used last. */
  readonly #older: Int32Array;
  readonly #newer: Int32Array;
  #oldest = 0;
  #newest: number = 0;
  /** What was last looked up, and found. */
  #lookedUp = NONE;
  #found = NONE;
  /** Where rows are, or were: marks of at most as many rows as there are segments are out of date. */
  readonly #regions: RegionMap;
  #outdated = 0;
  /** Sectors in all segments, and how many there may be. */
  #total: number = NaN;
  readonly #most: number = Infinity;

  /**
   * @param capacity sectors of a segment, about
   * @param isShared whether one may take up the room of others, rows used longest ago first
   */
  constructor(count: number, capacity: number, isShared: boolean) {
    this.count = count;
    this.#total = 0;
    if (isShared) this.#most = count * capacity;
    this.#regions = new RegionMap(capacity);
    this.starts = new Float64Array(count);
    this.ends = new Float64Array(count);
    this.#older = Int32Array.from({ length: count }, (_, i) => i - 1);
    this.#newer = Int32Array.from({ length: count }, (_, i) => (i + 1 < count ? i + 1 : NONE));
    this.#newest = count - 1;
  }

  /** The segment that holds sector `lbn` or would hold it next (its end), or -1. */
  find(): number {
    const { lbn } = this;
    if (this.#lookedUp === lbn) return this.#found;
    this.#lookedUp = lbn;
    this.#regions.lbn = lbn;
    this.#regions.endLbn = lbn;
    this.#found = this.#mayHold() ? this.#search() : NONE;
    return this.#found;
  }

  #search(): number {
    const { starts, ends, count, lbn } = this;
    let joins = NONE;
    for (let i = 0; i < count; i++) {
      const length = ends[i] - starts[i];
      // start <= lbn <= end in one comparison, that the processor foresees as two it does not.
      if (Math.abs(2 * lbn - starts[i] - ends[i]) <= length && length > 0) {
        joins = i;
        if (lbn < ends[i]) break;
      }
    }
    return joins;
  }

  /** Notes that a segment is used now. */
  touch(segment: number): void {
    if (segment === this.#newest) return;
    this.#unlink(segment);
    this.#older[segment] = this.#newest;
    this.#newer[segment] = NONE;
    this.#newer[this.#newest] = segment;
    this.#newest = segment;
  }

  /** Empties the segment used longest ago, for a new row from `lbn` on. */
  take(): number {
    const oldest = this.#oldest;
    this.#total -= this.ends[oldest] - this.starts[oldest];
    this.starts[oldest] = this.lbn;
    this.ends[oldest] = this.lbn;
    this.#mark(oldest);
    this.#outdated++;
    if (this.#found === oldest) this.#lookedUp = NONE;
    this.touch(oldest);
    return oldest;
  }

  /** Lets a segment begin at `lbn`: what was read on the way to its row. */
  begin(segment: number): void {
    this.#total += this.starts[segment] - this.lbn;
    this.starts[segment] = this.lbn;
    this.#changed(segment);
  }

  /** Lets a segment end at `endLbn`, keeping its newest `capacity` sectors. */
  extend(segment: number, capacity: number): void {
    const { starts, ends, endLbn } = this;
    const before = ends[segment] - starts[segment];
    if (endLbn > ends[segment]) ends[segment] = endLbn;
    const least = ends[segment] - capacity;
    if (starts[segment] < least) starts[segment] = least;
    this.#total += ends[segment] - starts[segment] - before;
    if (this.#total > this.#most) this.#makeRoom(segment);
    this.#changed(segment);
  }

  /** Forgets sectors that are written to: what lies behind them in a segment goes as well. */
  drop(): void {
    const { starts, ends, count, lbn, endLbn } = this;
    this.#regions.lbn = lbn;
    this.#regions.endLbn = endLbn;
    if (!this.#mayHold()) return;
    for (let i = 0; i < count; i++) {
      // As in `find`: start < endLbn and lbn < end.
      const lengths = ends[i] - starts[i] + (endLbn - lbn);
      if (Math.abs(starts[i] + ends[i] - (lbn + endLbn)) < lengths) {
        this.#total -= ends[i] - starts[i];
        ends[i] = starts[i];
        if (this.#found === i) this.#lookedUp = NONE;
        this.#retire(i);
      }
    }
  }

  /** Cuts the fronts off others than a segment, of the one used longest ago first, until all fit in. */
  #makeRoom(segment: number): void {
    const { starts, ends } = this;
    for (let i = this.#oldest; i !== NONE && this.#total > this.#most; i = this.#newer[i]) {
      if (i === segment) continue;
      const cut = Math.min(ends[i] - starts[i], this.#total - this.#most);
      starts[i] += cut;
      this.#total -= cut;
      if (this.#found === i) this.#lookedUp = NONE;
    }
  }

  save(): number[][] {
    const order: number[] = [];
    for (let i = this.#oldest; i !== NONE; i = this.#newer[i]) order.push(i);
    return [[...this.starts], [...this.ends], order];
  }

  load([starts, ends, order]: number[][]): void {
    this.starts.set(starts);
    this.ends.set(ends);
    this.#total = ends.reduce((sum, end, i) => sum + end - starts[i], 0);
    this.#lookedUp = NONE;
    for (const segment of order) this.touch(segment);
    this.#markAnew();
  }

  /** Whether a segment could lie, or begin, in the row given to `#regions`; an empty one as well. */
  #mayHold(): boolean {
    const regions = this.#regions;
    if (!regions.isMarked()) return false;
    if (this.#outdated <= this.count) return true;
    const { lbn, endLbn } = regions;
    this.#markAnew();
    regions.lbn = lbn;
    regions.endLbn = endLbn;
    return regions.isMarked();
  }

  #markAnew(): void {
    this.#regions.clear();
    this.#outdated = 0;
    for (let i = 0; i < this.count; i++) this.#mark(i);
  }

  #mark(segment: number): void {
    this.#regions.lbn = this.starts[segment];
    this.#regions.endLbn = this.ends[segment];
    this.#regions.mark();
  }

  /** A segment's row is another one: is the last answer still right? */
  #changed(segment: number): void {
    this.#mark(segment);
    const lbn = this.#lookedUp;
    const holds = lbn >= this.starts[segment] && lbn <= this.ends[segment];
    if (holds || this.#found === segment) this.#lookedUp = NONE;
  }

  /** Makes an empty segment the first to be taken. */
  #retire(segment: number): void {
    if (segment === this.#oldest) return;
    this.#unlink(segment);
    this.#newer[segment] = this.#oldest;
    this.#older[segment] = NONE;
    this.#older[this.#oldest] = segment;
    this.#oldest = segment;
  }

  #unlink(segment: number): void {
    const older = this.#older[segment];
    const newer = this.#newer[segment];
    if (older === NONE) this.#oldest = newer;
    else this.#newer[older] = newer;
    if (newer === NONE) this.#newest = older;
    else this.#older[newer] = older;
  }
}

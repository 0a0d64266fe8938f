/**
 * The read cache: the drive's buffer in segments, each holding one row of consecutive sectors.
 *
 * At most hundreds of segments, in typed arrays, instead of `lru-cache`, whose look-up by key finds no
 * sector in the middle of a row. A request looks its first sector up more than once on its way: the
 * last answer is remembered until a row changes. Sectors are handed over in fields (docs/HOT-PATH.md).
 */

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

  constructor(count: number) {
    this.count = count;
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
    const { starts, ends, count } = this;
    let joins = NONE;
    for (let i = 0; i < count; i++) {
      const length = ends[i] - starts[i];
      // start <= lbn <= end in one comparison, that the processor foresees as two it does not.
      if (Math.abs(2 * lbn - starts[i] - ends[i]) <= length && length > 0) {
        joins = i;
        if (lbn < ends[i]) break;
      }
    }
    this.#lookedUp = lbn;
    this.#found = joins;
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
    this.starts[oldest] = this.lbn;
    this.ends[oldest] = this.lbn;
    if (this.#found === oldest) this.#lookedUp = NONE;
    this.touch(oldest);
    return oldest;
  }

  /** Lets a segment begin at `lbn`: what was read on the way to its row. */
  begin(segment: number): void {
    this.starts[segment] = this.lbn;
    this.#changed(segment);
  }

  /** Lets a segment end at `endLbn`, keeping its newest `capacity` sectors. */
  extend(segment: number, capacity: number): void {
    const { starts, ends, endLbn } = this;
    if (endLbn > ends[segment]) ends[segment] = endLbn;
    const least = ends[segment] - capacity;
    if (starts[segment] < least) starts[segment] = least;
    this.#changed(segment);
  }

  /** Forgets sectors that are written to: what lies behind them in a segment goes as well. */
  drop(): void {
    const { starts, ends, count, lbn, endLbn } = this;
    for (let i = 0; i < count; i++) {
      // As in `find`: start < endLbn and lbn < end.
      const lengths = ends[i] - starts[i] + (endLbn - lbn);
      if (Math.abs(starts[i] + ends[i] - (lbn + endLbn)) < lengths) {
        ends[i] = starts[i];
        if (this.#found === i) this.#lookedUp = NONE;
        this.#retire(i);
      }
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
    this.#lookedUp = NONE;
    for (const segment of order) this.touch(segment);
  }

  /** A segment's row is another one: is the last answer still right? */
  #changed(segment: number): void {
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

/**
 * The read cache: the drive's buffer in segments, each holding one row of consecutive sectors.
 *
 * At most hundreds of segments, searched from the one used last; typed arrays and a use counter
 * instead of `lru-cache`, whose look-up by key finds no sector in the middle of a row and costs
 * more than the rest of a request.
 */

export class Segments {
  readonly count: number;
  readonly starts: Float64Array;
  /** Exclusive; equal to the start in an empty segment. */
  readonly ends: Float64Array;
  readonly #used: Float64Array;
  #clock = 0;

  constructor(count: number) {
    this.count = count;
    this.starts = new Float64Array(count);
    this.ends = new Float64Array(count);
    this.#used = new Float64Array(count);
  }

  /** The segment that holds sector `lbn` or would hold it next (its end), or -1. */
  find(lbn: number): number {
    const { starts, ends, count } = this;
    let joins = -1;
    for (let i = 0; i < count; i++) {
      if (starts[i] <= lbn && lbn <= ends[i] && ends[i] > starts[i]) {
        if (lbn < ends[i]) return i;
        joins = i;
      }
    }
    return joins;
  }

  touch(segment: number): void {
    this.#used[segment] = ++this.#clock;
  }

  /** Empties the segment used longest ago, for a new row from `lbn` on. */
  take(lbn: number): number {
    const used = this.#used;
    let oldest = 0;
    for (let i = 1; i < this.count; i++) if (used[i] < used[oldest]) oldest = i;
    this.starts[oldest] = lbn;
    this.ends[oldest] = lbn;
    this.touch(oldest);
    return oldest;
  }

  /** Lets a segment end at `endLbn`, keeping its newest `capacity` sectors. */
  extend(segment: number, endLbn: number, capacity: number): void {
    if (endLbn > this.ends[segment]) this.ends[segment] = endLbn;
    const least = this.ends[segment] - capacity;
    if (this.starts[segment] < least) this.starts[segment] = least;
  }

  /** Forgets sectors that are written to: what lies behind them in a segment goes as well. */
  drop(lbn: number, endLbn: number): void {
    const { starts, ends, count } = this;
    for (let i = 0; i < count; i++) {
      if (starts[i] < endLbn && lbn < ends[i]) {
        ends[i] = starts[i];
        this.#used[i] = 0;
      }
    }
  }

  save(): number[][] {
    return [[...this.starts], [...this.ends], [...this.#used], [this.#clock]];
  }

  load(saved: number[][]): void {
    this.starts.set(saved[0]);
    this.ends.set(saved[1]);
    this.#used.set(saved[2]);
    this.#clock = saved[3][0];
  }
}

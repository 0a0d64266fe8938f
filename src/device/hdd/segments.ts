/**
 * The read cache: the drive's buffer in segments, each holding one row of consecutive sectors.
 *
 * At most hundreds of segments, in typed arrays, instead of `lru-cache`, whose look-up by key finds no
 * sector in the middle of a row. A request looks its first sector up more than once on its way: the
 * last answer is remembered until a row changes.
 */

const NONE = -1;

export class Segments {
  readonly count: number;
  /** Exclusive; equal to the start in an empty segment. */
  readonly ends: Float64Array;
  readonly #starts: Float64Array;
  /** Neighbours in the order of use, towards the segment used longest ago and the one used last. */
  readonly #older: Int32Array;
  readonly #newer: Int32Array;
  #oldest = 0;
  #newest: number;
  /** What was last looked up, and found. */
  readonly #lookedUp = new Float64Array(1).fill(NONE);
  #found = NONE;

  constructor(count: number) {
    this.count = count;
    this.#starts = new Float64Array(count);
    this.ends = new Float64Array(count);
    this.#older = Int32Array.from({ length: count }, (_, i) => i - 1);
    this.#newer = Int32Array.from({ length: count }, (_, i) => (i + 1 < count ? i + 1 : NONE));
    this.#newest = count - 1;
  }

  /** The segment that holds sector `lbn` or would hold it next (its end), or -1. */
  find(lbn: number): number {
    if (this.#lookedUp[0] === lbn) return this.#found;
    const { ends, count } = this;
    const starts = this.#starts;
    let joins = NONE;
    for (let i = 0; i < count; i++) {
      if (starts[i] <= lbn && lbn <= ends[i] && ends[i] > starts[i]) {
        joins = i;
        if (lbn < ends[i]) break;
      }
    }
    this.#lookedUp[0] = lbn;
    this.#found = joins;
    return joins;
  }

  startOf(segment: number): number {
    return this.#starts[segment];
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
  take(lbn: number): number {
    const oldest = this.#oldest;
    this.#starts[oldest] = lbn;
    this.ends[oldest] = lbn;
    if (this.#found === oldest) this.#lookedUp[0] = NONE;
    this.touch(oldest);
    return oldest;
  }

  /** Lets a segment begin at `lbn`: what was read on the way to its row. */
  begin(segment: number, lbn: number): void {
    this.#starts[segment] = lbn;
    this.#changed(segment);
  }

  /** Lets a segment end at `endLbn`, keeping its newest `capacity` sectors. */
  extend(segment: number, endLbn: number, capacity: number): void {
    const { ends } = this;
    const starts = this.#starts;
    if (endLbn > ends[segment]) ends[segment] = endLbn;
    const least = ends[segment] - capacity;
    if (starts[segment] < least) starts[segment] = least;
    this.#changed(segment);
  }

  /** Forgets sectors that are written to: what lies behind them in a segment goes as well. */
  drop(lbn: number, endLbn: number): void {
    const { ends, count } = this;
    const starts = this.#starts;
    for (let i = 0; i < count; i++) {
      if (starts[i] < endLbn && lbn < ends[i]) {
        ends[i] = starts[i];
        if (this.#found === i) this.#lookedUp[0] = NONE;
        this.#retire(i);
      }
    }
  }

  save(): number[][] {
    const order: number[] = [];
    for (let i = this.#oldest; i !== NONE; i = this.#newer[i]) order.push(i);
    return [[...this.#starts], [...this.ends], order];
  }

  load([starts, ends, order]: number[][]): void {
    this.#starts.set(starts);
    this.ends.set(ends);
    this.#lookedUp[0] = NONE;
    for (const segment of order) this.touch(segment);
  }

  /** A segment's row is another one: is the last answer still right? */
  #changed(segment: number): void {
    const lbn = this.#lookedUp[0];
    const holds = lbn >= this.#starts[segment] && lbn <= this.ends[segment];
    if (holds || this.#found === segment) this.#lookedUp[0] = NONE;
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

/**
 * A log-linear histogram: 64 linear steps to each power of two, so a percentile is off by less
 * than 1/64 of itself. Fixed size, nothing kept per value.
 */

const STEP_BITS = 6;
const STEPS = 1 << STEP_BITS;

/** How many values share a bucket, by the power of two they lie above, as a factor. */
const PER_STEP = Float64Array.from({ length: 54 }, (_, power) => 2 ** (STEP_BITS - power));

export class Histogram {
  count = 0;
  sum = 0;
  min = Infinity;
  max = 0;
  /** Values up to 2^53: 48 powers of two above the first 64 values. */
  readonly #buckets = new Float64Array(STEPS * 49);

  /** Records a value >= 0, `weight` times. */
  record(value: number, weight = 1): void {
    this.count += weight;
    this.sum += value * weight;
    if (value < this.min) this.min = value;
    if (value > this.max) this.max = value;
    this.#buckets[bucketOf(value)] += weight;
  }

  /** Mean of what was recorded; 0 when nothing was. */
  get mean(): number {
    return this.count === 0 ? 0 : this.sum / this.count;
  }

  /** The value that `share` (0..1) of the records do not exceed; 0 when there are none. */
  percentile(share: number): number {
    if (this.count === 0) return 0;
    const wanted = Math.max(1, Math.ceil(share * this.count));
    let seen = 0;
    for (let bucket = 0; bucket < this.#buckets.length; bucket++) {
      seen += this.#buckets[bucket];
      if (seen >= wanted) return Math.max(this.min, Math.min(this.max, middleOf(bucket)));
    }
    return this.max;
  }
}

function bucketOf(value: number): number {
  const whole = Math.floor(value);
  if (whole < STEPS) return whole;
  // The exponent of a double, without rounding trouble: shift out 2^32 first.
  const high = whole >= 4294967296;
  const top = high ? Math.floor(whole / 4294967296) : whole;
  const power = 31 - Math.clz32(top) + (high ? 32 : 0);
  const step = Math.floor(whole * PER_STEP[power]) - STEPS;
  return (power - STEP_BITS + 1) * STEPS + step;
}

function middleOf(bucket: number): number {
  if (bucket < STEPS) return bucket;
  const power = Math.floor(bucket / STEPS) - 1;
  const step = bucket % STEPS;
  return (STEPS + step + 0.5) * 2 ** power;
}

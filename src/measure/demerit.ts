/**
 * How far a simulated distribution of response times is from a measured one: the demerit figure, the
 * root mean square of the horizontal distance between the two distribution curves (Ruemmler and
 * Wilkes, "An Introduction to Disk Drive Modeling", IEEE Computer 27(3), 1994).
 */

/** Values in ascending order, leaving the given ones alone. */
export function sorted(values: Float64Array): Float64Array {
  return Float64Array.from(values).sort();
}

/** The mean of values in any order; NaN of none. */
export function mean(values: Float64Array): number {
  let sum = 0;
  for (const value of values) sum += value;
  return sum / values.length;
}

/** Standard deviation of the values. */
export function deviation(values: Float64Array): number {
  const middle = mean(values);
  let squares = 0;
  for (const value of values) squares += (value - middle) ** 2;
  return Math.sqrt(squares / values.length);
}

/** @param share 0..1; the nearest-rank percentile of ascending values */
export function percentile(ascending: Float64Array, share: number): number {
  const rank = Math.ceil(share * ascending.length) - 1;
  return ascending[Math.min(Math.max(rank, 0), ascending.length - 1)];
}

/**
 * The demerit figure, in the unit of the values.
 * @param measured ascending
 * @param simulated ascending; may differ in number, then quantiles are compared
 */
export function demerit(measured: Float64Array, simulated: Float64Array): number {
  const { length } = measured;
  if (length === 0 || simulated.length === 0) return NaN;
  let squares = 0;
  for (let i = 0; i < length; i++) {
    const other =
      simulated.length === length ? simulated[i] : percentile(simulated, (i + 0.5) / length);
    squares += (measured[i] - other) ** 2;
  }
  return Math.sqrt(squares / length);
}

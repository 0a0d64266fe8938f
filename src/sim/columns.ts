/**
 * What columns are born as: a field that has held something other than a typed array of its kind, if only
 * `undefined`, is looked at anew whenever it is read (docs/HOT-PATH.md).
 */

export const NO_INTS: Int32Array = new Int32Array(0);
export const NO_BYTES: Uint8Array = new Uint8Array(0);
export const NO_FLOATS: Float64Array = new Float64Array(0);

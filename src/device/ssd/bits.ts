/** Sets of up to 32 members, one bit each. */

/** How many bits are set. */
export function countBits(bits: number): number {
  bits -= (bits >>> 1) & 0x55555555;
  bits = (bits & 0x33333333) + ((bits >>> 2) & 0x33333333);
  return Math.imul((bits + (bits >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24;
}

/** Bits `from` up to, not including, `to`; 0 <= from <= to <= 32. */
export function bitRange(from: number, to: number): number {
  const below = to === 32 ? -1 : (1 << to) - 1;
  return from === 32 ? 0 : below & (-1 << from);
}

/** The place of the only bit that is set. */
export function bitIndex(bit: number): number {
  return 31 - Math.clz32(bit);
}

/** The lowest `count` of the bits that are set. */
export function lowestBits(bits: number, count: number): number {
  let above = bits;
  let left = count;
  while (left-- > 0) above &= above - 1;
  return bits ^ above;
}

/**
 * Whole numbers of one width, end to end in 32-bit words: a map of 10^8 entries that need 25 bits each
 * takes 25 bits each. Zeroes at first, which the system backs with memory only where something is written.
 */

/** Entries that fill whole words together, whatever their width. */
export const PACK = 32;

export class PackedInts {
  readonly length: number;
  /** Bits an entry takes, 1 to 31. */
  readonly width: number;
  /** `width` words hold `PACK` entries, the first in the lowest bits. */
  readonly words: Int32Array;
  readonly #mask: number;

  /** @param most the largest value, below 2^31 */
  constructor(length: number, most: number) {
    this.length = length;
    this.width = Math.max(1, 32 - Math.clz32(most));
    // Not 2 ** width - 1, which V8 keeps as a floating-point number.
    this.#mask = -1 >>> (32 - this.width);
    this.words = new Int32Array(Math.ceil(length / PACK) * this.width + 1);
  }

  get(index: number): number {
    const { words, width } = this;
    const bit = Math.imul(index & 31, width);
    const at = Math.imul(index >>> 5, width) + (bit >>> 5);
    const shift = bit & 31;
    // In two steps, since a shift by 32 shifts by nothing.
    return ((words[at] >>> shift) | ((words[at + 1] << 1) << (31 - shift))) & this.#mask;
  }

  set(index: number, value: number): void {
    const { words, width } = this;
    const mask = this.#mask;
    const bit = Math.imul(index & 31, width);
    const at = Math.imul(index >>> 5, width) + (bit >>> 5);
    const shift = bit & 31;
    words[at] = (words[at] & ~(mask << shift)) | (value << shift);
    const inFirst = 32 - shift;
    if (inFirst >= width) return;
    words[at + 1] = (words[at + 1] & ~(mask >>> inFirst)) | (value >>> inFirst);
  }

  /**
   * Looks ahead, for speed alone: brings entries of a large map into the processor's cache. So few
   * instructions an entry that many wait for memory at once, where single `get`s wait one by one.
   * @param indices of entries; negative ones stand for none
   * @returns nothing of use, to be kept somewhere
   */
  touch(indices: Int32Array, from: number, to: number): number {
    const { words, width } = this;
    let sum = 0;
    for (let i = from; i < to; i++) {
      const index = indices[i] & ~(indices[i] >> 31);
      sum ^= words[Math.imul(index >>> 5, width) + (Math.imul(index & 31, width) >>> 5)];
    }
    return sum;
  }

  /** Makes entries zero; `from` and `to` are multiples of `PACK`. Touches only what is not. */
  clear(from: number, to: number): void {
    const { words, width } = this;
    for (let at = (from / PACK) * width; at < (to / PACK) * width; at++) {
      if (words[at] !== 0) words[at] = 0;
    }
  }

  /** Whether `count` entries from a multiple of `PACK` on are zero; it may say no where they are. */
  isClear(from: number, count: number): boolean {
    const { words, width } = this;
    const end = Math.ceil((from + count) / PACK) * width;
    for (let at = (from / PACK) * width; at < end; at++) if (words[at] !== 0) return false;
    return true;
  }
}

/**
 * Whole numbers of one width, end to end: a map of 10^8 entries that need 25 bits each takes 26 bits
 * each. Zeroes at first, which the system backs with memory only where something is written.
 *
 * A map is far larger than the processor's cache, so what an access costs is the wait for memory.
 * Entries do not cross cache lines, and what is known to be wanted is asked for many at a time (`gather`),
 * in a loop without a branch: single accesses wait for memory one by one, these together. Of a stretch in
 * which nothing was ever set, a bit tells so: a drive that is only read is looked up without its map.
 */

import { NO_INTS } from '../../sim/columns.ts';

const LINE_BYTES = 64;
const LINE_WORDS = LINE_BYTES / 4;
/** 2 to this power entries are a stretch. */
const STRETCH_BITS = 9;
/**
 * Where the first line begins: large blocks of memory begin 16 bytes into a cache line (glibc's malloc
 * keeps their size there). Where that is not so, some entries do cross, and nothing else changes.
 */
const LEAD_BYTES = LINE_BYTES - 16;

export class PackedInts {
  readonly length: number = 0;
  /** Bits an entry takes, 1 to 31. */
  readonly #width: number = 0;
  /** Entries a line holds, the first in the lowest bits of its first word. */
  readonly perLine: number = 0;
  readonly #words: Int32Array = NO_INTS;
  /** A bit by stretch: something may have been set. */
  readonly #isSet: Int32Array = NO_INTS;
  readonly #mask: number = 0;
  /** A little over 1 / `perLine`, so that a product rounds down to the line. */
  readonly #linesPerEntry: number = NaN;

  /** @param most the largest value, below 2^31 */
  constructor(length: number, most: number) {
    this.length = length;
    this.#width = Math.max(1, 32 - Math.clz32(most));
    // Not 2 ** width - 1, which V8 keeps as a floating-point number.
    this.#mask = -1 >>> (32 - this.#width);
    this.perLine = Math.floor((LINE_BYTES * 8) / this.#width);
    this.#linesPerEntry = (1 + 2 ** -40) / this.perLine;
    this.#isSet = new Int32Array((length >>> (STRETCH_BITS + 5)) + 1);
    const bytes = Math.ceil(length / this.perLine) * LINE_BYTES;
    // An entry in a line's last word is looked for in the word after it, too.
    const buffer = new ArrayBuffer(LEAD_BYTES + bytes + 4);
    this.#words = new Int32Array(buffer, LEAD_BYTES);
  }

  get(index: number): number {
    const stretch = index >>> STRETCH_BITS;
    if ((this.#isSet[stretch >>> 5] & (1 << stretch)) === 0) return 0;
    const words = this.#words;
    const line = (index * this.#linesPerEntry) | 0;
    const bit = Math.imul(index - Math.imul(line, this.perLine), this.#width);
    const at = line * LINE_WORDS + (bit >>> 5);
    const shift = bit & 31;
    // In two steps, since a shift by 32 shifts by nothing.
    return ((words[at] >>> shift) | ((words[at + 1] << 1) << (31 - shift))) & this.#mask;
  }

  set(index: number, value: number): void {
    const stretch = index >>> STRETCH_BITS;
    this.#isSet[stretch >>> 5] |= 1 << stretch;
    const words = this.#words;
    const mask = this.#mask;
    const line = (index * this.#linesPerEntry) | 0;
    const bit = Math.imul(index - Math.imul(line, this.perLine), this.#width);
    const at = line * LINE_WORDS + (bit >>> 5);
    const shift = bit & 31;
    words[at] = (words[at] & ~(mask << shift)) | (value << shift);
    // Without a branch: whether an entry goes on in the next word, nothing could foretell.
    const above = 31 - shift;
    words[at + 1] = (words[at + 1] & ~((mask >>> 1) >>> above)) | ((value >>> 1) >>> above);
  }

  /**
   * Gets `count` entries.
   * @param indices of entries; for a negative one comes what stands in the first
   * @param into where the entries go, as the indices stand
   */
  gather(indices: Int32Array, count: number, into: Int32Array): void {
    const { perLine } = this;
    const words = this.#words;
    const width = this.#width;
    const mask = this.#mask;
    const linesPerEntry = this.#linesPerEntry;
    for (let i = 0; i < count; i++) {
      const index = indices[i] & ~(indices[i] >> 31);
      const line = (index * linesPerEntry) | 0;
      const bit = Math.imul(index - Math.imul(line, perLine), width);
      const at = line * LINE_WORDS + (bit >>> 5);
      const shift = bit & 31;
      into[i] = ((words[at] >>> shift) | ((words[at + 1] << 1) << (31 - shift))) & mask;
    }
  }

  /** Makes all entries zero. Touches only what is not. */
  clear(): void {
    const words = this.#words;
    for (let at = 0; at < words.length; at++) if (words[at] !== 0) words[at] = 0;
  }

  /** Whether `count` entries from a multiple of `perLine` on are zero; it may say no where they are. */
  isClear(from: number, count: number): boolean {
    const { perLine } = this;
    const words = this.#words;
    const end = Math.ceil((from + count) / perLine) * LINE_WORDS;
    for (let at = (from / perLine) * LINE_WORDS; at < end; at++) if (words[at] !== 0) return false;
    return true;
  }
}

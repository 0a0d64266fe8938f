/**
 * The disk's blocks of 4 KiB in groups of 128 MiB, as ext2 and its heirs have them: each group
 * begins with its own bitmaps and inode table, and a file's blocks are looked for from a goal on,
 * in the goal's group first.
 *
 * A bit a block, made for a group when one of its blocks is first taken.
 */

/** Blocks in a group: what one bitmap block of 4 KiB can describe. */
export const GROUP_BLOCKS = 32768;
const GROUP_WORDS = GROUP_BLOCKS >> 5;

/** Thrown when the disk has no room left. */
export class NoSpaceError extends Error {
  override readonly name = 'NoSpaceError';
}

export class BlockGroups {
  readonly groups: number;
  /** The run that `take` found. */
  foundBlock = 0;
  foundBlocks = 0;
  readonly #blocks: number;
  readonly #reserved: (group: number) => number;
  /** Of each group touched so far: a bit a block, set when it is taken; and how many are free. */
  readonly #used = new Map<number, Uint32Array>();
  readonly #free: Int32Array;

  /**
   * @param blocks blocks of the disk
   * @param reserved how many at the front of a group hold its bitmaps and inode table
   */
  constructor(blocks: number, reserved: (group: number) => number) {
    this.groups = Math.max(1, Math.ceil(blocks / GROUP_BLOCKS));
    this.#blocks = blocks;
    this.#reserved = reserved;
    this.#free = new Int32Array(this.groups).fill(-1);
  }

  /** The first block of a group that may hold data. */
  firstOf(group: number): number {
    return group * GROUP_BLOCKS + this.#reserved(group);
  }

  groupOf(block: number): number {
    return Math.floor(block / GROUP_BLOCKS);
  }

  freeIn(group: number): number {
    const known = this.#free[group];
    if (known >= 0) return known;
    const size = Math.min(GROUP_BLOCKS, this.#blocks - group * GROUP_BLOCKS);
    return (this.#free[group] = Math.max(0, size - this.#reserved(group)));
  }

  isFree(block: number): boolean {
    const group = this.groupOf(block);
    const at = block - group * GROUP_BLOCKS;
    if (block >= this.#blocks || at < this.#reserved(group)) return false;
    const used = this.#used.get(group);
    return used === undefined || (used[at >> 5] & (1 << (at & 31))) === 0;
  }

  /**
   * Takes the first free run at or after `goal`, at most `wanted` blocks of it, going round the
   * groups once; the run is in `foundBlock` and `foundBlocks`.
   * @throws NoSpaceError
   */
  take(goal: number, wanted: number): void {
    this.#search(goal, 1, wanted);
  }

  /**
   * The same, but looks for a run of at least `wanted` blocks first (what mballoc and xfs look
   * for), and takes a shorter one only where there is none.
   */
  takeWhole(goal: number, wanted: number): void {
    for (let least = Math.min(wanted, GROUP_BLOCKS); least > 1; least >>= 2) {
      if (this.#find(goal, least, wanted)) return this.#mark(true);
    }
    this.take(goal, wanted);
  }

  /** Takes blocks that are known to be free. */
  claim(block: number, blocks: number): void {
    this.foundBlock = block;
    this.foundBlocks = blocks;
    this.#mark(true);
  }

  release(block: number, blocks: number): void {
    let from = block;
    let left = blocks;
    while (left > 0) {
      // A run may go on into the next group only where groups begin with data.
      const count = Math.min(left, GROUP_BLOCKS - (from % GROUP_BLOCKS));
      this.foundBlock = from;
      this.foundBlocks = count;
      this.#mark(false);
      from += count;
      left -= count;
    }
  }

  #search(goal: number, least: number, wanted: number): void {
    if (!this.#find(goal, least, wanted)) throw new NoSpaceError('the disk is full');
    this.#mark(true);
  }

  #find(goal: number, least: number, wanted: number): boolean {
    const start = goal >= 0 && goal < this.#blocks ? goal : 0;
    const first = this.groupOf(start);
    for (let i = 0; i <= this.groups; i++) {
      const group = (first + i) % this.groups;
      if (this.freeIn(group) < least) continue;
      const from = i === 0 ? start - first * GROUP_BLOCKS : 0;
      if (this.#findIn(group, Math.max(from, this.#reserved(group)), least, wanted)) return true;
    }
    return false;
  }

  /** The first run of `least` free blocks or more in a group, from block `from` of it on. */
  #findIn(group: number, from: number, least: number, wanted: number): boolean {
    const base = group * GROUP_BLOCKS;
    const end = Math.min(GROUP_BLOCKS, this.#blocks - base);
    const used = this.#used.get(group);
    let at = from;
    while (at < end) {
      at = used === undefined ? at : nextBit(used, at, end, 0);
      const limit = Math.min(end, at + wanted);
      const until = used === undefined ? limit : nextBit(used, at, limit, -1);
      if (until - at >= least) {
        this.foundBlock = base + at;
        this.foundBlocks = until - at;
        return true;
      }
      at = until + 1;
    }
    return false;
  }

  #mark(isUsed: boolean): void {
    const group = this.groupOf(this.foundBlock);
    let words = this.#used.get(group);
    if (words === undefined) this.#used.set(group, (words = new Uint32Array(GROUP_WORDS)));
    const first = this.foundBlock - group * GROUP_BLOCKS;
    for (let at = first; at < first + this.foundBlocks;) {
      const inWord = Math.min(32 - (at & 31), first + this.foundBlocks - at);
      const mask = (inWord === 32 ? -1 : (1 << inWord) - 1) << (at & 31);
      const word = words[at >> 5];
      if (isUsed ? (word & mask) !== 0 : (word & mask) !== mask) {
        throw new Error(`block ${group * GROUP_BLOCKS + at} is ${isUsed ? 'taken' : 'free'} twice`);
      }
      words[at >> 5] = isUsed ? word | mask : word & ~mask;
      at += inWord;
    }
    this.#free[group] = this.freeIn(group) + (isUsed ? -this.foundBlocks : this.foundBlocks);
  }
}

/** The first free (`flip` 0) or taken (-1) position from `at` on, below `end`; else `end`. */
function nextBit(words: Uint32Array, at: number, end: number, flip: 0 | -1): number {
  let word = at >> 5;
  let bits = ~(words[word] ^ flip) & (-1 << (at & 31));
  while (bits === 0) {
    if (++word << 5 >= end) return end;
    bits = ~(words[word] ^ flip);
  }
  return Math.min(end, (word << 5) + (31 - Math.clz32(bits & -bits)));
}

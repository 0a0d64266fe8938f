/** Which groups of births collection has moved into each block: lists of groups that follow one another. */

import { grown } from './parts.ts';

const NONE = -1;
const FEW = 256;

export class Contents {
  /** By block: its first and last stretch + 1, 0 for none. */
  readonly #first: Int32Array;
  readonly #last: Int32Array;
  /** By stretch: first group, how many follow one another, the block's next stretch. */
  #group = new Int32Array(FEW);
  #count = new Int32Array(FEW);
  #next = new Int32Array(FEW);
  #firstFree = NONE;
  #used = 0;

  constructor(blocks: number) {
    this.#first = new Int32Array(blocks);
    this.#last = new Int32Array(blocks);
  }

  add(block: number, group: number): void {
    const last = this.#last[block] - 1;
    if (last >= 0) {
      const next = this.#group[last] + this.#count[last];
      if (group === next - 1) return;
      if (group === next) {
        this.#count[last]++;
        return;
      }
    }
    this.append(block, group, 1);
  }

  append(block: number, group: number, count: number): void {
    const stretch = this.#take();
    this.#group[stretch] = group;
    this.#count[stretch] = count;
    this.#next[stretch] = NONE;
    const last = this.#last[block] - 1;
    if (last < 0) this.#first[block] = stretch + 1;
    else this.#next[last] = stretch;
    this.#last[block] = stretch + 1;
  }

  /** A block's first stretch; -1 for none. */
  first(block: number): number {
    return this.#first[block] - 1;
  }

  /** The block's next stretch; -1 for none. */
  next(stretch: number): number {
    return this.#next[stretch];
  }

  groupOf(stretch: number): number {
    return this.#group[stretch];
  }

  countOf(stretch: number): number {
    return this.#count[stretch];
  }

  /** A block has been erased. */
  clear(block: number): void {
    const last = this.#last[block] - 1;
    if (last < 0) return;
    this.#next[last] = this.#firstFree;
    this.#firstFree = this.#first[block] - 1;
    this.#first[block] = 0;
    this.#last[block] = 0;
  }

  clearAll(): void {
    this.#first.fill(0);
    this.#last.fill(0);
    this.#used = 0;
    this.#firstFree = NONE;
  }

  #take(): number {
    const free = this.#firstFree;
    if (free !== NONE) {
      this.#firstFree = this.#next[free];
      return free;
    }
    if (this.#used === this.#group.length) {
      this.#group = grown(this.#group);
      this.#count = grown(this.#count);
      this.#next = grown(this.#next);
    }
    return this.#used++;
  }

  /** By block, its stretches: first group and count in turn. */
  save(): { block: number; stretches: Int32Array }[] {
    const saved: { block: number; stretches: Int32Array }[] = [];
    this.#first.forEach((first, block) => {
      const stretches: number[] = [];
      for (let at = first - 1; at >= 0; at = this.#next[at]) {
        stretches.push(this.#group[at], this.#count[at]);
      }
      if (stretches.length > 0) saved.push({ block, stretches: Int32Array.from(stretches) });
    });
    return saved;
  }

  load(saved: ReturnType<Contents['save']>): void {
    this.clearAll();
    for (const { block, stretches } of saved) {
      for (let i = 0; i < stretches.length; i += 2) {
        this.append(block, stretches[i], stretches[i + 1]);
      }
    }
  }
}

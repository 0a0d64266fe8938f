/** Which groups of births collection has moved into each block: lists of groups that follow one another. */

import { NO_INTS } from '../../sim/columns.ts';
import { FEW_ROWS, grown, LinkedRows } from './linked-rows.ts';

export class Contents {
  /** By block: its first and last stretch + 1, 0 for none. */
  readonly #first: Int32Array = NO_INTS;
  readonly #last: Int32Array = NO_INTS;
  /** A block's stretches follow one another. By stretch: first group, and how many there are. */
  readonly #rows = new LinkedRows();
  #group = new Int32Array(FEW_ROWS);
  #count = new Int32Array(FEW_ROWS);

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
    const stretch = this.#rows.take();
    if (stretch === this.#group.length) {
      this.#group = grown(this.#group);
      this.#count = grown(this.#count);
    }
    this.#group[stretch] = group;
    this.#count[stretch] = count;
    const last = this.#last[block] - 1;
    if (last < 0) this.#first[block] = stretch + 1;
    else this.#rows.next[last] = stretch;
    this.#last[block] = stretch + 1;
  }

  /** A block's first stretch; -1 for none. */
  first(block: number): number {
    return this.#first[block] - 1;
  }

  /** The block's next stretch; -1 for none. */
  next(stretch: number): number {
    return this.#rows.next[stretch];
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
    this.#rows.giveBack(this.#first[block] - 1, last);
    this.#first[block] = 0;
    this.#last[block] = 0;
  }

  clearAll(): void {
    this.#first.fill(0);
    this.#last.fill(0);
    this.#rows.clear();
  }

  /** Block, first group and count of every stretch. */
  save(): Int32Array {
    let count = 0;
    this.#eachStretch(() => count++);
    const saved = new Int32Array(3 * count);
    let at = 0;
    this.#eachStretch((block, stretch) => {
      saved[at++] = block;
      saved[at++] = this.#group[stretch];
      saved[at++] = this.#count[stretch];
    });
    return saved;
  }

  #eachStretch(visit: (block: number, stretch: number) => void): void {
    this.#first.forEach((first, block) => {
      for (let at = first - 1; at >= 0; at = this.#rows.next[at]) visit(block, at);
    });
  }

  load(saved: Int32Array): void {
    this.clearAll();
    for (let i = 0; i < saved.length; i += 3) this.append(saved[i], saved[i + 1], saved[i + 2]);
  }
}

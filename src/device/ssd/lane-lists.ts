/** Slots that wait for the lane they belong to: a list a lane, linked through the buffer's own. */

import { NO_INTS } from '../../sim/columns.ts';

const NONE = -1;

export class LaneLists {
  readonly count: Int32Array = NO_INTS;
  /** By lane: its oldest slot, -1 for none. */
  readonly first: Int32Array = NO_INTS;
  readonly #last: Int32Array = NO_INTS;
  readonly #next: Int32Array = NO_INTS;

  /** @param next by slot, the link that lists of slots use */
  constructor(lanes: number, next: Int32Array) {
    this.count = new Int32Array(lanes);
    this.first = new Int32Array(lanes).fill(NONE);
    this.#last = new Int32Array(lanes).fill(NONE);
    this.#next = next;
  }

  append(lane: number, slot: number): void {
    this.#next[slot] = NONE;
    if (this.count[lane]++ === 0) this.first[lane] = slot;
    else this.#next[this.#last[lane]] = slot;
    this.#last[lane] = slot;
  }

  /** Only while the lane has any. */
  takeFirst(lane: number): number {
    const slot = this.first[lane];
    this.first[lane] = this.#next[slot];
    this.count[lane]--;
    return slot;
  }

  save() {
    return { count: this.count.slice(), first: this.first.slice(), last: this.#last.slice() };
  }

  load(saved: ReturnType<LaneLists['save']>): void {
    this.count.set(saved.count);
    this.first.set(saved.first);
    this.#last.set(saved.last);
  }
}

/**
 * The order in which a file's pages became dirty: what mapping->dirty_pages was until 2.6.6. Kept only
 * for ways that write in that order.
 */

const NONE = -1;

export class DirtyOrder {
  #next = new Int32Array(64).fill(NONE);
  #previous = new Int32Array(64).fill(NONE);
  /** Dirty for longest, and for shortest; -1 when nothing is dirty. */
  oldest = NONE;
  #youngest = NONE;

  /** A page that is not in the order becomes its youngest. */
  add(index: number): void {
    if (index >= this.#next.length) this.#grow(index + 1);
    this.#next[index] = NONE;
    this.#previous[index] = this.#youngest;
    if (this.#youngest === NONE) this.oldest = index;
    else this.#next[this.#youngest] = index;
    this.#youngest = index;
  }

  /** Takes a page out that is in. */
  remove(index: number): void {
    const next = this.#next[index];
    const previous = this.#previous[index];
    if (previous === NONE) this.oldest = next;
    else this.#next[previous] = next;
    if (next === NONE) this.#youngest = previous;
    else this.#previous[next] = previous;
  }

  /** The page that became dirty next after `index`, which is in; -1 when it is the youngest. */
  after(index: number): number {
    return this.#next[index];
  }

  #grow(entries: number): void {
    let size = this.#next.length;
    while (size < entries) size *= 2;
    const grown = (old: Int32Array) => {
      const wider = new Int32Array(size).fill(NONE);
      wider.set(old);
      return wider;
    };
    this.#next = grown(this.#next);
    this.#previous = grown(this.#previous);
  }
}

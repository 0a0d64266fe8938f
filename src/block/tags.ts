/** The drive's command slots: which tags are free, and whose request each of the others carries. */

export class TagSet {
  /** How many tags there are. */
  readonly depth: number;
  /** Tags in use: requests that are with the drive. */
  inUse = 0;

  readonly #free: Int32Array;
  readonly #requestByTag: Int32Array;

  readonly #firstTag: number;

  /** @param firstTag the lowest tag: the set's tags are `firstTag` .. `firstTag + depth - 1` */
  constructor(depth: number, firstTag = 0) {
    this.depth = depth;
    this.#firstTag = firstTag;
    this.#free = Int32Array.from({ length: depth }, (_, i) => firstTag + depth - 1 - i);
    this.#requestByTag = new Int32Array(depth).fill(-1);
  }

  get available(): boolean {
    return this.inUse < this.depth;
  }

  /** Binds a free tag to a request. Only while one is available. */
  take(request: number): number {
    const tag = this.#free[this.depth - 1 - this.inUse++];
    this.#requestByTag[tag - this.#firstTag] = request;
    return tag;
  }

  /** Frees a tag and says whose it was. */
  give(tag: number): number {
    const request = this.#requestByTag[tag - this.#firstTag];
    if (!(request >= 0))
      throw new RangeError(`the drive completed tag ${tag}, which is not in use`);
    this.#requestByTag[tag - this.#firstTag] = -1;
    this.#free[this.depth - 1 - --this.inUse] = tag;
    return request;
  }
}

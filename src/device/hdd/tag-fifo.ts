/** First in, first out, of tags; never more than the drive has. */
export class TagFifo {
  length = 0;
  readonly #tags: Int32Array;
  #first = 0;

  constructor(depth: number) {
    this.#tags = new Int32Array(depth);
  }

  push(tag: number): void {
    this.#tags[(this.#first + this.length++) % this.#tags.length] = tag;
  }

  peek(): number {
    return this.#tags[this.#first];
  }

  shift(): number {
    const tag = this.#tags[this.#first];
    this.#first = (this.#first + 1) % this.#tags.length;
    this.length--;
    return tag;
  }
}

/** Numbers of rows of columns that whoever uses it keeps: which are free, and which follows which. */

/** Rows that columns hold to begin with. */
export const FEW_ROWS = 256;

const NONE = -1;

export class LinkedRows {
  /** By row: the one behind it, -1 for none; of a free row, the next free one. */
  next = new Int32Array(FEW_ROWS);
  #firstFree = NONE;
  #used = 0;

  /** A row with nothing behind it. Where it is the length of a column, that column is to be `grown`. */
  take(): number {
    let row = this.#firstFree;
    if (row !== NONE) this.#firstFree = this.next[row];
    else {
      row = this.#used++;
      if (row === this.next.length) this.next = grown(this.next);
    }
    this.next[row] = NONE;
    return row;
  }

  /** Rows that follow one another are free, from `first` to `last`. */
  giveBack(first: number, last: number): void {
    this.next[last] = this.#firstFree;
    this.#firstFree = first;
  }

  /** All rows are free. */
  clear(): void {
    this.#used = 0;
    this.#firstFree = NONE;
  }
}

/** Whole numbers one behind the other, how many is not known beforehand. */
export class Column {
  #numbers = new Int32Array(FEW_ROWS);
  #count = 0;

  push(number: number): void {
    if (this.#count === this.#numbers.length) this.#numbers = grown(this.#numbers);
    this.#numbers[this.#count++] = number;
  }

  /** A copy of them. */
  values(): Int32Array {
    return this.#numbers.slice(0, this.#count);
  }
}

/** The column with room for twice as many rows. */
export function grown(column: Int32Array): Int32Array<ArrayBuffer> {
  const twice = new Int32Array(column.length * 2);
  twice.set(column);
  return twice;
}

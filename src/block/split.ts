/**
 * Bios that are larger than a request may be, in parts (bio_split_to_limits): a bio is done when all
 * of its parts are. blk-mq splits; before it, who built a bio kept to the limits (bio_add_page).
 *
 * All parts are handed down at once. Where one has to sleep for a request, the kernel would hand down
 * the rest only afterwards.
 */

import { Status } from '../device/device.ts';

const NONE = -1;

export class SplitBios {
  /** The submitter's own integer, by row. */
  cookie = new Int32Array(16);
  /** How the bio ends: as the first part that failed. */
  status = new Uint8Array(16);
  #pending = new Int32Array(16);
  #asleep = new Int32Array(16);
  /** The next free row. */
  #next = Int32Array.from({ length: 16 }, (_, i) => (i < 15 ? i + 1 : NONE));
  #free = 0;

  /** @returns the row of a bio in so many parts */
  take(cookie: number, parts: number): number {
    if (this.#free === NONE) this.#grow();
    const row = this.#free;
    this.#free = this.#next[row];
    this.cookie[row] = cookie;
    this.status[row] = Status.ok;
    this.#pending[row] = parts;
    this.#asleep[row] = 0;
    return row;
  }

  /** A part sleeps for a request. */
  sleeps(row: number): void {
    this.#asleep[row]++;
  }

  /** A part that slept has its request. @returns whether none sleeps any more */
  wakes(row: number): boolean {
    return --this.#asleep[row] === 0;
  }

  /** A part is done. @returns whether it was the last: then the row is free, its columns still hold */
  done(row: number, status: number): boolean {
    if (this.status[row] === Status.ok) this.status[row] = status;
    if (--this.#pending[row] > 0) return false;
    this.#next[row] = this.#free;
    this.#free = row;
    return true;
  }

  #grow(): void {
    const rows = this.#next.length;
    const grown = (column: Int32Array): Int32Array<ArrayBuffer> => {
      const copy = new Int32Array(2 * rows);
      copy.set(column);
      return copy;
    };
    this.cookie = grown(this.cookie);
    this.#pending = grown(this.#pending);
    this.#asleep = grown(this.#asleep);
    this.#next = grown(this.#next);
    const status = new Uint8Array(2 * rows);
    status.set(this.status);
    this.status = status;
    for (let row = rows; row < 2 * rows; row++) this.#next[row] = row + 1;
    this.#next[2 * rows - 1] = NONE;
    this.#free = rows;
  }
}

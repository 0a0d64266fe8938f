/**
 * What a power cut would lose: sectors whose write was acknowledged and which are not on the medium.
 *
 * A sector counts from the acknowledgement of a write that the buffer took. It stops counting when a
 * row with it has been written, all of it, unless it was written to again meanwhile.
 */

import { DirtyRanges } from './dirty.ts';

/** First sector, and the one behind the last. */
export type SectorRow = readonly [lbn: number, endLbn: number];

export class Durability {
  readonly #lost: DirtyRanges;
  readonly #dirty: DirtyRanges;
  /** The row being written, until then. */
  #startLbn = 0;
  #endLbn = 0;
  #untilNs = -Infinity;

  /** @param dirty what the buffer holds, acknowledged or not, but for the row being written */
  constructor(dirty: DirtyRanges) {
    this.#dirty = dirty;
    this.#lost = new DirtyRanges(4 * dirty.capacity + 8, true);
  }

  /** A row begins to be written, which was taken out of the dirty ones; the row before is done. */
  writes(lbn: number, endLbn: number, untilNs: number): void {
    this.#settle(Infinity);
    this.#startLbn = lbn;
    this.#endLbn = endLbn;
    this.#untilNs = untilNs;
  }

  /** A write of a row is acknowledged; what of it the buffer no longer holds is on the medium. */
  acknowledged(lbn: number, endLbn: number, nowNs: number): void {
    this.#settle(nowNs);
    const dirty = this.#dirty;
    const { starts, ends, size } = dirty;
    dirty.lbn = lbn;
    for (let i = dirty.find(); i < size && starts[i] < endLbn; i = dirty.next(i + 1)) {
      this.#lose(Math.max(lbn, starts[i]), Math.min(endLbn, ends[i]));
    }
    const from = Math.max(lbn, this.#startLbn);
    const to = Math.min(endLbn, this.#endLbn);
    if (this.#untilNs > -Infinity && from < to) this.#lose(from, to);
  }

  #lose(lbn: number, endLbn: number): void {
    this.#lost.lbn = lbn;
    this.#lost.endLbn = endLbn;
    this.#lost.add();
  }

  #keep(lbn: number, endLbn: number): void {
    this.#lost.lbn = lbn;
    this.#lost.endLbn = endLbn;
    this.#lost.remove();
  }

  /** Everything in the buffer is acknowledged: a snapshot was taken while nothing was outstanding. */
  restored(): void {
    this.#untilNs = -Infinity;
    this.#lost.load(this.#dirty.save());
  }

  /** Rows that are lost if the power goes now, by address. */
  rows(nowNs: number): SectorRow[] {
    this.#settle(nowNs);
    const [starts, ends] = this.#lost.save();
    return starts.map((lbn, i) => [lbn, ends[i]]);
  }

  /** Lets the row being written be on the medium once it is; completions are rounded to whole ns. */
  #settle(nowNs: number): void {
    if (this.#untilNs === -Infinity || this.#untilNs >= nowNs + 1) return;
    const dirty = this.#dirty;
    const { starts, ends, size } = dirty;
    let from = this.#startLbn;
    dirty.lbn = from;
    for (let i = dirty.find(); i < size && starts[i] < this.#endLbn; i = dirty.next(i + 1)) {
      if (starts[i] > from) this.#keep(from, starts[i]);
      from = Math.max(from, ends[i]);
    }
    if (from < this.#endLbn) this.#keep(from, this.#endLbn);
    this.#untilNs = -Infinity;
  }
}

/**
 * A resource that serves one transfer at a time, booked ahead.
 *
 * Bookings come with different earliest times and not in their order (transfers end on many
 * channels); each takes the first gap from its earliest time on. Where the resource is short of time
 * the booked spans touch and melt into one, so a booking costs a few comparisons.
 */

export class Timeline {
  /** Operands of `book`: the earliest start, and the present, ns; spans that ended by then are forgotten. */
  earliestNs = NaN;
  nowNs = NaN;
  /** Result: when the booked span ends, ns. */
  endNs = NaN;

  /** Busy spans that end after the present, in order; ring-free: rows 0..#count-1. */
  #starts = new Float64Array(16);
  #ends = new Float64Array(16);
  #count = 0;

  /** Books the first free span of `duration` ns that starts at `earliestNs` or later. */
  book(duration: number): void {
    const starts = this.#starts;
    const ends = this.#ends;
    let count = this.#count;
    let past = 0;
    while (past < count && ends[past] <= this.nowNs) past++;
    if (past > 0) {
      for (let i = past; i < count; i++) {
        starts[i - past] = starts[i];
        ends[i - past] = ends[i];
      }
      this.#count = count -= past;
    }
    // Most bookings come after everything booked so far.
    let at = count;
    let start = this.earliestNs;
    if (count > 0 && start < ends[count - 1]) {
      at = 0;
      while (at < count && (ends[at] <= start || starts[at] < start + duration)) {
        if (ends[at] > start) start = ends[at];
        at++;
      }
    }
    const end = start + duration;
    const touchesBefore = at > 0 && ends[at - 1] === start;
    const touchesAfter = at < count && starts[at] === end;
    if (touchesBefore && touchesAfter) {
      ends[at - 1] = ends[at];
      starts.copyWithin(at, at + 1, count);
      ends.copyWithin(at, at + 1, count);
      this.#count--;
    } else if (touchesBefore) {
      ends[at - 1] = end;
    } else if (touchesAfter) {
      starts[at] = start;
    } else {
      if (count === starts.length) this.#grow();
      this.#starts.copyWithin(at + 1, at, count);
      this.#ends.copyWithin(at + 1, at, count);
      this.#starts[at] = start;
      this.#ends[at] = end;
      this.#count++;
    }
    this.endNs = end;
  }

  #grow(): void {
    const starts = new Float64Array(this.#starts.length * 2);
    const ends = new Float64Array(this.#ends.length * 2);
    starts.set(this.#starts);
    ends.set(this.#ends);
    this.#starts = starts;
    this.#ends = ends;
  }
}

/** What the drive has done since it was made. */

import type { DeviceCounters } from '../device.ts';
import type { EventQueue } from '../../sim/events.ts';

export class Counting {
  readonly counted: DeviceCounters = {
    reads: 0,
    writes: 0,
    flushes: 0,
    discards: 0,
    sectorsRead: 0,
    sectorsWritten: 0,
    seeks: 0,
    seekCylinders: 0,
    busyNs: 0,
  };
  /** Requests that have come and are not done. */
  outstanding = 0;

  /** For `work`: when the medium works, ns. */
  fromNs = NaN;
  toNs = NaN;

  #outstandingSinceNs = NaN;
  /** Busy time is counted up to here, ns. */
  #busyToNs = 0;
  readonly #clock: EventQueue;

  constructor(clock: EventQueue) {
    this.#clock = clock;
  }

  /** A request has come. */
  begin(): void {
    if (this.outstanding++ === 0) this.#outstandingSinceNs = this.#clock.nowNs;
  }

  /** A request is done. */
  end(): void {
    if (--this.outstanding > 0) return;
    this.fromNs = this.#outstandingSinceNs;
    this.toNs = this.#clock.nowNs;
    this.#busy();
  }

  /** Counts up to the present. */
  update(): void {
    if (this.outstanding === 0) return;
    const { nowNs } = this.#clock;
    this.fromNs = this.#outstandingSinceNs;
    this.toNs = nowNs;
    this.#busy();
    this.#outstandingSinceNs = nowNs;
  }

  /** The medium works unasked, from `fromNs` to `toNs`. */
  work(): void {
    const { fromNs, toNs } = this;
    if (this.outstanding > 0) {
      this.fromNs = this.#outstandingSinceNs;
      this.toNs = fromNs;
      this.#busy();
    }
    this.fromNs = fromNs;
    this.toNs = toNs;
    this.#busy();
  }

  /** Counts a stretch of busy time, once however often it is named. */
  #busy(): void {
    // Whole ns, so that it does not matter in how many pieces time is counted.
    const from = Math.max(Math.round(this.fromNs), this.#busyToNs);
    const to = Math.round(this.toNs);
    if (to <= from) return;
    this.counted.busyNs += to - from;
    this.#busyToNs = to;
  }
}

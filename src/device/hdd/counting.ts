/** What the drive has done since it was made. */

import type { DeviceCounters } from '../device.ts';

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
  /** Busy time is counted up to here, ns. */
  #busyToNs = 0;

  /** Counts a stretch of busy time, once however often it is named. */
  busy(fromNs: number, toNs: number): void {
    // Whole ns, so that it does not matter in how many pieces time is counted.
    const from = Math.max(Math.round(fromNs), this.#busyToNs);
    const to = Math.round(toNs);
    if (to <= from) return;
    this.counted.busyNs += to - from;
    this.#busyToNs = to;
  }
}

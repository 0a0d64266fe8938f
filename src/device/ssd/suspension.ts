/**
 * When a program or an erase may be stopped for a read, and what that costs: the read waits until
 * the cells have been stopped, and the job takes some time to get going again.
 *
 * A job can be stopped at its suspend points only, the ends of its pulses (Wu & He, "Reducing SSD
 * Read Latency via NAND Flash Program and Erase Suspension", FAST 2012).
 */

import { DieWork } from './array.ts';
import type { SsdProfile } from './profile.ts';

const ns = (us: number): number => Math.round(us * 1000);

export class Suspension {
  /** Before a job's cells go on, ns. */
  readonly resumeNs: number;
  readonly #stopNs: Float64Array;
  readonly #intervalNs: Float64Array;
  readonly #most: number;

  constructor(profile: SsdProfile) {
    const s = profile.array.suspend;
    const times = (program: number | undefined, erase: number | undefined): Float64Array => {
      const by = new Float64Array(5);
      by[DieWork.program] = program === undefined ? Infinity : ns(program);
      by[DieWork.erase] = erase === undefined ? Infinity : ns(erase);
      return by;
    };
    this.#stopNs = times(s?.program_us, s?.erase_us);
    this.#intervalNs = times(s?.program_interval_us ?? 0, s?.erase_interval_us ?? 0);
    this.resumeNs = ns(s?.resume_us ?? 0);
    this.#most = s?.at_most ?? 0;
  }

  /** From its suspend point until the die can read, ns; Infinity when it cannot be stopped. */
  stopNs(work: DieWork): number {
    return this.#stopNs[work];
  }

  /**
   * A job's first suspend point from `fromNs` on, ns; Infinity when it may not be stopped again.
   * @param cellNs when its cells began (or went on)
   * @param suspends how often it has been stopped already
   */
  point(work: DieWork, cellNs: number, fromNs: number, suspends: number): number {
    if (suspends >= this.#most) return Infinity;
    if (fromNs <= cellNs) return cellNs;
    const interval = this.#intervalNs[work];
    return interval === 0 ? fromNs : cellNs + Math.ceil((fromNs - cellNs) / interval) * interval;
  }
}

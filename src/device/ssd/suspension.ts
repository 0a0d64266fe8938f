/**
 * When a program or an erase may be stopped for a read, and what that costs: the read waits until
 * the cells have been stopped, and the job takes some time to get going again.
 *
 * A job can be stopped at its suspend points only, the ends of its pulses (Wu & He, "Reducing SSD
 * Read Latency via NAND Flash Program and Erase Suspension", FAST 2012).
 */

import { NO_FLOATS } from '../../sim/columns.ts';
import { DieWork } from './array.ts';
import type { SsdProfile } from './profile.ts';

const ns = (us: number): number => Math.round(us * 1000);

export class Suspension {
  /** Operands of `find`: when the job's cells began (or went on), and when the read could start, ns. */
  cellNs = NaN;
  fromNs = NaN;
  /** Results: the job's first suspend point from then on, and when the die can read, ns; Infinity when never. */
  pointNs = NaN;
  stoppedNs = NaN;
  /** Before a job's cells go on, ns. */
  readonly resumeNs: number;
  readonly #stopNs: Float64Array = NO_FLOATS;
  readonly #intervalNs: Float64Array = NO_FLOATS;
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

  /** @param suspends how often the job has been stopped already */
  find(work: DieWork, suspends: number): void {
    const { cellNs, fromNs } = this;
    const interval = this.#intervalNs[work];
    if (suspends >= this.#most) this.pointNs = Infinity;
    else if (fromNs <= cellNs) this.pointNs = cellNs;
    else if (interval === 0) this.pointNs = fromNs;
    else this.pointNs = cellNs + Math.ceil((fromNs - cellNs) / interval) * interval;
    this.stoppedNs = this.pointNs + this.#stopNs[work];
  }
}

/**
 * Reads that do not decode at first: the page is sensed and sent again with other reference
 * voltages, some number of times (Park et al., "Reducing Solid-State Drive Read Latency by
 * Optimizing Read-Retry", ASPLOS 2021: a read with n retries takes 1 + n times sense and transfer).
 * How many, or what time the die takes for them on its own, a profile gives as a distribution.
 */

import { NO_FLOATS, NO_INTS } from '../../sim/columns.ts';
import { RandomStream } from '../../sim/random.ts';
import type { SsdProfile } from './profile.ts';

export class ReadRetry {
  /** Of the page drawn for last: how many times it has to be read again, and what its sense takes longer, ns. */
  extraReads = 0;
  addedNs = NaN;

  readonly #random: RandomStream;
  /** Draws below a bound, and of no earlier one, are read again so many times. */
  readonly #below: Float64Array = NO_FLOATS;
  readonly #extra: Int32Array = NO_INTS;
  readonly #addedNs: Float64Array = NO_FLOATS;

  constructor(steps: NonNullable<SsdProfile['array']['read_retry']>, seed: number, name: string) {
    this.#random = new RandomStream(seed, `${name}:read-retry`);
    let sum = 0;
    this.#below = Float64Array.from(steps, ({ share }) => (sum += share) * 2 ** 32);
    this.#extra = Int32Array.from(steps, ({ extra_reads }) => extra_reads ?? 0);
    this.#addedNs = Float64Array.from(steps, ({ added_us }) => Math.round((added_us ?? 0) * 1000));
  }

  /** Draws for the next page. */
  draw(): void {
    const drawn = this.#random.nextU32();
    let i = 0;
    while (i < this.#below.length && drawn >= this.#below[i]) i++;
    const isAny = i < this.#below.length;
    this.extraReads = isAny ? this.#extra[i] : 0;
    this.addedNs = isAny ? this.#addedNs[i] : 0;
  }

  save(): number[] {
    return this.#random.save();
  }

  load(saved: readonly number[]): void {
    this.#random.load(saved);
  }
}

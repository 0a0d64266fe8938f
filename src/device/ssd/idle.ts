/**
 * The flash interface dozes off when no die has had anything to do for a while; the first read after
 * that waits until it is up again. Writes go to the buffer first and so hide it.
 */

import type { SsdProfile } from './profile.ts';

const ns = (us: number): number => Math.round(us * 1000);

export class IdleArray {
  readonly #afterNs: number;
  readonly #wakeNs: number;
  /** When what is booked on the dies and channels so far ends. */
  #busyUntilNs = 0;

  constructor(idle: NonNullable<SsdProfile['array']['idle']>) {
    this.#afterNs = ns(idle.after_us);
    this.#wakeNs = ns(idle.wake_us);
  }

  /** A read that could start at `start`; returns when it does. */
  begin(start: number): number {
    const woken = start - this.#busyUntilNs >= this.#afterNs ? start + this.#wakeNs : start;
    this.#busyUntilNs = Math.max(this.#busyUntilNs, woken);
    return woken;
  }

  /** The array is at work from `now` until `endNs`. */
  use(now: number, endNs: number): void {
    this.#busyUntilNs = Math.max(this.#busyUntilNs, now, endNs);
  }

  save(now: number): number {
    return this.#busyUntilNs - now;
  }

  load(saved: number, now: number): void {
    this.#busyUntilNs = saved + now;
  }
}

/**
 * The flash interface dozes off when no die has had anything to do for a while; the first read after
 * that waits until it is up again. Writes go to the buffer first and so hide it.
 */

import type { SsdProfile } from './profile.ts';

const ns = (us: number): number => Math.round(us * 1000);

export class IdleArray {
  readonly #afterNs: number;
  readonly #wakeNs: number;
  /** When what is booked on the dies and channels so far ends, ns. */
  untilNs = NaN;
  /** When a read could start; after `begin`, when it does, ns. */
  startNs = NaN;

  constructor(idle: NonNullable<SsdProfile['array']['idle']>) {
    this.#afterNs = ns(idle.after_us);
    this.untilNs = 0;
    this.#wakeNs = ns(idle.wake_us);
  }

  /** A read is to start. */
  begin(): void {
    if (this.startNs - this.untilNs >= this.#afterNs) this.startNs += this.#wakeNs;
    this.untilNs = Math.max(this.untilNs, this.startNs);
  }

  save(now: number): number {
    return this.untilNs - now;
  }

  load(saved: number, now: number): void {
    this.untilNs = saved + now;
  }
}

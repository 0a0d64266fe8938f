/**
 * Reading on while nobody asks: after a read the head stays with the data and fills the segment.
 *
 * No event marks its progress. What is known is where and since when it goes on; how far it has
 * come by some time follows in closed form, track by track, and the last whole track is remembered
 * so that no part of the way is computed twice.
 */

import type { Mechanism } from './mechanism.ts';

export class ReadAhead {
  /** The segment being filled; -1 when there is none. */
  segment = -1;
  /** First sector not yet known to be read. */
  nextLbn = 0;
  /** When that sector's turn came or comes, ns: the head is free for it since then. */
  sinceNs = 0;
  /** Reading stops before this sector. */
  limitLbn = 0;

  /** The run under the head, already positioned for: sectors (0: none), end, time of a sector. */
  #run = 0;
  #runEndNs = 0;
  /** Sectors that follow the head directly on its track, behind the run. */
  #runLeft = 0;
  #sectorNs = 0;
  readonly #mechanism: Mechanism;

  constructor(mechanism: Mechanism) {
    this.#mechanism = mechanism;
  }

  start(segment: number, nextLbn: number, limitLbn: number, sinceNs: number): void {
    this.segment = segment;
    this.nextLbn = nextLbn;
    this.limitLbn = limitLbn;
    this.sinceNs = sinceNs;
    this.#run = 0;
    this.#runLeft = this.#mechanism.runLeft;
    this.#sectorNs = this.#mechanism.runSectorNs;
  }

  stop(): void {
    this.segment = -1;
    this.#run = 0;
  }

  /** After its end was reached and time has passed: goes on from `ns`. */
  resume(ns: number): void {
    if (ns <= this.sinceNs) return;
    // The platter has turned on: the next sector must be waited for.
    this.sinceNs = ns;
    this.#runLeft = 0;
  }

  /** Goes on up to `ns`. @returns the first sector not wholly read by then */
  advance(ns: number): number {
    while (this.nextLbn < this.limitLbn && this.sinceNs < ns) {
      if (this.#run === 0) this.#beginRun();
      if (this.#runEndNs > ns) {
        const missing = Math.ceil((this.#runEndNs - ns) / this.#sectorNs - 1e-6);
        return this.nextLbn + Math.max(0, this.#run - missing);
      }
      this.nextLbn += this.#run;
      this.sinceNs = this.#runEndNs;
      this.#run = 0;
    }
    return this.nextLbn;
  }

  /** When all sectors before `endLbn` (at most the limit) are or will be read, ns. */
  reachesNs(endLbn: number): number {
    if (endLbn <= this.nextLbn) return this.sinceNs;
    if (this.#run === 0) this.#beginRun();
    const beyond = endLbn - (this.nextLbn + this.#run);
    if (beyond <= 0) return this.#runEndNs + beyond * this.#sectorNs;
    return this.#mechanism.streamNs(this.nextLbn + this.#run, beyond, this.#runEndNs);
  }

  /** Plain data; times are relative to `nowNs`. */
  save(nowNs: number): number[] {
    const { segment, nextLbn, limitLbn } = this;
    const times = [this.sinceNs - nowNs, this.#runEndNs - nowNs, this.#sectorNs];
    return [segment, nextLbn, limitLbn, this.#run, ...times, this.#runLeft];
  }

  load(saved: readonly number[], nowNs: number): void {
    [this.segment, this.nextLbn, this.limitLbn, this.#run] = saved;
    this.sinceNs = saved[4] + nowNs;
    this.#runEndNs = saved[5] + nowNs;
    this.#sectorNs = saved[6];
    this.#runLeft = saved[7];
  }

  /** Takes the head to the next run's track. */
  #beginRun(): void {
    const wanted = this.limitLbn - this.nextLbn;
    if (this.#runLeft > 0) {
      this.#run = Math.min(this.#runLeft, wanted);
      this.#runEndNs = this.sinceNs + this.#run * this.#sectorNs;
    } else {
      const mechanism = this.#mechanism;
      mechanism.geometry.locate(this.nextLbn);
      this.#run = Math.min(mechanism.geometry.run, wanted);
      this.#runEndNs = mechanism.access(this.nextLbn, this.#run, false, this.sinceNs, 0);
      this.#runLeft = mechanism.runLeft + this.#run;
      this.#sectorNs = mechanism.runSectorNs;
    }
    this.#runLeft -= this.#run;
  }
}

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
  /** First sector not yet known to be read. For `start`: the first to read. */
  nextLbn = 0;
  /** When that sector's turn came or comes, ns: the head is free for it since then. For `start`, too. */
  sinceNs = 0;
  /** Reading stops before this sector. For `start`, too. */
  limitLbn = 0;
  /** Sectors that the segment may hold. For `start`, too. */
  roomSectors = 0;

  /** For `advance` and `resume`: the present, ns. */
  atNs = NaN;
  /** Result of `advance`: the first sector not wholly read by then. */
  reachedLbn = NaN;
  /** For `reach`: the sector behind the last one wanted, at most the limit. */
  endLbn = NaN;
  /** Result of `reach`: when all sectors before that are or will be read, ns. */
  reachedNs = NaN;

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

  /** Reading goes on from where an access has just ended. */
  start(segment: number): void {
    this.segment = segment;
    this.#run = 0;
    this.#runLeft = this.#mechanism.runLeft;
    this.#sectorNs = this.#mechanism.runSectorNs;
  }

  stop(): void {
    this.segment = -1;
    this.#run = 0;
  }

  /** After its end was reached and time has passed: goes on from `atNs`. */
  resume(): void {
    if (this.atNs <= this.sinceNs) return;
    // The platter has turned on: the next sector must be waited for.
    this.sinceNs = this.atNs;
    this.#runLeft = 0;
  }

  /** Goes on up to `atNs`. */
  advance(): void {
    const { atNs } = this;
    while (this.nextLbn < this.limitLbn && this.sinceNs < atNs) {
      if (this.#run === 0) this.#beginRun();
      if (this.#runEndNs > atNs) {
        const missing = Math.ceil((this.#runEndNs - atNs) / this.#sectorNs - 1e-6);
        this.reachedLbn = this.nextLbn + Math.max(0, this.#run - missing);
        return;
      }
      this.nextLbn += this.#run;
      this.sinceNs = this.#runEndNs;
      this.#run = 0;
    }
    this.reachedLbn = this.nextLbn;
  }

  /** How soon the sectors before `endLbn` are read. */
  reach(): void {
    const { endLbn, nextLbn } = this;
    if (endLbn <= nextLbn) {
      this.reachedNs = this.sinceNs;
      return;
    }
    if (this.#run === 0) this.#beginRun();
    const beyond = endLbn - (nextLbn + this.#run);
    if (beyond <= 0) {
      this.reachedNs = this.#runEndNs + beyond * this.#sectorNs;
      return;
    }
    const mechanism = this.#mechanism;
    mechanism.lbn = nextLbn + this.#run;
    mechanism.sectors = beyond;
    mechanism.atNs = this.#runEndNs;
    mechanism.stream();
    this.reachedNs = mechanism.endNs;
  }

  /** Plain data; times are relative to `nowNs`. */
  save(nowNs: number): number[] {
    const { segment, nextLbn, limitLbn, roomSectors } = this;
    const times = [this.sinceNs - nowNs, this.#runEndNs - nowNs, this.#sectorNs];
    return [segment, nextLbn, limitLbn, this.#run, ...times, this.#runLeft, roomSectors];
  }

  load(saved: readonly number[], nowNs: number): void {
    [this.segment, this.nextLbn, this.limitLbn, this.#run] = saved;
    this.sinceNs = saved[4] + nowNs;
    this.#runEndNs = saved[5] + nowNs;
    this.#sectorNs = saved[6];
    [this.#runLeft, this.roomSectors] = saved.slice(7);
  }

  /** Takes the head to the next run's track. */
  #beginRun(): void {
    const wanted = this.limitLbn - this.nextLbn;
    if (this.#runLeft > 0) {
      this.#run = Math.min(this.#runLeft, wanted);
      this.#runEndNs = this.sinceNs + this.#run * this.#sectorNs;
    } else {
      const mechanism = this.#mechanism;
      mechanism.lbn = this.nextLbn;
      mechanism.locate();
      this.#run = Math.min(mechanism.geometry.run, wanted);
      mechanism.sectors = this.#run;
      mechanism.atNs = this.sinceNs;
      mechanism.access(false);
      this.#runEndNs = mechanism.endNs;
      this.#runLeft = mechanism.runLeft + this.#run;
      this.#sectorNs = mechanism.runSectorNs;
    }
    this.#runLeft -= this.#run;
  }
}

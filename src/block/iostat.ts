/**
 * What `iostat -x` shows (sysstat, rd_stats.c and iostat.c), from a queue's counters: the same
 * names mean the same. The kernel counts in ms, here it is ns, so figures are not rounded as there.
 */

import { KIB, MS, SECOND, SECTOR_BYTES } from '../sim/units.ts';
import { StatGroup, type BlockCounters } from './accounting.ts';

/** One group's columns: r_, w_ or d_. */
export interface IostatGroup {
  /** Requests completed, a second: `r/s`. */
  perSecond: number;
  /** `rkB/s`. */
  kibPerSecond: number;
  /** Bios merged, a second: `rrqm/s`. */
  mergedPerSecond: number;
  /** Share of bios that merged, percent: `%rrqm`. */
  mergedPercent: number;
  /** Mean time from allocation to completion, ms: `r_await`. */
  awaitMs: number;
  /** Mean size of a request, KiB: `rareq-sz`. */
  requestKib: number;
}

export interface Iostat {
  read: IostatGroup;
  write: IostatGroup;
  discard: IostatGroup;
  /** Flushes a second, and their mean time, ms: `f/s`, `f_await`. */
  flushesPerSecond: number;
  flushAwaitMs: number;
  /** Mean number of requests in being: `aqu-sz` (`avgqu-sz`). */
  queueSize: number;
  /** Share of the time with at least one request in being, percent: `%util`. */
  utilPercent: number;
  /**
   * Of reads and writes together, as older versions show: `await` and `svctm` in ms, `avgrq-sz` in sectors.
   * The service time is but the busy time over the requests, and says nothing where some are served at once.
   */
  awaitMs: number;
  serviceMs: number;
  requestSectors: number;
}

/** A reading of the counters, to take differences from. */
export class IostatReading {
  readonly timeNs: number;
  readonly #ios: Float64Array;
  readonly #merges: Float64Array;
  readonly #sectors: Float64Array;
  readonly #ticksNs: Float64Array;
  readonly #ioTicksNs: number;
  readonly #timeInQueueNs: number;

  /**
   * @param counters brought up to `timeNs`, as `queue.counters` gives them
   * @param timeNs now, ns
   */
  constructor(counters: Readonly<BlockCounters>, timeNs: number) {
    this.timeNs = timeNs;
    this.#ios = counters.ios.slice();
    this.#merges = counters.merges.slice();
    this.#sectors = counters.sectors.slice();
    this.#ticksNs = counters.ticksNs.slice();
    this.#ioTicksNs = counters.ioTicksNs;
    this.#timeInQueueNs = counters.timeInQueueNs;
  }

  /** The report for the time from `earlier` up to this reading; all 0 when there is none between. */
  since(earlier: IostatReading): Iostat {
    const ns = this.timeNs - earlier.timeNs;
    const perSecond = (count: number) => (ns > 0 ? (count * SECOND) / ns : 0);
    const ios = (group: StatGroup) => this.#ios[group] - earlier.#ios[group];
    const ticks = (group: StatGroup) => this.#ticksNs[group] - earlier.#ticksNs[group];
    const sectors = (group: StatGroup) => this.#sectors[group] - earlier.#sectors[group];
    const columns = (group: StatGroup): IostatGroup => {
      const merges = this.#merges[group] - earlier.#merges[group];
      const kib = (sectors(group) * SECTOR_BYTES) / KIB;
      return {
        perSecond: perSecond(ios(group)),
        kibPerSecond: perSecond(kib),
        mergedPerSecond: perSecond(merges),
        mergedPercent: 100 * ratio(merges, merges + ios(group)),
        awaitMs: ratio(ticks(group), ios(group)) / MS,
        requestKib: ratio(kib, ios(group)),
      };
    };
    const { read, write, discard, flush } = StatGroup;
    const both = ios(read) + ios(write);
    return {
      read: columns(read),
      write: columns(write),
      discard: columns(discard),
      flushesPerSecond: perSecond(ios(flush)),
      flushAwaitMs: ratio(ticks(flush), ios(flush)) / MS,
      queueSize: ratio(this.#timeInQueueNs - earlier.#timeInQueueNs, ns),
      utilPercent: 100 * ratio(this.#ioTicksNs - earlier.#ioTicksNs, ns),
      awaitMs: ratio(ticks(read) + ticks(write), both) / MS,
      serviceMs: ratio(this.#ioTicksNs - earlier.#ioTicksNs, both) / MS,
      requestSectors: ratio(sectors(read) + sectors(write), both),
    };
  }
}

function ratio(a: number, b: number): number {
  return b === 0 ? 0 : a / b;
}

/**
 * Writing dirty sectors out: when the firmware wants to, and which range is next.
 *
 * It goes through the addresses in one direction and, among the next few ranges ahead, takes the
 * one soonest under the head. While the medium is idle nothing here is an event: when a write-out
 * would have begun follows from what is dirty and since when. Sectors and times are handed over in
 * fields (docs/HOT-PATH.md).
 */

import { DirtyRanges } from './dirty.ts';
import type { Mechanism } from './mechanism.ts';
import type { HddProfile } from './profile.ts';
import type { EventQueue } from '../../sim/events.ts';
import { MS } from '../../sim/units.ts';

export class Destage {
  readonly dirty: DirtyRanges;

  /** The row of sectors that `holds` and `add` are about, and the sector behind it. */
  lbn = NaN;
  endLbn = NaN;
  /** For `add`: the row's data is in the buffer from then on, ns. */
  arrivedNs = NaN;
  /** For `begins`: the medium is free from then on, and the last command came then, ns. */
  freeNs = NaN;
  quietSinceNs = NaN;
  /** For `write`: when it begins, ns. Result of `begins`: Infinity when nothing is dirty. */
  atNs = NaN;

  /** The range being written last: it takes up the buffer until `untilNs`, when the medium is free. */
  startLbn = 0;
  stopLbn = 0;
  untilNs = 0;

  /** Above the high mark, until below the low one. */
  #pressing = false;
  #pressingSinceNs = 0;
  /** Nothing was dirty before this time, ns: never later than the oldest range's birth. */
  #oldestNs = Infinity;
  /** When the first of what has been dirty since nothing was had arrived, ns. */
  #dirtySinceNs = Infinity;
  #cursor = 0;
  readonly #buffers: boolean;
  readonly #sizeSectors: number = 0;
  readonly #extents: number = 0;
  readonly #highSectors: number = NaN;
  readonly #highExtents: number = NaN;
  readonly #lowSectors: number = NaN;
  readonly #lowExtents: number = NaN;
  readonly #idleNs: number = NaN;
  readonly #ageLimitNs: number = NaN;
  readonly #window: number = 0;
  readonly #mostSectors: number = 0;
  readonly #mechanism: Mechanism;
  readonly #clock: EventQueue;

  constructor(profile: HddProfile, mechanism: Mechanism, clock: EventQueue) {
    const { writeCache: cache } = profile;
    this.#buffers = cache.acknowledge === 'buffer';
    this.#sizeSectors = cache.size_sectors;
    this.#extents = cache.extents;
    this.#highSectors = cache.high_share * cache.size_sectors;
    this.#highExtents = cache.high_share * cache.extents;
    this.#lowSectors = cache.low_share * cache.size_sectors;
    this.#lowExtents = cache.low_share * cache.extents;
    this.#idleNs = cache.idle_ms * MS;
    this.#ageLimitNs = cache.ageLimit_ms * MS;
    this.#window = cache.window;
    this.#mostSectors = cache.destageMax_sectors;
    this.#mechanism = mechanism;
    this.#clock = clock;
    this.dirty = new DirtyRanges(cache.extents, cache.combine);
  }

  /** Whether a write could go into the buffer at all. */
  takes(sectors: number): boolean {
    return this.#buffers && sectors <= this.#sizeSectors;
  }

  /** Whether sectors are dirty or on their way to the medium. */
  isBusy(): boolean {
    return this.dirty.count > 0 || this.#clock.nowNs < this.untilNs;
  }

  hasRoom(sectors: number): boolean {
    const inFlight = this.#clock.nowNs + 1 <= this.untilNs ? this.stopLbn - this.startLbn : 0;
    const { dirty } = this;
    return dirty.count < this.#extents && dirty.sectors + inFlight + sectors <= this.#sizeSectors;
  }

  /** Whether the buffer still holds all of the row as written data. */
  holds(): boolean {
    const { dirty, lbn, endLbn } = this;
    const isInFlight = this.#clock.nowNs < this.untilNs;
    if (isInFlight && lbn >= this.startLbn && endLbn <= this.stopLbn) return true;
    if (dirty.count === 0) return false;
    dirty.lbn = lbn;
    dirty.endLbn = endLbn;
    return dirty.holds();
  }

  /** Takes up the row, written now. */
  add(): void {
    const { dirty } = this;
    const { nowNs } = this.#clock;
    if (dirty.count === 0) this.#dirtySinceNs = this.arrivedNs;
    dirty.lbn = this.lbn;
    dirty.endLbn = this.endLbn;
    dirty.nowNs = nowNs;
    dirty.add();
    if (nowNs < this.#oldestNs) this.#oldestNs = nowNs;
    const isHigh = dirty.sectors > this.#highSectors || dirty.count > this.#highExtents;
    if (!this.#pressing && isHigh) {
      this.#pressing = true;
      this.#pressingSinceNs = nowNs;
    }
  }

  /** Whether writing out takes turns with requests: too much is dirty, or the oldest is too old. */
  presses(): boolean {
    return this.#pressing || this.#clock.nowNs >= this.#oldestNs + this.#ageLimitNs;
  }

  /** When the next write-out begins of itself. */
  begins(): void {
    if (this.dirty.count === 0) {
      this.atNs = Infinity;
      return;
    }
    // Without a pause to wait for, commands that keep coming are none to wait for: what came while a range
    // was being written follows it directly.
    let dueNs = this.#idleNs > 0 ? this.quietSinceNs + this.#idleNs : this.#dirtySinceNs;
    if (this.#pressing) dueNs = Math.min(dueNs, this.#pressingSinceNs);
    dueNs = Math.min(dueNs, this.#oldestNs + this.#ageLimitNs);
    this.atNs = Math.max(this.freeNs, dueNs);
  }

  /** Writes a range, from `atNs` on; something is dirty. */
  write(): void {
    const { dirty } = this;
    const mechanism = this.#mechanism;
    const i = this.#choose();
    const startLbn = dirty.starts[i];
    const stopLbn = Math.min(dirty.ends[i], startLbn + this.#mostSectors);
    dirty.lbn = startLbn;
    dirty.endLbn = stopLbn;
    dirty.removeFrom(i);
    this.startLbn = startLbn;
    this.stopLbn = stopLbn;
    this.#cursor = stopLbn;
    mechanism.lbn = startLbn;
    mechanism.sectors = stopLbn - startLbn;
    mechanism.atNs = this.atNs;
    mechanism.access(true);
    this.untilNs = mechanism.endNs;
    const isLow = dirty.sectors <= this.#lowSectors && dirty.count <= this.#lowExtents;
    if (isLow) this.#pressing = false;
    // The bound is made exact only when it matters.
    if (dirty.count === 0) this.#oldestNs = Infinity;
    else if (this.untilNs >= this.#oldestNs + this.#ageLimitNs) {
      dirty.findOldest();
      this.#oldestNs = dirty.oldestNs;
    }
  }

  /** The range to write next: of the next few ahead, the one soonest under the head. */
  #choose(): number {
    const { dirty } = this;
    const mechanism = this.#mechanism;
    const { geometry } = mechanism;
    const window = Math.min(this.#window, dirty.count);
    dirty.lbn = this.#cursor;
    let i = dirty.find();
    if (i === dirty.size) i = dirty.next(0);
    if (window === 1) return i;
    mechanism.fromNs = this.atNs;
    let best = i;
    let bestNs = Infinity;
    for (let looked = 0; looked < window; looked++) {
      mechanism.lbn = dirty.starts[i];
      mechanism.locate();
      const { cylinder } = geometry;
      mechanism.seek.find(Math.abs(cylinder - mechanism.cylinder));
      if (mechanism.seek.ns < bestNs) {
        mechanism.position(cylinder, geometry.head, true);
        if (mechanism.positionNs < bestNs) {
          bestNs = mechanism.positionNs;
          best = i;
        }
      }
      i = dirty.next(i + 1);
      if (i === dirty.size) i = dirty.next(0);
    }
    return best;
  }

  /** Plain data; times are relative to `nowNs`. */
  save(nowNs: number): unknown {
    const [starts, ends, born] = this.dirty.save();
    return {
      starts,
      ends,
      born: born.map((ns) => ns - nowNs),
      flight: [this.startLbn, this.stopLbn, this.untilNs - nowNs],
      pressing: [Number(this.#pressing), this.#pressingSinceNs - nowNs],
      dirtySince: this.#dirtySinceNs - nowNs,
      cursor: this.#cursor,
    };
  }

  load(saved: unknown, nowNs: number): void {
    const state = saved as {
      starts: number[];
      ends: number[];
      born: number[];
      flight: number[];
      pressing: number[];
      dirtySince: number;
      cursor: number;
    };
    this.dirty.load([state.starts, state.ends, state.born.map((ns) => ns + nowNs)]);
    this.startLbn = state.flight[0];
    this.stopLbn = state.flight[1];
    this.untilNs = state.flight[2] + nowNs;
    this.#pressing = state.pressing[0] === 1;
    this.#pressingSinceNs = state.pressing[1] + nowNs;
    this.#dirtySinceNs = state.dirtySince + nowNs;
    this.#cursor = state.cursor;
    this.dirty.findOldest();
    this.#oldestNs = this.dirty.oldestNs;
  }
}

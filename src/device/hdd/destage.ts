/**
 * Writing dirty sectors out: when the firmware wants to, and which range is next.
 *
 * It goes through the addresses in one direction and, among the next few ranges ahead, takes the
 * one soonest under the head. While the medium is idle nothing here is an event: when a write-out
 * would have begun follows from what is dirty and since when.
 */

import { DirtyRanges } from './dirty.ts';
import type { Mechanism } from './mechanism.ts';
import type { HddProfile } from './profile.ts';
import { MS } from '../../sim/units.ts';

export class Destage {
  readonly dirty: DirtyRanges;
  /** The range being written last: it takes up the buffer until `untilNs`. */
  startLbn = 0;
  endLbn = 0;
  untilNs = 0;

  /** Above the high mark, until below the low one. */
  #pressing = false;
  #pressingSinceNs = 0;
  /** Nothing was dirty before this time, ns: never later than the oldest range's birth. */
  #oldestNs = Infinity;
  #cursor = 0;
  readonly #cache: HddProfile['writeCache'];
  readonly #mechanism: Mechanism;

  constructor(profile: HddProfile, mechanism: Mechanism) {
    this.#cache = profile.writeCache;
    this.#mechanism = mechanism;
    this.dirty = new DirtyRanges(this.#cache.extents, this.#cache.combine);
  }

  /** Whether a write could go into the buffer at all. */
  takes(sectors: number): boolean {
    return this.#cache.acknowledge === 'buffer' && sectors <= this.#cache.size_sectors;
  }

  /** Whether sectors are dirty or on their way to the medium. */
  isBusy(nowNs: number): boolean {
    return this.dirty.count > 0 || nowNs < this.untilNs;
  }

  hasRoom(sectors: number, nowNs: number): boolean {
    const inFlight = nowNs + 1 <= this.untilNs ? this.endLbn - this.startLbn : 0;
    const { dirty } = this;
    return (
      dirty.count < this.#cache.extents &&
      dirty.sectors + inFlight + sectors <= this.#cache.size_sectors
    );
  }

  /** Whether the buffer still holds all of a row as written data. */
  holds(lbn: number, endLbn: number, nowNs: number): boolean {
    if (nowNs < this.untilNs && lbn >= this.startLbn && endLbn <= this.endLbn) return true;
    return this.dirty.count > 0 && this.dirty.holds(lbn, endLbn);
  }

  add(lbn: number, sectors: number, nowNs: number): void {
    this.dirty.add(lbn, lbn + sectors, nowNs);
    if (nowNs < this.#oldestNs) this.#oldestNs = nowNs;
    if (!this.#pressing && this.#above(this.#cache.high_share)) {
      this.#pressing = true;
      this.#pressingSinceNs = nowNs;
    }
  }

  #above(share: number): boolean {
    const { size_sectors, extents } = this.#cache;
    return this.dirty.sectors > share * size_sectors || this.dirty.count > share * extents;
  }

  /** Whether writing out takes turns with requests. */
  presses(nowNs: number): boolean {
    return this.#pressing || nowNs >= this.#agedNs();
  }

  /** When the oldest dirty range reaches the age limit, ns. */
  #agedNs(): number {
    return this.#oldestNs + this.#cache.ageLimit_ms * MS;
  }

  /**
   * When the next write-out begins of itself, ns; Infinity when nothing is dirty.
   * @param freeNs the medium is free from then on
   * @param quietSinceNs the last command came then
   */
  beginsNs(freeNs: number, quietSinceNs: number): number {
    if (this.dirty.count === 0) return Infinity;
    let due = quietSinceNs + this.#cache.idle_ms * MS;
    if (this.#pressing) due = Math.min(due, this.#pressingSinceNs);
    due = Math.min(due, this.#agedNs());
    return Math.max(freeNs, due);
  }

  /** Writes a range, from `atNs` on; something is dirty. @returns when the medium is free, ns */
  write(atNs: number): number {
    const { dirty } = this;
    const i = this.#choose(atNs);
    const start = dirty.starts[i];
    const end = Math.min(dirty.ends[i], start + this.#cache.destageMax_sectors);
    dirty.remove(start, end);
    this.startLbn = start;
    this.endLbn = end;
    this.#cursor = end;
    this.untilNs = this.#mechanism.access(start, end - start, true, atNs, 0);
    if (this.#pressing && !this.#above(this.#cache.low_share)) this.#pressing = false;
    // The bound is made exact only when it matters.
    if (dirty.count === 0) this.#oldestNs = Infinity;
    else if (this.untilNs >= this.#agedNs()) this.#oldestNs = dirty.oldestNs();
    return this.untilNs;
  }

  #choose(atNs: number): number {
    const { dirty } = this;
    const { geometry } = this.#mechanism;
    const window = Math.min(this.#cache.window, dirty.count);
    let i = dirty.indexFrom(this.#cursor);
    if (i === dirty.count) i = 0;
    if (window === 1) return i;
    let best = i;
    let bestNs = Infinity;
    for (let looked = 0; looked < window; looked++) {
      geometry.locate(dirty.starts[i]);
      const { cylinder } = geometry;
      if (this.#mechanism.seekToNs(cylinder) < bestNs) {
        const angleNs = geometry.angle * this.#mechanism.sectorNs(geometry.sectorsPerTrack);
        const ns = this.#mechanism.positioningNs(cylinder, geometry.head, angleNs, true, atNs);
        if (ns < bestNs) {
          bestNs = ns;
          best = i;
        }
      }
      if (++i === dirty.count) i = 0;
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
      flight: [this.startLbn, this.endLbn, this.untilNs - nowNs],
      pressing: [Number(this.#pressing), this.#pressingSinceNs - nowNs],
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
      cursor: number;
    };
    this.dirty.load([state.starts, state.ends, state.born.map((ns) => ns + nowNs)]);
    this.startLbn = state.flight[0];
    this.endLbn = state.flight[1];
    this.untilNs = state.flight[2] + nowNs;
    this.#pressing = state.pressing[0] === 1;
    this.#pressingSinceNs = state.pressing[1] + nowNs;
    this.#cursor = state.cursor;
    this.#oldestNs = this.dirty.oldestNs();
  }
}

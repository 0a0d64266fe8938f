/**
 * Dirty throttling without IO, since 3.2 (balance_dirty_pages, "IO-less dirty throttling", Wu):
 * who dirties memory only sleeps. How long follows from a rate that is found for each disk so that
 * as many pages come as it writes, times where the number of dirty pages stands between the point
 * from which on anyone is held back and the limit.
 */

import type { Sleeping } from '../../sim/task.ts';
import { version } from '../../sim/kernel-version.ts';
import { MS, SECOND } from '../../sim/units.ts';
import type { Bdi } from '../bdi.ts';
import { BANDWIDTH_INTERVAL_NS } from '../bandwidth.ts';
import type { Flushers } from '../flushers.ts';
import type { Memory } from '../memory.ts';
import { type DirtyThrottle, EXCEEDED_RATELIMIT, ratelimitPages } from './throttle.ts';

/** MAX_PAUSE: HZ / 5. */
const MAX_PAUSE_NS = 200 * MS;
/** DIRTY_POLL_THRESH: 128 KiB in pages. */
const POLL_PAGES = 32;
/** 1 << RATELIMIT_CALC_SHIFT: a position ratio of 1. */
const UNIT = 1024;

/** What a disk's position is reckoned from, pages. */
export interface Position {
  readonly thresh: number;
  readonly background: number;
  /** Dirty and under write-back, in all. */
  readonly dirty: number;
  /** The global limit that `thresh` is approached from, never under it. */
  readonly limit: number;
  readonly bdiThresh: number;
  readonly bdiDirty: number;
  /** The disk's average write bandwidth, pages/s. */
  readonly bandwidth: number;
}

/** bdi_position_ratio of 3.2, as a number with 1 at the setpoint. */
export function positionRatio(at: Position): number {
  const freerun = (at.thresh + at.background) / 2;
  const { limit, dirty } = at;
  if (dirty >= limit) return 0;
  const setpoint = Math.floor((freerun + limit) / 2);
  // The global curve: a third-degree polynomial, 2 at freerun, 1 at the setpoint, 0 at the limit.
  const x = Math.trunc(((setpoint - dirty) * UNIT) / (limit - setpoint + 1));
  let ratio = Math.trunc((Math.trunc((x * x) / UNIT) * x) / UNIT) + UNIT;
  // The disk's line: falls from 1 at its own setpoint over a span of its bandwidth.
  const bdiThresh = Math.max(Math.min(at.bdiThresh, at.thresh), Math.floor((limit - dirty) / 8));
  const share = bdiThresh / (at.thresh + 1);
  const bdiSetpoint = Math.floor(setpoint * share);
  const span = Math.floor((at.thresh - bdiThresh + 8 * at.bandwidth) * share);
  const intercept = bdiSetpoint + span;
  if (at.bdiDirty < intercept - span / 4) {
    ratio = (ratio * (intercept - at.bdiDirty)) / (intercept - bdiSetpoint + 1);
  } else {
    ratio /= 4;
  }
  // A reserve for a disk with little in flight.
  const reserve = bdiThresh / 2;
  if (at.bdiDirty < reserve) {
    ratio = at.bdiDirty > reserve / 8 ? (ratio * reserve) / at.bdiDirty : ratio * 8;
  }
  return ratio / UNIT;
}

/** bdi_max_pause: shorter the less a disk has in flight, so that it does not run dry. */
export function maxPauseNs(bdiDirty: number, bandwidth: number): number {
  // HZ is 1000: t is ms; roundup_pow_of_two(1 + HZ / 8) is 128.
  const ms = Math.floor(bdiDirty / (1 + Math.floor(bandwidth / 128))) + 1;
  return Math.min(MAX_PAUSE_NS, ms * MS);
}

export class Pauses implements DirtyThrottle {
  readonly #memory: Memory;
  readonly #flushers: Flushers;
  readonly #ratelimit: number;
  /** global_dirty_limit: follows the limit down slowly. */
  #globalLimit = 0;
  #globalStampNs = 0;
  // By task: pages dirtied since it last paused, how many it may, and when its last pause ended.
  readonly #dirtied: number[] = [];
  readonly #allowed: number[] = [];
  readonly #pausedWhenNs: number[] = [];

  constructor(memory: Memory, flushers: Flushers) {
    this.#memory = memory;
    this.#flushers = flushers;
    this.#ratelimit = ratelimitPages(memory.options.pages, memory.options.cpus);
  }

  dirtied(bdi: Bdi, pages: number): boolean {
    const task = this.#memory.scheduler.current.id;
    const dirtied = (this.#dirtied[task] ?? 0) + pages;
    this.#dirtied[task] = dirtied;
    const allowed = Math.min(this.#allowed[task] ?? POLL_PAGES, this.#ratelimit);
    return dirtied >= (bdi.dirtyExceeded ? Math.min(allowed, EXCEEDED_RATELIMIT) : allowed);
  }

  *balance(bdi: Bdi): Sleeping<void> {
    const memory = this.#memory;
    const { limits, events, stat } = memory;
    const task = memory.scheduler.current.id;
    const flusher = this.#flushers.of(bdi);
    const pages = this.#dirtied[task];
    const startedNs = events.nowNs;
    let exceeded = false;
    for (;;) {
      const nowNs = events.nowNs;
      limits.update();
      const dirty = memory.nrDirty + memory.nrWriteback;
      if (dirty <= limits.freerun) {
        this.#rest(task, nowNs, pollInterval(dirty, limits.dirty));
        break;
      }
      if (!bdi.writebackRunning) flusher.startBackground();
      const bdiThresh = limits.partOf(bdi, limits.dirty);
      const bdiDirty = bdi.nrDirty + bdi.nrWriteback;
      exceeded = this.#isExceeded(bdiDirty > bdiThresh, dirty > limits.dirty);
      if (exceeded) bdi.dirtyExceeded = true;
      this.#updateBandwidth(bdi, startedNs, true);
      const { dirtyRatelimit, average } = bdi.bandwidth;
      const rate = Math.floor(dirtyRatelimit * this.#positionOf(bdi));
      const longest = maxPauseNs(bdiDirty, average);
      const shortest = this.#minPause(bdi, longest, rate);
      let pauseNs: number;
      if (rate === 0) {
        pauseNs = longest;
      } else {
        const periodNs = Math.floor((pages * SECOND) / rate);
        const last = this.#pausedWhenNs[task] ?? 0;
        pauseNs = last === 0 ? periodNs : periodNs - (nowNs - last);
        if (pauseNs < shortest.ns) {
          // It was slow enough by itself, or sleeps so little that it is put off to the next time.
          if (pauseNs < -SECOND) this.#rest(task, nowNs, shortest.pages);
          else if (periodNs > 0)
            this.#rest(task, last === 0 ? nowNs : last + periodNs, shortest.pages);
          else if ((this.#allowed[task] ?? 0) <= pages)
            this.#allowed[task] = shortest.pages + pages;
          break;
        }
      }
      const behind = Math.min(Math.max(0, pauseNs - longest), longest);
      pauseNs = Math.min(pauseNs, longest);
      yield* memory.ioSleepNs(pauseNs, 'balance_dirty_pages');
      this.#rest(task, nowNs + behind + pauseNs, shortest.pages);
      // A task without a rate goes round again: nothing may be dirtied now.
      if (rate > 0 || bdiDirty <= 0) break;
    }
    if (!exceeded) bdi.dirtyExceeded = false;
    stat.stalledThrottleNs += events.nowNs - startedNs;
    if (!bdi.writebackRunning && memory.nrDirty > limits.background) flusher.startBackground();
  }

  /** 3.2 and 3.3: over either limit; since 3.4: over both. */
  #isExceeded(bdiOver: boolean, globalOver: boolean): boolean {
    return this.#memory.options.kernel < version(3, 4)
      ? bdiOver || globalOver
      : bdiOver && globalOver;
  }

  #rest(task: number, pausedWhenNs: number, allowed: number): void {
    this.#pausedWhenNs[task] = pausedWhenNs;
    this.#dirtied[task] = 0;
    this.#allowed[task] = Math.max(1, allowed);
  }

  #positionOf(bdi: Bdi): number {
    const { limits, nrDirty, nrWriteback } = this.#memory;
    return positionRatio({
      thresh: limits.dirty,
      background: limits.background,
      dirty: nrDirty + nrWriteback,
      limit: Math.max(limits.dirty, this.#globalLimit),
      bdiThresh: limits.partOf(bdi, limits.dirty),
      bdiDirty: bdi.nrDirty + bdi.nrWriteback,
      bandwidth: bdi.bandwidth.average,
    });
  }

  wrote(bdi: Bdi, startedNs: number): void {
    this.#updateBandwidth(bdi, startedNs, false);
  }

  /** bdi_update_bandwidth: every 200 ms, by whoever comes first, writer or flusher. */
  #updateBandwidth(bdi: Bdi, startedNs: number, isWriter: boolean): void {
    const { events, limits, nrDirty, nrWriteback } = this.#memory;
    const { bandwidth } = bdi;
    const nowNs = events.nowNs;
    const elapsedNs = nowNs - bandwidth.stampNs;
    if (elapsedNs < BANDWIDTH_INTERVAL_NS) return;
    // A quiet second says nothing about the disk.
    if (elapsedNs <= SECOND || bandwidth.stampNs >= startedNs) {
      if (isWriter) {
        const dirty = nrDirty + nrWriteback;
        this.#updateGlobalLimit(nowNs, dirty);
        const setpoint = (limits.freerun + Math.max(limits.dirty, this.#globalLimit)) / 2;
        const isUnder = dirty < setpoint;
        bandwidth.updateRatelimit(bdi.dirtied, elapsedNs, this.#positionOf(bdi), isUnder);
      }
      bandwidth.updateWrite(bdi.written, elapsedNs);
    }
    bandwidth.stamp(nowNs, bdi.written, bdi.dirtied);
  }

  /** update_dirty_limit: up at once, down by 1/32 of the way each 200 ms, never under what is dirty. */
  #updateGlobalLimit(nowNs: number, dirty: number): void {
    if (nowNs - this.#globalStampNs < BANDWIDTH_INTERVAL_NS) return;
    this.#globalStampNs = nowNs;
    const thresh = this.#memory.limits.dirty;
    const least = Math.max(thresh, dirty);
    if (this.#globalLimit < thresh) this.#globalLimit = thresh;
    else if (this.#globalLimit > least) this.#globalLimit -= (this.#globalLimit - least) >> 5;
  }

  /** bdi_min_pause: 10 ms and more the more tasks share the disk; and the pages until the next pause. */
  #minPause(bdi: Bdi, longestNs: number, rate: number): { ns: number; pages: number } {
    const { dirtyRatelimit, average } = bdi.bandwidth;
    const longest = longestNs / MS;
    const high = Math.floor(Math.log2(Math.max(1, average)));
    const low = Math.floor(Math.log2(dirtyRatelimit));
    let ms = 10;
    if (high > low) ms += Math.floor(((high - low) * 10_000) / 1024);
    ms = Math.min(ms, 1 + Math.floor(longest / 2));
    let pages = Math.floor((dirtyRatelimit * ms) / 1024);
    if (pages < POLL_PAGES) {
      ms = longest;
      pages = Math.floor((dirtyRatelimit * ms) / 1024);
      if (pages > POLL_PAGES) {
        pages = POLL_PAGES;
        ms = Math.floor((1000 * POLL_PAGES) / dirtyRatelimit);
      }
    }
    if (Math.floor((1000 * pages) / (rate + 1)) > longest) {
      ms = longest;
      pages = Math.floor((rate * ms) / 1024);
    }
    const least = pages >= POLL_PAGES ? 1 + ms / 2 : ms;
    return { ns: least * MS, pages };
  }
}

/** dirty_poll_interval: the further from the limit, the rarer the checks. */
export function pollInterval(dirty: number, thresh: number): number {
  return thresh > dirty ? 2 ** (Math.floor(Math.log2(thresh - dirty)) >> 1) : 1;
}

/**
 * What a disk takes: its write bandwidth, and how fast those who dirty pages for it may be, both
 * estimated anew every 200 ms (mm/page-writeback.c of 3.2: bdi_update_bandwidth). Rates are pages/s.
 */

import { MS, SECOND } from '../sim/units.ts';

/** BANDWIDTH_INTERVAL: HZ / 5. */
export const BANDWIDTH_INTERVAL_NS = 200 * MS;
/** INIT_BW: 100 MiB/s. */
const INITIAL_RATE = 25_600;
/** Over how long the bandwidth is averaged: 3 s rounded up to a power of two of jiffies at HZ 1000. */
const AVERAGING_MS = 4096;

export class Bandwidth {
  /** Running averages: of the last 4 s, and a smoother one. */
  write = INITIAL_RATE;
  average = INITIAL_RATE;
  /** What each task that dirties pages may do, before its position is taken into account. */
  dirtyRatelimit = INITIAL_RATE;
  balancedRatelimit = INITIAL_RATE;
  stampNs = 0;
  #writtenStamp = 0;
  #dirtiedStamp = 0;

  /** bdi_update_write_bandwidth: `written` pages since the disk was made. */
  updateWrite(written: number, elapsedNs: number): void {
    const elapsedMs = elapsedNs / MS;
    const recent = written - this.#writtenStamp;
    if (elapsedMs > AVERAGING_MS) {
      this.write = Math.floor((recent * 1000) / elapsedMs);
      this.average = this.write;
      return;
    }
    const old = this.write;
    const now = Math.floor((recent * 1000 + old * (AVERAGING_MS - elapsedMs)) / AVERAGING_MS);
    let { average } = this;
    if (average > old && old >= now) average -= (average - old) >> 3;
    if (average < old && old <= now) average += (old - average) >> 3;
    this.write = now;
    this.average = average;
  }

  /**
   * bdi_update_dirty_ratelimit: the rate at which `dirtied` pages come as fast as pages are written.
   * @param positionRatio of the disk, 1 when it is where it should be
   */
  updateRatelimit(
    dirtied: number,
    elapsedNs: number,
    positionRatio: number,
    isUnderSetpoint: boolean,
  ): void {
    const rate = ((dirtied - this.#dirtiedStamp) * SECOND) / elapsedNs;
    const task = Math.floor(this.dirtyRatelimit * positionRatio) + 1;
    const balanced = Math.min(this.write, Math.floor((task * this.write) / Math.max(1, rate)));
    // Only when the two estimates agree in direction does the limit follow, and then by steps.
    const old = this.dirtyRatelimit;
    const low = Math.min(this.balancedRatelimit, balanced, task);
    const high = Math.max(this.balancedRatelimit, balanced, task);
    let step = 0;
    if (isUnderSetpoint) step = old < low ? low - old : 0;
    else step = old > high ? old - high : 0;
    const shift = Math.floor(old / (2 * step + 1));
    step = shift >= 32 ? 0 : Math.floor(step / 2 ** shift);
    step = Math.floor((step + 7) / 8);
    this.dirtyRatelimit = Math.max(1, old < balanced ? old + step : old - step);
    this.balancedRatelimit = balanced;
  }

  stamp(nowNs: number, written: number, dirtied: number): void {
    this.stampNs = nowNs;
    this.#writtenStamp = written;
    this.#dirtiedStamp = dirtied;
  }
}

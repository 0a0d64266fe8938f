/** What mm counts, under the names of /proc/vmstat and the vmscan tracepoints where they exist. */

import { Histogram } from '../measure/histogram.ts';

/** On whose behalf a page is written. */
export const Writer = {
  /** Reclaim itself. */
  reclaim: 0,
  /** The flusher, because reclaim woke it. */
  kicked: 1,
  /** The flusher, by age or background limit. */
  flusher: 2,
  /** A writer throttled over the dirty limit (balance_dirty_pages of 2.6.34). */
  throttled: 3,
  /** A program's fsync or sync. */
  sync: 4,
} as const;
export type Writer = (typeof Writer)[keyof typeof Writer];

export class VmStat {
  /** Pages that went from clean to dirty. */
  pagesDirtied = 0;
  /** Pages that went from dirty to under write-back, by `Writer`. */
  readonly pagesCleaned = [0, 0, 0, 0, 0];
  /** Dirty pages dropped because their file was cut or removed. */
  pagesTruncated = 0;
  /** Pages written for reclaim that reclaim had not met dirty at the tail. */
  pagesExtra = 0;
  /** Pages whose write to the device is complete. */
  pagesWritten = 0;
  pagesRead = 0;
  /** Time from a bio's submission to its completion, ns, once a page. */
  readonly writeLatency = new Histogram();

  nrVmscanWrite = 0;
  nrVmscanImmediateReclaim = 0;
  pgscanDirect = 0;
  pgscanKswapd = 0;
  pgstealDirect = 0;
  pgstealKswapd = 0;
  pgactivate = 0;
  pgdeactivate = 0;
  pgrotated = 0;
  /** Direct reclaims. */
  allocstall = 0;
  /** Time programs spent in direct reclaim, ns. */
  stalledDirectNs = 0;
  /** Time writers spent throttled, ns. */
  stalledThrottleNs = 0;
  kswapdWakeups = 0;
  kswapdAwakeNs = 0;
  /** Direct reclaims that freed nothing. */
  noProgress = 0;
  /** Final iputs that reclaim ran. */
  reclaimFinalIputs = 0;

  get pagesCleanedTotal(): number {
    return this.pagesCleaned.reduce((sum, n) => sum + n, 0);
  }
}

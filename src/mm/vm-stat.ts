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
  /** A journal's commit: its ordered data. */
  journal: 5,
} as const;
export type Writer = (typeof Writer)[keyof typeof Writer];

/** Who reclaims: the index of the counters that are split by it. */
export const Reclaimer = { direct: 0, kswapd: 1 } as const;
export type Reclaimer = (typeof Reclaimer)[keyof typeof Reclaimer];

/** A counter for direct reclaim and one for kswapd, indexed by `Reclaimer`. */
export type Split = [direct: number, kswapd: number];

/** What a page written by reclaim is: flags that add up to an index of `VmStat.writepage`. */
export const Written = { kswapd: 4, anon: 2, sync: 1 } as const;

export class VmStat {
  // --- dirty pages of files ---
  /** Pages that went from clean to dirty (nr_dirtied). */
  pagesDirtied = 0;
  /** Pages that went from dirty to under write-back, by `Writer`. */
  readonly pagesCleaned = [0, 0, 0, 0, 0, 0];
  /** Dirty pages dropped because their file was cut or removed. */
  pagesTruncated = 0;
  /** Pages written for reclaim that reclaim had not met dirty at the tail. */
  pagesExtra = 0;
  /** Pages whose write to the device is complete (nr_written). */
  pagesWritten = 0;
  pagesRead = 0;
  /** Completed writes that moved a file's end on the disk, and those of them of a single page. */
  sizeUpdates = 0;
  sizeUpdatesSingle = 0;
  /** Time from a bio's submission to its completion, ns, once a page. */
  readonly writeLatency = new Histogram();

  // --- /proc/vmstat ---
  nrVmscanWrite = 0;
  nrVmscanImmediateReclaim = 0;
  readonly pgscan: Split = [0, 0];
  readonly pgsteal: Split = [0, 0];
  /** The same, by kind of page: [anonymous, file]. */
  readonly pgscanKind: [number, number] = [0, 0];
  readonly pgstealKind: [number, number] = [0, 0];
  pgactivate = 0;
  pgdeactivate = 0;
  pgrotated = 0;
  pgfault = 0;
  pgmajfault = 0;
  pgalloc = 0;
  pgfree = 0;
  pswpin = 0;
  pswpout = 0;
  /** Direct reclaims begun. */
  allocstall = 0;
  /** Rounds of balance_pgdat. */
  pageoutrun = 0;
  kswapdLowWmarkHitQuickly = 0;
  kswapdHighWmarkHitQuickly = 0;
  kswapdSkipCongestionWait = 0;
  oomKill = 0;

  // --- vmscan tracepoints ---
  /** mm_vmscan_writepage, by the sum of `Written` flags. */
  readonly writepage = [0, 0, 0, 0, 0, 0, 0, 0];
  /** Dirty pages that reclaim passed over (2011's "page writes skipped"). */
  writesSkipped = 0;
  /** mm_vmscan_wakeup_kswapd: requests; mm_vmscan_kswapd_wake and _sleep. */
  wakeupKswapd = 0;
  kswapdWakeups = 0;
  kswapdSleeps = 0;
  kswapdAwakeNs = 0;
  /** Direct reclaims that freed nothing. */
  noProgress = 0;
  /** Time programs spent in direct reclaim and waiting between two tries of it, ns. */
  stalledDirectNs = 0;
  /** congestion_wait: how often, and for how long, ns. */
  readonly congestionWaits: Split = [0, 0];
  readonly congestionWaitNs: Split = [0, 0];
  /** wait_iff_congested: calls, and time slept in them, ns. */
  readonly conditionalWaits: Split = [0, 0];
  readonly conditionalWaitNs: Split = [0, 0];
  /** mm_vmscan_throttled (reclaim_throttle, 5.16): how often, and for how long, ns. */
  readonly reclaimThrottles: Split = [0, 0];
  readonly reclaimThrottleNs: Split = [0, 0];
  /** Lumpy reclaim: pages taken beside the wanted one, those of them dirty, and those it could not take. */
  lumpyTaken = 0;
  lumpyDirty = 0;
  lumpyFailed = 0;

  // --- others ---
  /** Time writers spent throttled over the dirty limits, ns. */
  stalledThrottleNs = 0;
  /** Final iputs that reclaim ran. */
  reclaimFinalIputs = 0;
  /** Times an igrab for reclaim was refused: the inode was on its way out, and nothing was written. */
  igrabRefused = 0;
  /** "VFS: Busy inodes after unmount": inodes that someone still held. */
  busyInodes = 0;
  /** Pages, or ranges, of an inode on its way out that a way touched without a hold on it. */
  unpinnedUses = 0;

  get pagesCleanedTotal(): number {
    return this.pagesCleaned.reduce((sum, n) => sum + n, 0);
  }
}

/**
 * The counters of a run under the names that people know: those of /proc/vmstat, and the rows that
 * trace-vmscan-postprocess.pl makes of the vmscan tracepoints (the "FTrace Reclaim Statistics" of
 * the published tables). The names are those of `--json` and stay as they are.
 */

import { MS, SECOND } from '../sim/units.ts';
import { Lru } from './lru.ts';
import type { Memory } from './memory.ts';
import { Reclaimer, Writer, Written } from './vm-stat.ts';

/** What /proc/vmstat shows. Pages, and events. */
export function vmstat(memory: Memory): Record<string, number> {
  const { stat } = memory;
  const kib = 4;
  return {
    nr_free_pages: memory.freePages,
    nr_inactive_anon: memory.lruPages(Lru.inactiveAnon),
    nr_active_anon: memory.lruPages(Lru.activeAnon),
    nr_inactive_file: memory.lruPages(Lru.inactiveFile),
    nr_active_file: memory.lruPages(Lru.activeFile),
    nr_isolated: memory.nrIsolated,
    nr_dirty: memory.nrDirty,
    nr_writeback: memory.nrWriteback,
    nr_dirtied: stat.pagesDirtied,
    nr_written: stat.pagesWritten,
    nr_vmscan_write: stat.nrVmscanWrite,
    nr_vmscan_immediate_reclaim: stat.nrVmscanImmediateReclaim,
    pgpgin: (stat.pagesRead + stat.pswpin) * kib,
    pgpgout: (stat.pagesWritten + stat.pswpout) * kib,
    pswpin: stat.pswpin,
    pswpout: stat.pswpout,
    pgalloc: stat.pgalloc,
    pgfree: stat.pgfree,
    pgactivate: stat.pgactivate,
    pgdeactivate: stat.pgdeactivate,
    pgfault: stat.pgfault,
    pgmajfault: stat.pgmajfault,
    pgscan_kswapd: stat.pgscan[Reclaimer.kswapd],
    pgscan_direct: stat.pgscan[Reclaimer.direct],
    pgscan_anon: stat.pgscanKind[0],
    pgscan_file: stat.pgscanKind[1],
    pgsteal_kswapd: stat.pgsteal[Reclaimer.kswapd],
    pgsteal_direct: stat.pgsteal[Reclaimer.direct],
    pgsteal_anon: stat.pgstealKind[0],
    pgsteal_file: stat.pgstealKind[1],
    pageoutrun: stat.pageoutrun,
    allocstall: stat.allocstall,
    pgrotated: stat.pgrotated,
    kswapd_low_wmark_hit_quickly: stat.kswapdLowWmarkHitQuickly,
    kswapd_high_wmark_hit_quickly: stat.kswapdHighWmarkHitQuickly,
    kswapd_skip_congestion_wait: stat.kswapdSkipCongestionWait,
    oom_kill: stat.oomKill,
  };
}

/**
 * The rows of the published tables. Times are ms, shares percent, velocities pages a second.
 * @param kswapdAwakeNs time the kswapds were awake, summed over them
 * @param elapsedNs what velocities are reckoned by: until the last program ended
 */
export function reclaimStatistics(
  memory: Memory,
  kswapdAwakeNs: number,
  elapsedNs: number,
): Record<string, number> {
  const { stat } = memory;
  const { direct, kswapd } = Reclaimer;
  const { anon, sync } = Written;
  const written = (who: number, what: number) =>
    stat.writepage[(who === kswapd ? Written.kswapd : 0) + what];
  const share = (part: number, whole: number) => (whole === 0 ? 0 : (100 * part) / whole);
  const aSecond = (pages: number) => (elapsedNs === 0 ? 0 : (pages * SECOND) / elapsedNs);
  const scanned = stat.pgscan[direct] + stat.pgscan[kswapd];
  return {
    direct_reclaims: stat.allocstall,
    direct_pages_scanned: stat.pgscan[direct],
    direct_pages_reclaimed: stat.pgsteal[direct],
    direct_write_file_async: written(direct, 0),
    direct_write_file_sync: written(direct, sync),
    direct_write_anon_async: written(direct, anon),
    direct_write_anon_sync: written(direct, anon + sync),
    direct_efficiency_percent: share(stat.pgsteal[direct], stat.pgscan[direct]),
    wake_kswapd_requests: stat.wakeupKswapd,
    kswapd_wakeups: stat.kswapdWakeups,
    kswapd_pages_scanned: stat.pgscan[kswapd],
    kswapd_pages_reclaimed: stat.pgsteal[kswapd],
    kswapd_write_file_async: written(kswapd, 0),
    kswapd_write_file_sync: written(kswapd, sync),
    kswapd_write_anon_async: written(kswapd, anon),
    kswapd_write_anon_sync: written(kswapd, anon + sync),
    kswapd_efficiency_percent: share(stat.pgsteal[kswapd], stat.pgscan[kswapd]),
    direct_velocity: aSecond(stat.pgscan[direct]),
    kswapd_velocity: aSecond(stat.pgscan[kswapd]),
    direct_scans_percent: share(stat.pgscan[direct], scanned),
    scanned_written_percent: share(stat.nrVmscanWrite, scanned),
    file_scanned_written_percent: share(
      written(direct, 0) + written(direct, sync) + written(kswapd, 0) + written(kswapd, sync),
      stat.pgscanKind[1],
    ),
    page_writes_by_reclaim: stat.nrVmscanWrite,
    page_writes_skipped: stat.writesSkipped,
    page_writes_by_flushers: stat.pagesCleaned[Writer.flusher] + stat.pagesCleaned[Writer.kicked],
    size_updates: stat.sizeUpdates,
    size_updates_single_percent: share(stat.sizeUpdatesSingle, stat.sizeUpdates),
    page_reclaim_invalidate: stat.nrVmscanImmediateReclaim,
    stalled_direct_ms: stat.stalledDirectNs / MS,
    kswapd_awake_ms: kswapdAwakeNs / MS,
    direct_congestion_waits: stat.congestionWaits[direct],
    direct_congestion_wait_ms: stat.congestionWaitNs[direct] / MS,
    kswapd_congestion_waits: stat.congestionWaits[kswapd],
    kswapd_congestion_wait_ms: stat.congestionWaitNs[kswapd] / MS,
    direct_conditional_waits: stat.conditionalWaits[direct],
    direct_conditional_wait_ms: stat.conditionalWaitNs[direct] / MS,
    kswapd_conditional_waits: stat.conditionalWaits[kswapd],
    kswapd_conditional_wait_ms: stat.conditionalWaitNs[kswapd] / MS,
    direct_throttles: stat.reclaimThrottles[direct],
    direct_throttle_ms: stat.reclaimThrottleNs[direct] / MS,
    kswapd_throttles: stat.reclaimThrottles[kswapd],
    kswapd_throttle_ms: stat.reclaimThrottleNs[kswapd] / MS,
    lumpy_pages_taken: stat.lumpyTaken,
    lumpy_pages_dirty: stat.lumpyDirty,
    lumpy_pages_failed: stat.lumpyFailed,
    direct_without_progress: stat.noProgress,
    oom_kills: stat.oomKill,
    final_iputs_in_reclaim: stat.reclaimFinalIputs,
  };
}

/** A run's counters under their names in ftrace's reclaim statistics and /proc/vmstat, by column. */

import type { RunResult } from '../measure/run-result.ts';
import { counterOf } from './published.ts';
import { figure, renderTable } from './table.ts';

/** What is shown, in this order; times in s or ms as their names say. */
export const COUNTERS = [
  'elapsed_s',
  'direct_reclaims',
  'direct_pages_scanned',
  'direct_pages_reclaimed',
  'direct_efficiency_percent',
  'direct_write_file_async',
  'direct_write_file_sync',
  'direct_write_anon_async',
  'direct_write_anon_sync',
  'stalled_direct_s',
  'wake_kswapd_requests',
  'kswapd_wakeups',
  'kswapd_pages_scanned',
  'kswapd_pages_reclaimed',
  'kswapd_efficiency_percent',
  'kswapd_velocity',
  'kswapd_write_file_async',
  'kswapd_write_file_sync',
  'kswapd_write_anon_async',
  'kswapd_write_anon_sync',
  'kswapd_awake_s',
  'scanned_written_percent',
  'nr_vmscan_write',
  'nr_vmscan_immediate_reclaim',
  'page_writes_skipped',
  'page_writes_by_flushers',
  'nr_written',
  'size_updates',
  'size_updates_single_percent',
  'pages_read',
  'bios',
  'requests',
  'back_merges',
  'front_merges',
  'joined_requests',
  'mean_request_kib',
  'seeks',
  'mean_seek_cylinders',
  'device_busy_ms',
  'congested_async_ms',
  'congested_sync_ms',
  'deadlocks',
  'oom_kills',
] as const;

/** A line a counter, a column a run. */
export function countersTable(runs: readonly RunResult[]): string {
  return renderTable(
    ['counter', ...runs.map((run) => run.way)],
    COUNTERS.map((name) => [name, ...runs.map((run) => cell(counterOf(run, name)))]),
  );
}

/** Whole numbers are counts and shown to the last digit. */
function cell(value: number | undefined): string {
  if (value === undefined) return '-';
  return Number.isInteger(value) ? value.toLocaleString('en-US') : figure(value);
}

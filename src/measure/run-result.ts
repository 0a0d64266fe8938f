/** What one run of a scenario measured. The names are those of `--json` and stay as they are. */

export interface RunResult {
  scenario: string;
  device: string;
  way: string;
  /** The kernel generation of the block layer. */
  block_layer: string;
  scheduler: string;
  /** From the start until the last program has ended, ms. */
  programs_ms: number;
  /** What programs measured of their own work, by name. */
  scores: Record<string, { n: number; mean: number; min: number; max: number }>;
  /** From the start until every page is clean, ms. */
  simulated_ms: number;
  /** The same, and the drive's cache flushed, ms. */
  durable_ms: number;
  /** Pages written in `simulated_ms`, in 10^6 bytes/s. */
  mb_per_s: number;
  pages_dirtied: number;
  pages_cleaned: number;
  pages_still_dirty: number;
  pages_truncated: number;
  pages_written: number;
  /** Written for reclaim, without reclaim having met them dirty at the tail. */
  pages_extra: number;
  pages_read: number;
  /** Runs of blocks that all files lie in at the end. */
  file_extents: number;
  /** Write bios. */
  bios: number;
  /** Write requests that reached the drive. */
  requests: number;
  /** Bios merged into a request that was there, and requests merged with each other. */
  merges: number;
  mean_request_kib: number;
  seeks: number;
  mean_seek_cylinders: number;
  /** From a bio's submission to its completion, once a page. */
  latency_ms: { mean: number; p99: number };
  /** Programs waiting for memory: direct reclaim. */
  stalled_ms: number;
  /** Writers held back over the dirty limit. */
  throttled_ms: number;
  kswapd_awake_ms: number;
  device_busy_ms: number;
  /** Who cleaned how many pages. */
  cleaned_by: {
    reclaim: number;
    flusher_for_reclaim: number;
    flusher: number;
    throttled_writer: number;
    sync: number;
  };
  pages_scanned: number;
  pages_reclaimed: number;
  /** Circles of locks that were found: the run ended at the first, so 0 or 1. */
  deadlocks: number;
  /** Who held and waited for what in it. */
  deadlock?: string;
  /** What the disks' queues counted of all bios: merges, and time congested in ms. */
  block: {
    back_merges: number;
    front_merges: number;
    joined_requests: number;
    congested_async_ms: number;
    congested_sync_ms: number;
  };
  /** Counters under their names in /proc/vmstat. */
  vmstat: Record<string, number>;
  /** Rows of the published reclaim tables, from the vmscan tracepoints. */
  reclaim: Record<string, number>;
}

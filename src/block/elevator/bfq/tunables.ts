/** bfq's tunables, by the names and units of /sys/block/DEVICE/queue/iosched. */

export const bfqDefaults = {
  /** How long a request may wait within its queue, ms. */
  fifo_expire_sync: 125,
  fifo_expire_async: 250,
  /** Longest way back that is considered, KiB. */
  back_seek_max: 16 * 1024,
  back_seek_penalty: 2,
  /** How long to idle for a task's next request, ms. */
  slice_idle: 8,
  /** The same in us; what is set here goes before `slice_idle`. */
  slice_idle_us: 8000,
  /** How long a turn may last, ms. */
  timeout_sync: 125,
  /** Largest budget, sectors; 0 to learn it from the drive's rate. */
  max_budget: 0,
  /** Raise the weight of tasks that come back after a pause, 0 or 1. */
  low_latency: 1,
  /** Idle for every sync queue and have one request with the drive at a time, 0 or 1. */
  strict_guarantees: 0,
};

export type BfqTunables = typeof bfqDefaults;

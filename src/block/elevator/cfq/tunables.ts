/** cfq's tunables, by the names and units of /sys/block/DEVICE/queue/iosched. */

export const cfqDefaults = {
  /** Requests of a queue with the drive while others wait. */
  quantum: 8,
  /** How long a sync request may wait within its queue, ms. */
  fifo_expire_sync: 125,
  fifo_expire_async: 250,
  /** Longest way back that is considered, KiB. */
  back_seek_max: 16 * 1024,
  back_seek_penalty: 2,
  /** Slice of a sync queue at the middle priority, ms. */
  slice_sync: 100,
  slice_async: 40,
  /** Async requests in a slice while others wait, at the highest priority. */
  slice_async_rq: 2,
  /** How long to idle for a task's next request, ms. */
  slice_idle: 8,
  /** Shrink slices when there are many queues, 0 or 1. */
  low_latency: 1,
  /** What each queue should have had a turn within, ms: a constant of 2.6.34, a tunable from 3.4 on. */
  target_latency: 300,
};

export type CfqTunables = typeof cfqDefaults;

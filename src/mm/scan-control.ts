/** struct scan_control: one reclaim run's goal, its means, its progress, and its batch in hand. */

import type { Domain } from './lru.ts';
import { DEF_PRIORITY, SWAP_CLUSTER_MAX } from './vm-options.ts';
import { Written } from './vm-stat.ts';

export interface ScanControl {
  readonly isKswapd: boolean;
  /** Memory cgroup that is over its limit; -1 when it is the machine's memory that runs out. */
  readonly group: number;
  /** The allocation that needs memory is 2^order pages. */
  order: number;
  /** 12 (gentle) down to 0. */
  priority: number;
  /** Pages to free before it stops. */
  goal: number;
  /** Whether dirty pages may be written, and anonymous ones be swapped out. */
  mayWritepage: boolean;
  maySwap: boolean;
  /** __GFP_FS: whether the file system may be entered. */
  mayEnterFs: boolean;
  /** Pages taken off the LRU so far, and at this priority. */
  scanned: number;
  passScanned: number;
  /** Pages freed so far. */
  reclaimed: number;
  /** kswapd: a pass looked at as many pages as it wants to free (3.11). */
  couldReachGoal: boolean;
  /** Every zone it met was given up (all_unreclaimable). */
  allUnreclaimable: boolean;

  // --- the batch in hand ---
  domain: Domain;
  /** It waits for what it writes (PAGEOUT_IO_SYNC). */
  isSync: boolean;
  /** Pages taken, and those of them that are file pages. */
  batchTaken: number;
  batchFile: number;
  /** Dirty file pages that `pageout` was asked about. */
  batchDirty: number;
  /** Pages dirty or under write-back; dirty ones that no one has queued; such of a congested device. */
  batchBusy: number;
  batchUnqueued: number;
  batchCongested: number;
  batchWriteback: number;
  /** Pages under write-back that have been round the list before: they cycle too fast. */
  batchImmediate: number;
  /** Pages that the way wrote and that the scan's budget is charged for. */
  batchCharged: number;
  /** Dirty pages set aside by a deferring way, oldest first, locked. */
  readonly deferred: number[];
  deferredCount: number;
}

/** What a page written for it counts as: a sum of `Written` flags. */
export function writtenBy(sc: ScanControl): number {
  return (sc.isKswapd ? Written.kswapd : 0) + (sc.isSync ? Written.sync : 0);
}

/** A fresh scan control. */
export function scanControl(
  isKswapd: boolean,
  order: number,
  domain: Domain,
  group = -1,
): ScanControl {
  return {
    isKswapd,
    group,
    order,
    priority: DEF_PRIORITY,
    goal: isKswapd ? Infinity : SWAP_CLUSTER_MAX,
    mayWritepage: true,
    maySwap: true,
    mayEnterFs: true,
    scanned: 0,
    passScanned: 0,
    reclaimed: 0,
    couldReachGoal: false,
    allUnreclaimable: true,
    domain,
    isSync: false,
    batchTaken: 0,
    batchFile: 0,
    batchDirty: 0,
    batchBusy: 0,
    batchUnqueued: 0,
    batchCongested: 0,
    batchWriteback: 0,
    batchImmediate: 0,
    batchCharged: 0,
    deferred: [],
    deferredCount: 0,
  };
}

/** Begins a batch: nothing of it is counted yet. */
export function startBatch(sc: ScanControl, taken: number, file: number): void {
  sc.batchTaken = taken;
  sc.batchFile = file;
  sc.batchDirty = 0;
  sc.batchBusy = 0;
  sc.batchUnqueued = 0;
  sc.batchCongested = 0;
  sc.batchWriteback = 0;
  sc.batchImmediate = 0;
  sc.batchCharged = 0;
  sc.deferredCount = 0;
}

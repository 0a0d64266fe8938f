/**
 * linux-4.11 (P9): a batch in which every page is dirty and not yet queued wakes the flusher for
 * all dirty data and marks the node; kswapd writes a page only when it has seen it before and the
 * node is marked; any other dirty page is marked and activated, out of reclaim's way (Weiner,
 * "fix kswapd writeback regression", 2017; the exact conjunction is marked probable in
 * WRITEOUT.md section 4).
 *
 * linux-6.16 (P10): reclaim writes no file pages at all, but still wakes the flusher.
 */

import type { Sleeping } from '../../sim/task.ts';
import { Page } from '../page-table.ts';
import type { Reclaim } from '../reclaim.ts';
import { type PageoutWay, type ScanControl, Verdict } from './way.ts';
import { nothingDeferred, writeReclaimPage } from './write-reclaim-page.ts';

/** Marks a page for rotation when it is clean, and moves it out of the way. */
function activateMarked(reclaim: Reclaim, frame: number): Verdict {
  reclaim.memory.table.set(frame, Page.reclaim);
  reclaim.memory.stat.nrVmscanImmediateReclaim++;
  return Verdict.activate;
}

// oxlint-disable-next-line require-yield
function* wakeWhenAllDirty(reclaim: Reclaim, sc: ScanControl): Sleeping<void> {
  const { zone, nrDirty } = reclaim.memory;
  if (sc.batchDirty === 0 || sc.batchDirty < sc.batchTaken) return;
  zone.isDirty = true;
  reclaim.flusher.wake(nrDirty);
}

export const linux411: PageoutWay = {
  name: 'linux-4.11',
  summary: 'wake the flusher, activate dirty pages, write only what was seen twice (4.11, 2017)',
  deferred: false,
  directWakesFlusher: false,
  *pageout(reclaim, frame, sc) {
    const { table, zone } = reclaim.memory;
    if (sc.isKswapd && table.has(frame, Page.reclaim) && zone.isDirty) {
      return yield* writeReclaimPage(reclaim, frame, sc);
    }
    return activateMarked(reclaim, frame);
  },
  cleanList: nothingDeferred,
  afterBatch: wakeWhenAllDirty,
};

export const linux616: PageoutWay = {
  ...linux411,
  name: 'linux-6.16',
  summary: 'wake the flusher, activate dirty pages, write none (6.16, 2025)',
  // oxlint-disable-next-line require-yield
  *pageout(reclaim, frame) {
    return activateMarked(reclaim, frame);
  },
};

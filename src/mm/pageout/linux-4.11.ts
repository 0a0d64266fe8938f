/**
 * linux-4.11 (P9): a batch in which every page is dirty and not yet queued wakes the flusher for
 * all dirty data and marks the node; kswapd writes a page only when it has seen it before and the
 * node is marked; any other dirty page is marked and activated, out of reclaim's way (Weiner,
 * "fix kswapd writeback regression", 2017; the exact conjunction is marked probable in
 * WRITEOUT.md section 4).
 */

import { version } from '../../sim/kernel-version.ts';
import type { Sleeping } from '../../sim/task.ts';
import { Page } from '../page-table.ts';
import type { Reclaim } from '../reclaim.ts';
import type { ScanControl } from '../scan-control.ts';
import { type PageoutWay, Verdict } from './way.ts';
import { nothingDeferred, writeReclaimPage } from './write-reclaim-page.ts';

/** Marks a page for rotation when it is clean, and moves it out of the way. */
export function activateMarked(reclaim: Reclaim, frame: number): Verdict {
  const { table, stat } = reclaim.memory;
  table.flags[frame] |= Page.reclaim;
  stat.nrVmscanImmediateReclaim++;
  stat.writesSkipped++;
  return Verdict.activate;
}

/** Wakes the flusher for everything when a batch was all dirty and none of it queued. */
// oxlint-disable-next-line require-yield
export function* wakeWhenAllDirty(reclaim: Reclaim, sc: ScanControl): Sleeping<void> {
  if (sc.batchUnqueued === 0 || sc.batchUnqueued < sc.batchTaken) return;
  reclaim.flusher.wake(reclaim.memory.nrDirty);
}

export const linux411: PageoutWay = {
  name: 'linux-4.11',
  summary: 'wake the flusher, activate dirty pages, write only what was seen twice (4.11, 2017)',
  deferred: false,
  kernel: version(4, 11),
  rules: { throttlesOnWriteback: false, hasFlags: true, activatesBusy: true, rotatesActive: true },
  directWakesFlusher: false,
  pageout(reclaim, frame, sc) {
    if (sc.isKswapd && sc.domain.isDirty && reclaim.memory.table.has(frame, Page.reclaim)) {
      return writeReclaimPage(reclaim, frame, sc);
    }
    return activateMarked(reclaim, frame);
  },
  cleanList: nothingDeferred,
  afterBatch: wakeWhenAllDirty,
};

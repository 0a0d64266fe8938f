/**
 * linux-3.2 (P6): what was merged in 2011. No file page is written by direct reclaim; kswapd
 * writes only when it gets hard for it (priority below DEF_PRIORITY - 2, that is 9 and under). A
 * page that is passed over is marked, so that it moves to the tail when the flusher has cleaned it;
 * and reclaim waits when a batch is mostly under write-back.
 *
 * nokswapd (P7): kswapd writes never (2011 v2, patch 8; not merged).
 */

import { MS } from '../../sim/units.ts';
import type { Sleeping } from '../../sim/task.ts';
import { Page } from '../page-table.ts';
import type { Reclaim } from '../reclaim.ts';
import { DEF_PRIORITY } from '../vm-options.ts';
import { type PageoutWay, type ScanControl, Verdict } from './way.ts';
import { nothingDeferred, writeReclaimPage } from './write-reclaim-page.ts';

/** Whether kswapd may write file pages at this priority. */
export function kswapdMayWrite(priority: number): boolean {
  return priority < DEF_PRIORITY - 2;
}

/** Pages under write-back in a batch of `taken` from which on reclaim waits. */
export function throttleThreshold(taken: number, priority: number): number {
  return taken >> (DEF_PRIORITY - priority);
}

/** Passes a dirty page over: the flusher's completion will bring it to the tail. */
export function passOver(reclaim: Reclaim, frame: number): Verdict {
  reclaim.memory.table.set(frame, Page.reclaim);
  reclaim.memory.stat.nrVmscanImmediateReclaim++;
  return Verdict.keep;
}

/** shrink_inactive_list of 3.2, after a batch: wait_iff_congested when too much is on its way. */
export function* throttleOnWriteback(reclaim: Reclaim, sc: ScanControl): Sleeping<void> {
  const written = sc.batchWriteback;
  if (written > 0 && written >= throttleThreshold(sc.batchTaken, sc.priority)) {
    yield* reclaim.memory.waitIffCongested(100 * MS);
  }
}

export const linux32: PageoutWay = {
  name: 'linux-3.2',
  summary: 'kswapd writes single pages at priority 9 and below, direct reclaim none (3.2, 2011)',
  deferred: false,
  directWakesFlusher: true,
  *pageout(reclaim, frame, sc) {
    if (sc.isKswapd && kswapdMayWrite(sc.priority)) {
      return yield* writeReclaimPage(reclaim, frame, sc);
    }
    return passOver(reclaim, frame);
  },
  cleanList: nothingDeferred,
  afterBatch: throttleOnWriteback,
};

export const nokswapd: PageoutWay = {
  ...linux32,
  name: 'nokswapd',
  summary: 'as linux-3.2, but kswapd writes never (2011, not merged)',
  // oxlint-disable-next-line require-yield
  *pageout(reclaim, frame) {
    return passOver(reclaim, frame);
  },
};

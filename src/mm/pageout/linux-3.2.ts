/**
 * linux-3.2 (P6): what was merged in 2011. No file page is written by direct reclaim; kswapd
 * writes only when it gets hard for it (priority below DEF_PRIORITY - 2, that is 9 and under). A
 * page that is passed over is marked, so that it moves to the tail when the flusher has cleaned it;
 * and reclaim waits when a batch is mostly under write-back (src/mm/naps.ts).
 *
 * nokswapd (P7): kswapd writes never (2011 v2, patch 8; not merged).
 */

import { version } from '../../sim/kernel-version.ts';
import { Page } from '../page-table.ts';
import type { Reclaim } from '../reclaim.ts';
import { DEF_PRIORITY } from '../vm-options.ts';
import { type PageoutWay, Verdict } from './way.ts';
import { nothingAfter, nothingDeferred, writeReclaimPage } from './write-reclaim-page.ts';

/** Whether kswapd may write file pages at this priority. */
export function kswapdMayWrite(priority: number): boolean {
  return priority < DEF_PRIORITY - 2;
}

/** Passes a dirty page over: the flusher's completion will bring it to the tail. */
export function passOver(reclaim: Reclaim, frame: number): Verdict {
  const { table, stat } = reclaim.memory;
  table.flags[frame] |= Page.reclaim;
  stat.nrVmscanImmediateReclaim++;
  stat.writesSkipped++;
  return Verdict.keep;
}

export const linux32: PageoutWay = {
  name: 'linux-3.2',
  summary: 'kswapd writes single pages at priority 9 and below, direct reclaim none (3.2, 2011)',
  deferred: false,
  kernel: version(3, 2),
  rules: { throttlesOnWriteback: true },
  directWakesFlusher: true,
  pageout(reclaim, frame, sc) {
    if (sc.isKswapd && kswapdMayWrite(sc.priority)) {
      return writeReclaimPage(reclaim, frame, sc);
    }
    return passOver(reclaim, frame);
  },
  cleanList: nothingDeferred,
  afterBatch: nothingAfter,
};

export const nokswapd: PageoutWay = {
  ...linux32,
  name: 'nokswapd',
  summary: 'as linux-3.2, but kswapd writes never (2011, not merged)',
  pageout(reclaim, frame) {
    return passOver(reclaim, frame);
  },
};

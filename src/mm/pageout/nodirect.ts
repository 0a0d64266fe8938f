/**
 * nodirect (P4): direct reclaim never writes file pages, kswapd writes them one by one (Gorman's
 * "vmscan: Do not writeback pages in direct reclaim", V2 to V6, June and July 2010).
 *
 * With it, as of V3: who needs pages of one place has the flusher clean them and tries again, 50 times
 * (5 s); and xfs, which in 2.6.35 refused whoever reclaims, writes for kswapd.
 */

import type { Sleeping } from '../../sim/task.ts';
import type { Reclaim } from '../reclaim.ts';
import { kickFlusher } from './flusher.ts';
import type { ScanControl } from '../scan-control.ts';
import { type PageoutWay, Verdict } from './way.ts';
import { nothingAfter, nothingDeferred, writeReclaimPage } from './write-reclaim-page.ts';

function onlyKswapd(reclaim: Reclaim, frame: number, sc: ScanControl): Verdict | Sleeping<Verdict> {
  return sc.isKswapd ? writeReclaimPage(reclaim, frame, sc) : Verdict.keep;
}

export const nodirect: PageoutWay = {
  name: 'nodirect',
  rules: { cleanRounds: 50, fsServesKswapd: true },
  summary: 'direct reclaim writes nothing, kswapd single pages (V2-V6, 2010)',
  deferred: false,
  directWakesFlusher: true,
  pageout: onlyKswapd,
  cleanList: nothingDeferred,
  afterBatch: nothingAfter,
};

/** The RFC of 8 June (patch 6/6): the same, but it waits for the flusher 10 times at most (1 s). */
export const nodirectRfc: PageoutWay = {
  ...nodirect,
  name: 'nodirect-rfc',
  rules: { ...nodirect.rules, cleanRounds: 10 },
  summary: 'as nodirect, high orders wait 10 times at most (RFC, 8 June 2010)',
};

/** P5: the same, and whoever meets dirty pages wakes the flusher ("flushforward", V4 to V6). */
export const flushforward: PageoutWay = {
  ...nodirect,
  name: 'flushforward',
  summary: 'as nodirect, and dirty pages met wake the flusher (V4-V6, 2010)',
  afterBatch: kickFlusher,
};

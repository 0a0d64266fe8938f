/**
 * linux-3.11: kswapd writes a dirty page only while its zone is marked dirty: a batch was met in
 * which every page was dirty and none of them queued. It no longer goes by priority (Gorman, "Reduce
 * system disruption due to kswapd", 2013; marked probable in WRITEOUT.md section 4).
 */

import { version } from '../../sim/kernel-version.ts';
import { passOver } from './linux-3.2.ts';
import type { PageoutWay } from './way.ts';
import { nothingAfter, nothingDeferred, writeReclaimPage } from './write-reclaim-page.ts';

export const linux311: PageoutWay = {
  name: 'linux-3.11',
  summary: 'kswapd writes single pages of a zone found all dirty, direct reclaim none (3.11, 2013)',
  deferred: false,
  kernel: version(3, 11),
  rules: { throttlesOnWriteback: false, hasFlags: true },
  directWakesFlusher: true,
  pageout(reclaim, frame, sc) {
    if (sc.isKswapd && sc.domain.isDirty) return writeReclaimPage(reclaim, frame, sc);
    return passOver(reclaim, frame);
  },
  cleanList: nothingDeferred,
  afterBatch: nothingAfter,
};

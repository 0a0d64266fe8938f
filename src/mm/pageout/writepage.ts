/**
 * writepage (P0): each dirty page by itself, in LRU order, as 2.6.34 does from direct reclaim and
 * kswapd alike. (The flusher wake-up of do_try_to_free_pages is left out, so that ways compare.)
 */

import type { PageoutWay } from './way.ts';
import { nothingAfter, nothingDeferred, writeReclaimPage } from './write-reclaim-page.ts';

export const writepage: PageoutWay = {
  name: 'writepage',
  summary: 'reclaim writes single pages in LRU order (2.6.34)',
  deferred: false,
  pageout: writeReclaimPage,
  cleanList: nothingDeferred,
  afterBatch: nothingAfter,
};

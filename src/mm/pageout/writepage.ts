/**
 * writepage: each dirty page by itself, in LRU order, from direct reclaim and kswapd alike, and
 * nothing else: single-page write-out alone, so that ways compare.
 *
 * linux-2.6.34 (P0): the whole of it, with the wake-up that do_try_to_free_pages gives the flusher
 * when a direct reclaim has scanned 48 pages.
 */

import { version } from '../../sim/kernel-version.ts';
import type { PageoutWay } from './way.ts';
import {
  nothingAfter,
  nothingDeferred,
  writeReclaimPage,
  neverKills,
} from './write-reclaim-page.ts';

export const writepage: PageoutWay = {
  name: 'writepage',
  rules: neverKills,
  summary: 'reclaim writes single pages in LRU order',
  deferred: false,
  directWakesFlusher: false,
  pageout: writeReclaimPage,
  cleanList: nothingDeferred,
  afterBatch: nothingAfter,
};

export const linux2634: PageoutWay = {
  ...writepage,
  name: 'linux-2.6.34',
  rules: {},
  kernel: version(2, 6, 34),
  summary: 'the same, and direct reclaim wakes the flusher as well (2.6.34)',
  directWakesFlusher: true,
};

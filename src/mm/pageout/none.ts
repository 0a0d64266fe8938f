/**
 * none (P10): reclaim never writes file pages; it activates a dirty page and moves on, and leaves
 * it to the flusher's own timers (6.16). The wake-up that 6.16 gives the flusher when a whole batch
 * is dirty is the way `flusher`.
 */

import { Verdict, type PageoutWay } from './way.ts';
import { nothingAfter, nothingDeferred, neverKills } from './write-reclaim-page.ts';

export const none: PageoutWay = {
  name: 'none',
  rules: neverKills,
  summary: 'reclaim writes nothing, activates dirty pages and moves on (6.16)',
  deferred: false,
  directWakesFlusher: false,
  pageout() {
    return Verdict.activate;
  },
  cleanList: nothingDeferred,
  afterBatch: nothingAfter,
};

/**
 * flusher (P5): reclaim writes nothing; after a batch with dirty pages it wakes the flusher for 32
 * pages for each one met, at most 4 MiB (Gorman's V6 patch 6, July 2010).
 */

import { Verdict, type PageoutWay } from './way.ts';
import { nothingDeferred } from './write-reclaim-page.ts';

/** Pages to ask the flusher for after meeting `dirtySeen` dirty ones. */
export function flusherKick(dirtySeen: number): number {
  return Math.min(1024, 32 * dirtySeen);
}

export const flusher: PageoutWay = {
  name: 'flusher',
  summary: 'reclaim writes nothing and wakes the flusher (V6, July 2010)',
  deferred: false,
  // oxlint-disable-next-line require-yield
  *pageout() {
    return Verdict.keep;
  },
  cleanList: nothingDeferred,
  afterBatch: (reclaim, dirtySeen) => reclaim.flusher.wake(flusherKick(dirtySeen)),
};

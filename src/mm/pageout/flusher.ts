/**
 * flusher (P5): reclaim writes nothing; after a batch with dirty pages it wakes the flusher for 32
 * pages for each one met, at most 4 MiB (Gorman's V6 patch 6, July 2010).
 */

import type { Sleeping } from '../../sim/task.ts';
import type { Reclaim } from '../reclaim.ts';
import type { ScanControl } from '../scan-control.ts';
import { type PageoutWay, Verdict } from './way.ts';
import { nothingDeferred, neverKills } from './write-reclaim-page.ts';

/** Pages to ask the flusher for after meeting `dirtySeen` dirty ones. */
export function flusherKick(dirtySeen: number): number {
  return Math.min(1024, 32 * dirtySeen);
}

/** `afterBatch` that wakes the flusher for what the batch had. */
// oxlint-disable-next-line require-yield
export function* kickFlusher(reclaim: Reclaim, sc: ScanControl): Sleeping<void> {
  if (sc.batchDirty > 0) reclaim.flusher.wake(flusherKick(sc.batchDirty));
}

export const flusher: PageoutWay = {
  name: 'flusher',
  rules: neverKills,
  summary: 'reclaim writes nothing and wakes the flusher (V6, July 2010)',
  deferred: false,
  directWakesFlusher: false,
  pageout() {
    return Verdict.keep;
  },
  cleanList: nothingDeferred,
  afterBatch: kickFlusher,
};

/**
 * batch (P1): a batch's dirty pages are gathered first and then written one by one, still in LRU
 * order (V2 patch 11, June 2010); sorted (P1s): by inode and index first, as Chinner asked.
 *
 * V2 keeps all of the batch locked while it writes, as the seed patch does.
 */

import type { Sleeping } from '../../sim/task.ts';
import type { PageTable } from '../page-table.ts';
import type { Reclaim } from '../reclaim.ts';
import type { ScanControl } from '../scan-control.ts';
import { type PageoutWay, Verdict, verdictOf } from './way.ts';
import { nothingAfter, writeReclaimPage, neverKills } from './write-reclaim-page.ts';

function* writeList(reclaim: Reclaim, sc: ScanControl): Sleeping<void> {
  for (let at = 0; at < sc.deferredCount; at++) {
    const frame = sc.deferred[at];
    const verdict = yield* verdictOf(writeReclaimPage(reclaim, frame, sc));
    if (verdict !== Verdict.success) reclaim.memory.unlock(frame);
  }
}

/** Sorts the set-aside pages by file, then by place in it. */
export function sortByPlace(table: PageTable, sc: ScanControl): void {
  sc.deferred.length = sc.deferredCount;
  sc.deferred.sort((a, b) => table.inode[a] - table.inode[b] || table.index[a] - table.index[b]);
}

function* writeSortedList(reclaim: Reclaim, sc: ScanControl): Sleeping<void> {
  sortByPlace(reclaim.memory.table, sc);
  yield* writeList(reclaim, sc);
}

export const batch: PageoutWay = {
  name: 'batch',
  rules: neverKills,
  summary: 'reclaim gathers a batch, then writes single pages in LRU order (V2, 2010)',
  deferred: true,
  directWakesFlusher: false,
  pageout: writeReclaimPage,
  cleanList: writeList,
  afterBatch: nothingAfter,
};

export const sorted: PageoutWay = {
  ...batch,
  name: 'sorted',
  summary: 'the same, sorted by file and place in it (Chinner, June 2010)',
  cleanList: writeSortedList,
};

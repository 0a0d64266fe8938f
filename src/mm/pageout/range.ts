/**
 * range (P2): "vmscan: Write out ranges of pages contiguous to the inode where possible" (Gorman,
 * 8 June 2010, patch 5/6), with its side effects (WRITEOUT.md 1.2).
 *
 * The batch's dirty pages are set aside locked. Oldest first, each takes with it all pages of its
 * file on the list, in any order and with any gaps; what is written is the span from the lowest to
 * the highest, without a page limit, through the multi-page writer, with the inode pinned by
 * igrab/iput. Pages so written do not get PG_reclaim: they take another lap of the list. Pages are set
 * aside before reclaim has asked whether they may be written: one that was referenced, which would
 * be let be while it is dirty, is written here.
 *
 * range-early-return: with the bug that the patch was posted with. While pages may not be written
 * (laptop mode, until reclaim finds it hard) clean_page_list returns at once, and leaves the set-aside
 * pages locked for ever. Whoever waits for one of them is told so.
 */

import type { Sleeping } from '../../sim/task.ts';
import { igrab } from '../inode.ts';
import { Page } from '../page-table.ts';
import type { Reclaim } from '../reclaim.ts';
import { Writer } from '../vm-stat.ts';
import { writeCachePages } from '../write-cache-pages.ts';
import { rangeControl } from '../../fs/writeback-control.ts';
import type { ScanControl } from '../scan-control.ts';
import { type PageoutWay, Verdict, verdictOf } from './way.ts';
import {
  mayWriteToQueue,
  nothingAfter,
  writeReclaimPage,
  neverKills,
} from './write-reclaim-page.ts';

/** clean_page_list, without its bug: what may not be written is unlocked. */
function* cleanPageList(reclaim: Reclaim, sc: ScanControl): Sleeping<void> {
  const { memory } = reclaim;
  const { table } = memory;
  const list = sc.deferred;
  for (let at = 0; at < sc.deferredCount; at++) {
    const cursor = list[at];
    if (cursor < 0) continue;
    list[at] = -1;
    const inode = memory.inodes[table.inode[cursor]];
    if (!sc.mayWritepage || !sc.mayEnterFs || !mayWriteToQueue(reclaim, sc)) {
      memory.unlock(cursor);
      continue;
    }
    let start = table.index[cursor];
    let end = start;
    for (let other = at + 1; other < sc.deferredCount; other++) {
      const frame = list[other];
      if (frame < 0 || table.inode[frame] !== inode.number) continue;
      if (!table.has(frame, Page.dirty) || table.has(frame, Page.writeback)) continue;
      list[other] = -1;
      start = Math.min(start, table.index[frame]);
      end = Math.max(end, table.index[frame]);
      memory.unlock(frame);
    }
    if (start === end) {
      const verdict = yield* verdictOf(writeReclaimPage(reclaim, cursor, sc));
      if (verdict !== Verdict.success) memory.unlock(cursor);
      continue;
    }
    const grabbed = igrab(inode);
    memory.unlock(cursor);
    // On its way out: the range is silently not written.
    if (!grabbed) {
      memory.stat.igrabRefused++;
      continue;
    }
    // Not for_reclaim: neither the file system nor the counts know on whose behalf it is.
    yield* writeCachePages(memory, inode, rangeControl(Writer.reclaim, start, end));
    yield* reclaim.eviction.iput(inode, true);
  }
}

export const range: PageoutWay = {
  name: 'range',
  rules: neverKills,
  summary: "reclaim writes the span of a file's dirty pages in the batch (the seed patch, 2010)",
  deferred: true,
  defersUntested: true,
  directWakesFlusher: false,
  // Second pass: a page that is still dirty goes the ordinary way.
  pageout: (reclaim, frame, sc) =>
    sc.mayWritepage && sc.mayEnterFs ? writeReclaimPage(reclaim, frame, sc) : Verdict.keep,
  cleanList: cleanPageList,
  afterBatch: nothingAfter,
};

function* returnEarly(reclaim: Reclaim, sc: ScanControl): Sleeping<void> {
  if (sc.mayWritepage) yield* cleanPageList(reclaim, sc);
  else for (let at = 0; at < sc.deferredCount; at++) reclaim.memory.forgetLocked(sc.deferred[at]);
}

export const rangeEarlyReturn: PageoutWay = {
  ...range,
  name: 'range-early-return',
  summary: 'the same with its bug: pages that may not be written stay locked (vm.laptop_mode)',
  cleanList: returnEarly,
};

/**
 * around (P3): write-around the target page, by Danilov's window of April 2005 ("VM 7/8 cluster
 * pageout") as it was meant: the contiguous dirty neighbours of the wanted page, back to a 32-page
 * boundary (at most 16) and forward to 32 in all. The neighbours are only trylocked. The target pins
 * the inode (Morton, 2012): it is locked until its write-back begins, and truncation waits for that
 * too; once it is neither, the mapping is not touched any more.
 *
 * around-2005: the same as it was posted, without the last rule: after the target's IO nothing keeps
 * the inode, which is what Morton objected to. Uses of a mapping on its way out are counted.
 */

import { Step } from '../../fs/step.ts';
import { rangeControl } from '../../fs/writeback-control.ts';
import type { Sleeping } from '../../sim/task.ts';
import type { Inode } from '../inode.ts';
import type { Memory } from '../memory.ts';
import { Page } from '../page-table.ts';
import type { Reclaim } from '../reclaim.ts';
import { Writer } from '../vm-stat.ts';
import { type ScanControl, writtenBy } from '../scan-control.ts';
import { finish } from '../write-cache-pages.ts';
import { type PageoutWay, Verdict } from './way.ts';
import {
  callerOf,
  mayWriteToQueue,
  neverKills,
  nothingAfter,
  nothingDeferred,
} from './write-reclaim-page.ts';

/** Pages a cluster holds at most, and how many of them may lie before the target. */
const CLUSTER_PAGES = 32;
const BACK_PAGES = 16;

function isWritable(memory: Memory, inode: Inode, index: number): boolean {
  if (!inode.mapping.isDirty(index)) return false;
  const frame = inode.mapping.frameAt(index);
  return !memory.table.has(frame, Page.locked | Page.writeback);
}

function* writeAround(
  reclaim: Reclaim,
  frame: number,
  sc: ScanControl,
  isPinned: boolean,
): Sleeping<Verdict> {
  if (!mayWriteToQueue(reclaim, sc)) return Verdict.keep;
  const { memory } = reclaim;
  const { table } = memory;
  const inode = memory.inodes[table.inode[frame]];
  const target = table.index[frame];
  const lowest = Math.max(target - BACK_PAGES, target - (target % CLUSTER_PAGES));
  let first = target;
  while (first > lowest && isWritable(memory, inode, first - 1)) first--;
  let last = target;
  while (last - first + 1 < CLUSTER_PAGES && isWritable(memory, inode, last + 1)) last++;

  const { fs } = inode.bdi;
  const wbc = rangeControl(Writer.reclaim, first, last, CLUSTER_PAGES, callerOf(sc));
  const writer = fs.openWriter(inode, wbc);
  // Whether the target still keeps the inode: locked at first, then under write-back.
  const isThere = () => table.inode[frame] === inode.number && table.has(frame, Page.writeback);
  for (let index = first; index <= last;) {
    if (index > target && isPinned && !isThere()) break;
    if (index === target) memory.unlock(frame);
    else if (index > target && inode.isGoing) memory.stat.unpinnedUses++;
    if (!isWritable(memory, inode, index)) {
      index++;
      continue;
    }
    const page = inode.mapping.frameAt(index);
    const step = writer.add(index);
    if (step === Step.again) {
      yield* writer.work();
      continue;
    }
    if (table.has(page, Page.dirty | Page.writeback)) {
      // Every page of the cluster lies near the tail: rotate it when it is clean.
      table.set(page, Page.reclaim);
      memory.stat.nrVmscanWrite++;
      memory.stat.writepage[writtenBy(sc)]++;
    }
    if (step === Step.sleeps) yield* memory.waitAdmitted();
    else if (step === Step.work) yield* writer.work();
    index++;
  }
  yield* finish(memory, writer);
  return Verdict.success;
}

export const around: PageoutWay = {
  name: 'around',
  rules: neverKills,
  summary:
    'reclaim writes up to 32 contiguous dirty pages around the target, pinned by its lock (P3)',
  deferred: false,
  directWakesFlusher: false,
  pageout: (reclaim, frame, sc) => writeAround(reclaim, frame, sc, true),
  cleanList: nothingDeferred,
  afterBatch: nothingAfter,
};

export const around2005: PageoutWay = {
  ...around,
  name: 'around-2005',
  summary: 'the same, but nothing pins the inode after the target (as posted, April 2005)',
  pageout: (reclaim, frame, sc) => writeAround(reclaim, frame, sc, false),
};

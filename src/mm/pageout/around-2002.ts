/**
 * around-2002 (P3): Morton's write-around of 2.5.16 ("writeback tuning", 19 May 2002), in the tree
 * until 2.5.47-mm3. For a dirty page at the tail up to 32 pages of its file are written, in the order
 * in which they became dirty: perhaps a wholly different set from the one that is wanted.
 *
 * The inode is held by igrab and iput, with no page locked in between: the last reference may be given
 * back here. Written pages go to the far end of the list, nothing rotates them when they are clean
 * (that came when this went), and the scan's budget is charged for them.
 */

import { Step } from '../../fs/step.ts';
import { rangeControl } from '../../fs/writeback-control.ts';
import type { Sleeping } from '../../sim/task.ts';
import type { DirtyOrder } from '../dirty-order.ts';
import { igrab, type Inode } from '../inode.ts';
import type { Memory } from '../memory.ts';
import { Page } from '../page-table.ts';
import type { Reclaim } from '../reclaim.ts';
import type { ScanControl } from '../scan-control.ts';
import { Writer, Written } from '../vm-stat.ts';
import { finish } from '../write-cache-pages.ts';
import { type PageoutWay, Verdict } from './way.ts';
import {
  callerOf,
  mayWriteToQueue,
  neverKills,
  nothingAfter,
  nothingDeferred,
} from './write-reclaim-page.ts';

/** What 2.5.16 cut a cluster to, from 1024. */
const CLUSTER_PAGES = 32;
/** Pages that are handed on together; between two such others may run. */
const PAGEVEC_SIZE = 16;

/** generic_vm_writeback. */
function* vmWriteback(reclaim: Reclaim, frame: number, sc: ScanControl): Sleeping<Verdict> {
  if (!mayWriteToQueue(reclaim, sc)) return Verdict.keep;
  const { memory } = reclaim;
  const inode = memory.inodes[memory.table.inode[frame]];
  const grabbed = igrab(inode);
  memory.unlock(frame);
  if (!grabbed) {
    memory.stat.igrabRefused++;
    return Verdict.success;
  }
  yield* writeOldest(memory, inode, sc);
  yield* reclaim.eviction.iput(inode, true);
  return Verdict.success;
}

function* writeOldest(memory: Memory, inode: Inode, sc: ScanControl): Sleeping<void> {
  const { table } = memory;
  const { mapping } = inode;
  const order = mapping.order as DirtyOrder;
  const wbc = rangeControl(Writer.reclaim, 0, Infinity, CLUSTER_PAGES, callerOf(sc));
  let writer = inode.bdi.fs.openWriter(inode, wbc);
  let last = -1;
  let hasRested = false;
  for (let index = order.oldest; index >= 0 && wbc.nrToWrite > 0;) {
    const frame = mapping.frameAt(index);
    if (table.has(frame, Page.locked)) {
      // Whoever holds it may wait for what is in our hands.
      yield* finish(memory, writer);
      yield* memory.waitOnPage(inode, index, Page.locked, 'mpage_writepages');
      index = order.oldest;
      continue;
    }
    if (table.has(frame, Page.writeback)) {
      index = order.after(index);
      continue;
    }
    // A writer takes ascending pages.
    if (index <= last) {
      yield* finish(memory, writer);
      writer = inode.bdi.fs.openWriter(inode, wbc);
      last = -1;
      // It slept, perhaps: what is oldest now?
      index = order.oldest;
      continue;
    }
    if (wbc.nrToWrite % PAGEVEC_SIZE === 0 && !hasRested) {
      hasRested = true;
      yield* memory.useCpu(PAGEVEC_SIZE * memory.options.cpu.writePageNs);
      index = order.oldest;
      continue;
    }
    const next = order.after(index);
    const step = writer.add(index);
    if (step === Step.again) {
      yield* writer.work();
      index = order.oldest;
      continue;
    }
    last = index;
    hasRested = false;
    wbc.nrToWrite--;
    if (step !== Step.redirtied && step !== Step.activate) wrote(memory, frame, sc);
    if (step === Step.sleeps) yield* memory.waitAdmitted();
    else if (step === Step.work) yield* writer.work();
    const goesOn = step === Step.done || step === Step.redirtied;
    // A file system that clusters may have taken the next one along.
    index = goesOn && (next < 0 || mapping.isDirty(next)) ? next : order.oldest;
  }
  yield* finish(memory, writer);
}

/** Counts a page, and moves it to the young end of its list (pagevec_deactivate_inactive). */
function wrote(memory: Memory, frame: number, sc: ScanControl): void {
  const { table, stat } = memory;
  stat.nrVmscanWrite++;
  stat.writepage[sc.isKswapd ? Written.kswapd : 0]++;
  sc.batchCharged++;
  if ((table.flags[frame] & (Page.lru | Page.active)) !== Page.lru) return;
  memory.takeOffLru(frame);
  memory.putOnLru(frame);
}

export const around2002: PageoutWay = {
  name: 'around-2002',
  rules: neverKills,
  summary:
    "reclaim writes 32 pages of the target's file in the order they became dirty (2.5, 2002)",
  deferred: false,
  keepsDirtyOrder: true,
  directWakesFlusher: false,
  pageout: vmWriteback,
  cleanList: nothingDeferred,
  afterBatch: nothingAfter,
};

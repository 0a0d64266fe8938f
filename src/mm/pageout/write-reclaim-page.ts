/** What every way that writes pages shares: one page to the disk, and when that is allowed. */

import type { Sleeping } from '../../sim/task.ts';
import { Step } from '../../fs/step.ts';
import { Caller, rangeControl } from '../../fs/writeback-control.ts';
import type { Inode } from '../inode.ts';
import type { Memory } from '../memory.ts';
import { Page } from '../page-table.ts';
import type { Reclaim } from '../reclaim.ts';
import { Writer } from '../vm-stat.ts';
import { type ScanControl, writtenBy } from '../scan-control.ts';
import { Verdict } from './way.ts';

/** Pages a file system may write along with the one asked for (SWAP_CLUSTER_MAX). */
const NR_TO_WRITE = 32;

/**
 * For ways that are one idea each, not a kernel: an allocation without progress waits and tries again,
 * so that the ways compare by their time. A kernel would kill a task.
 */
export const neverKills = { retries: Infinity };

/**
 * may_write_to_queue: kswapd always may (PF_SWAPWRITE), others while the queue has room. Until 3.10 a
 * page that is kept for that reason counts as one of a congested device (2.6.37; since then any does).
 */
export function mayWriteToQueue(reclaim: Reclaim, sc: ScanControl): boolean {
  const { rules, fs } = reclaim.memory;
  if (sc.isKswapd || !fs.queue.isCongested(false)) return true;
  if (!rules.hasFlags) sc.batchCongested++;
  return false;
}

/** Whose rules a file system applies to a reclaimer's page. */
export function callerOf(sc: ScanControl): Caller {
  return sc.isKswapd ? Caller.kswapd : Caller.directReclaim;
}

/**
 * ->writepage of one locked page, as pageout() calls it; the page is unlocked with its bio. A file
 * system that refuses leaves it dirty, which still counts as written: reclaim keeps it.
 * @returns the verdict, or what is still to be waited for before there is one
 */
export function writeReclaimPage(
  reclaim: Reclaim,
  frame: number,
  sc: ScanControl,
): Verdict | Sleeping<Verdict> {
  if (!mayWriteToQueue(reclaim, sc)) return Verdict.keep;
  const { memory } = reclaim;
  const { table } = memory;
  if (!table.has(frame, Page.dirty)) {
    return table.has(frame, Page.writeback) ? Verdict.keep : Verdict.clean;
  }
  const inode = memory.inodes[table.inode[frame]];
  table.set(frame, Page.reclaim);
  const wbc = rangeControl(Writer.reclaim, 0, Infinity, NR_TO_WRITE, callerOf(sc));
  const step = inode.bdi.fs.writePage(inode, table.index[frame], wbc);
  if (step === Step.activate) {
    table.clear(frame, Page.reclaim);
    return Verdict.activate;
  }
  memory.stat.nrVmscanWrite++;
  memory.stat.writepage[writtenBy(sc)]++;
  if (step === Step.sleeps || step === Step.work) return goOn(memory, frame, inode, step);
  return written(memory, frame, inode);
}

function* goOn(memory: Memory, frame: number, inode: Inode, step: Step): Sleeping<Verdict> {
  if (step === Step.sleeps) yield* memory.waitAdmitted();
  else yield* inode.bdi.fs.work();
  return written(memory, frame, inode);
}

function written({ table }: Memory, frame: number, inode: Inode): Verdict {
  if (table.inode[frame] === inode.number && !table.has(frame, Page.writeback)) {
    table.clear(frame, Page.reclaim);
  }
  return Verdict.success;
}

/** `cleanList` of a way that sets nothing aside. */
// oxlint-disable-next-line require-yield
export function* nothingDeferred(): Sleeping<void> {}

/** `afterBatch` of a way that has nothing to do then. */
// oxlint-disable-next-line require-yield
export function* nothingAfter(): Sleeping<void> {}

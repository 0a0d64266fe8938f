/** What every way that writes pages shares: one page to the disk, and when that is allowed. */

import { Admission, BioFlag } from '../../block/bio.ts';
import type { Sleeping } from '../../sim/task.ts';
import { Page } from '../page-table.ts';
import type { Reclaim } from '../reclaim.ts';
import { Writer, Written } from '../vm-stat.ts';
import type { ScanControl } from '../scan-control.ts';
import { Verdict } from './way.ts';

/**
 * For ways that are one idea each, not a kernel: an allocation without progress waits and tries again,
 * so that the ways compare by their time. A kernel would kill a task.
 */
export const neverKills = { retries: Infinity };

/** may_write_to_queue: kswapd always may (PF_SWAPWRITE), others while the queue has room. */
export function mayWriteToQueue(reclaim: Reclaim, sc: ScanControl): boolean {
  return sc.isKswapd || !reclaim.memory.fs.queue.isCongested(false);
}

/** ->writepage of one locked page, as pageout() calls it; the page is unlocked with its bio. */
export function* writeReclaimPage(
  reclaim: Reclaim,
  frame: number,
  sc: ScanControl,
): Sleeping<Verdict> {
  if (!mayWriteToQueue(reclaim, sc)) return Verdict.keep;
  const { memory } = reclaim;
  const { table } = memory;
  if (!memory.startWriteback(frame, Writer.reclaim)) return Verdict.clean;
  table.set(frame, Page.reclaim);
  memory.stat.nrVmscanWrite++;
  memory.stat.writepage[sc.isKswapd ? Written.kswapd : 0]++;
  const inode = memory.inodes[table.inode[frame]];
  const flags = sc.isKswapd ? BioFlag.reclaim : 0;
  memory.unlock(frame);
  const task = memory.scheduler.current.id;
  const admission = memory.fs.writePage(
    inode.number,
    inode.layout,
    table.index[frame],
    flags,
    task,
  );
  if (admission === Admission.sleeping) yield* memory.waitAdmitted();
  return Verdict.success;
}

/** `cleanList` of a way that sets nothing aside. */
// oxlint-disable-next-line require-yield
export function* nothingDeferred(): Sleeping<void> {}

/** `afterBatch` of a way that has nothing to do then. */
// oxlint-disable-next-line require-yield
export function* nothingAfter(): Sleeping<void> {}

/**
 * write_cache_pages (mm/page-writeback.c 2.6.34): walks a file's dirty pages in ascending order and
 * hands them to the file system's multi-page writer.
 */

import { Admission, BioFlag } from '../block/bio.ts';
import type { Sleeping } from '../sim/task.ts';
import type { Inode } from './inode.ts';
import type { Memory } from './memory.ts';
import { Page } from './page-table.ts';
import type { Writer } from './vm-stat.ts';

/** Pages looked up in the tree at a time. */
const PAGEVEC_SIZE = 14;

/** struct writeback_control. */
export interface WritebackControl {
  readonly writer: Writer;
  /** First and last page index, inclusive; ignored when cyclic. */
  start: number;
  end: number;
  /** Go on where the last cyclic walk stopped, and wrap round once. */
  cyclic: boolean;
  /** WB_SYNC_ALL: wait for pages that are under write-back already, and write them again. */
  sync: boolean;
  /** Pages still to write; counts down. Only a walk that is not `sync` stops at 0. */
  nrToWrite: number;
}

export function* writeCachePages(
  memory: Memory,
  inode: Inode,
  wbc: WritebackControl,
): Sleeping<void> {
  if (!wbc.cyclic) {
    yield* walk(memory, inode, wbc, wbc.start, wbc.end);
    return;
  }
  const from = inode.writebackIndex;
  let next = yield* walk(memory, inode, wbc, from, Infinity);
  if (from > 0 && wbc.nrToWrite > 0) next = yield* walk(memory, inode, wbc, 0, from - 1);
  inode.writebackIndex = next;
}

/** One pass; returns the index after the last page it wrote. */
function* walk(
  memory: Memory,
  inode: Inode,
  wbc: WritebackControl,
  start: number,
  end: number,
): Sleeping<number> {
  const { table } = memory;
  const flags = wbc.sync ? BioFlag.sync : 0;
  const task = memory.scheduler.current.id;
  const writer = memory.fs.pageWriter(inode.number, inode.layout, flags, task);
  let next = start;
  let looked = 0;
  for (;;) {
    // Between two lookups of the tree the kernel may let others run (cond_resched).
    if (looked === PAGEVEC_SIZE) {
      looked = 0;
      yield* memory.useCpu(PAGEVEC_SIZE * memory.options.cpu.writePageNs);
    }
    const index = inode.mapping.nextDirty(next);
    if (index < 0 || index > end) break;
    next = index + 1;
    looked++;
    let frame = inode.mapping.frameAt(index);
    while (frame >= 0 && table.has(frame, Page.locked)) {
      // Whoever holds it may wait for what is in our hands.
      if (writer.finish() === Admission.sleeping) yield* memory.waitAdmitted();
      yield* memory.waitOnPage(inode, index, Page.locked, 'write_cache_pages');
      frame = inode.mapping.frameAt(index);
    }
    if (frame < 0 || !table.has(frame, Page.dirty)) continue;
    if (table.has(frame, Page.writeback)) {
      if (!wbc.sync) continue;
      if (writer.finish() === Admission.sleeping) yield* memory.waitAdmitted();
      yield* memory.waitOnPage(inode, index, Page.writeback, 'write_cache_pages');
      next = index;
      continue;
    }
    memory.startWriteback(frame, wbc.writer);
    if (writer.add(index) === Admission.sleeping) yield* memory.waitAdmitted();
    if (--wbc.nrToWrite <= 0 && !wbc.sync) break;
  }
  if (writer.finish() === Admission.sleeping) yield* memory.waitAdmitted();
  return next;
}

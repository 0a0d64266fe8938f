/**
 * write_cache_pages (mm/page-writeback.c): walks a file's dirty pages in ascending order and hands
 * them to its file system's writer.
 */

import { Step } from '../fs/step.ts';
import type { WritebackControl } from '../fs/writeback-control.ts';
import type { PagesWriter } from '../fs/file-system.ts';
import type { Sleeping } from '../sim/task.ts';
import { version } from '../sim/kernel-version.ts';
import { type Inode, InodeState } from './inode.ts';
import type { Memory } from './memory.ts';
import { Page } from './page-table.ts';

/** Pages looked up in the tree at a time. */
const PAGEVEC_SIZE = 14;

/**
 * do_writepages: all that the control asks for of one inode.
 * @param isOrdered a journal's commit writes what it must
 */
export function* writeCachePages(
  memory: Memory,
  inode: Inode,
  wbc: WritebackControl,
  isOrdered = false,
): Sleeping<void> {
  const { fs } = inode.bdi;
  // A hold on it would have kept it, or been refused.
  if (inode.has(InodeState.freeing | InodeState.clear)) memory.stat.unpinnedUses++;
  const from = wbc.cyclic ? inode.writebackIndex : wbc.start;
  if (wbc.cyclic) wbc.start = from;
  const asked = wbc.nrToWrite;
  const raised = wbc.sync ? asked : fs.bumpedSlice(inode, asked, wbc);
  wbc.nrToWrite = raised;
  const writer = isOrdered ? fs.openOrderedWriter(inode, wbc) : fs.openWriter(inode, wbc);
  if (wbc.cyclic) {
    let next = yield* walk(memory, inode, wbc, writer, from, Infinity);
    if (from > 0 && wbc.nrToWrite > 0) {
      next = yield* walk(memory, inode, wbc, writer, 0, from - 1);
    }
    inode.writebackIndex = next;
  } else {
    if (wbc.tagged) inode.mapping.tagToWrite(wbc.start, wbc.end);
    const next = yield* walk(memory, inode, wbc, writer, wbc.start, wbc.end);
    // A whole pass that was not cut short moves the cyclic index too.
    if (wbc.start === 0 && wbc.end === Infinity && wbc.nrToWrite > 0) inode.writebackIndex = next;
  }
  // ext4_da_writepages gives its raise back, as far as it was used.
  if (wbc.nrToWrite > raised - asked) wbc.nrToWrite -= raised - asked;
}

/** One pass; returns the index after the last page it wrote. */
function* walk(
  memory: Memory,
  inode: Inode,
  wbc: WritebackControl,
  writer: PagesWriter,
  start: number,
  end: number,
): Sleeping<number> {
  const { table } = memory;
  const { mapping } = inode;
  // Until 2.6.34 it counts calls of ->writepage, not the pages that these write.
  const countsCalls = memory.options.kernel < version(2, 6, 35);
  let left = wbc.nrToWrite;
  let next = start;
  let done = start;
  let looked = 0;
  while (left > 0) {
    // Between two lookups of the tree the kernel may let others run (cond_resched).
    if (looked === PAGEVEC_SIZE) {
      looked = 0;
      yield* memory.useCpu(PAGEVEC_SIZE * memory.options.cpu.writePageNs);
    }
    const index = wbc.tagged ? mapping.nextToWrite(next) : mapping.nextDirty(next);
    if (index < 0 || index > end) break;
    next = index + 1;
    looked++;
    let frame = mapping.frameAt(index);
    while (frame >= 0 && table.has(frame, Page.locked)) {
      // Whoever holds it may wait for what is in our hands.
      yield* finish(memory, writer);
      yield* memory.waitOnPage(inode, index, Page.locked, 'write_cache_pages');
      frame = mapping.frameAt(index);
    }
    if (frame < 0 || !table.has(frame, Page.dirty)) continue;
    if (table.has(frame, Page.writeback)) {
      if (!wbc.sync) continue;
      yield* finish(memory, writer);
      yield* memory.waitOnPage(inode, index, Page.writeback, 'write_cache_pages');
      next = index;
      continue;
    }
    const step = writer.add(index);
    switch (step) {
      case Step.again:
        yield* writer.work();
        next = index;
        continue;
      case Step.work:
        yield* writer.work();
        break;
      case Step.sleeps:
        yield* memory.waitAdmitted();
        break;
      case Step.redirtied:
      case Step.activate:
        wbc.pagesSkipped++;
        break;
      default:
    }
    done = next;
    wbc.nrToWrite--;
    left = countsCalls ? left - 1 : wbc.nrToWrite;
    if (wbc.sync) left = Infinity;
  }
  yield* finish(memory, writer);
  if (countsCalls && !wbc.sync) wbc.nrToWrite = left;
  return done;
}

/** Hands on what a writer still holds. */
export function* finish(memory: Memory, writer: PagesWriter): Sleeping<void> {
  const step = writer.finish();
  if (step === Step.sleeps) yield* memory.waitAdmitted();
  else if (step === Step.work) yield* writer.work();
}

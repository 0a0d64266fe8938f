/**
 * Pages on their way to swap and back: into the swap cache and out of the page tables, the write of
 * one page, and the read of a cluster (add_to_swap, try_to_unmap, swap_writepage,
 * swapin_readahead).
 */

import { Admission, BioFlag } from '../block/bio.ts';
import { Op } from '../device/device.ts';
import type { Sleeping } from '../sim/task.ts';
import type { Inode } from './inode.ts';
import type { Memory } from './memory.ts';
import type { PageAllocator } from './page-allocator.ts';
import { Page } from './page-table.ts';
import { Verdict } from './pageout/way.ts';
import { type ScanControl, writtenBy } from './scan-control.ts';
import type { Swap } from './swap.ts';
import { Written } from './vm-stat.ts';

/** add_to_swap: gives a page a slot and puts it in the swap cache. False when swap is full. */
export function addToSwap(memory: Memory, frame: number): boolean {
  const swap = memory.swap as Swap;
  const slot = swap.take();
  if (slot < 0) return false;
  const { table } = memory;
  table.slot[frame] = slot;
  swap.inode.mapping.insert(slot, frame);
  table.flags[frame] |= Page.swapCache | Page.dirty;
  return true;
}

/** The page leaves its owner, whose place for it names the slot from now on. */
export function moveToSwapper(memory: Memory, frame: number): void {
  const { table } = memory;
  const swap = memory.swap as Swap;
  const slot = table.slot[frame];
  const owner = memory.inodes[table.inode[frame]];
  owner.mapping.setSwapped(table.index[frame], slot);
  swap.own(slot, owner.number, table.index[frame]);
  table.inode[frame] = swap.inode.number;
  table.index[frame] = slot;
}

/** The page, mapped again and not under write-back, gives its slot back (try_to_free_swap). */
export function leaveSwapCache(memory: Memory, frame: number): void {
  const { table } = memory;
  const swap = memory.swap as Swap;
  const slot = table.slot[frame];
  swap.inode.mapping.remove(slot);
  swap.give(slot);
  table.flags[frame] = (table.flags[frame] & ~Page.swapCache) | Page.dirty;
}

/** swap_writepage of a locked page of the swapper; unlocks it. */
export function* writeToSwap(memory: Memory, frame: number, sc: ScanControl): Sleeping<Verdict> {
  const swap = memory.swap as Swap;
  const { table, stat } = memory;
  if (!sc.isKswapd && swap.device.isCongested()) return Verdict.keep;
  const slot = table.slot[frame];
  table.flags[frame] &= ~(Page.dirty | Page.wanted);
  table.flags[frame] |= Page.reclaim;
  memory.beginWriteback(frame, swap.inode);
  stat.nrVmscanWrite++;
  stat.writepage[Written.anon + writtenBy(sc)]++;
  stat.pswpout++;
  memory.unlock(frame);
  const task = memory.scheduler.current.id;
  const flags = BioFlag.reclaim;
  const admission = swap.device.submit(Op.write, swap.inode.number, slot, 1, flags, task);
  if (admission === Admission.sleeping) yield* memory.waitAdmitted();
  return Verdict.success;
}

/**
 * Reads a slot back, and with it the other used slots of its aligned cluster of 2^page_cluster: one
 * bio a page, for the elevator to merge. They are in the swap cache then, locked until they are read.
 */
export function* readCluster(
  memory: Memory,
  allocator: PageAllocator,
  wanted: number,
): Sleeping<void> {
  const swap = memory.swap as Swap;
  const size = 2 ** memory.options.pageCluster;
  const first = wanted - (wanted % size);
  const end = Math.min(first + size, swap.slots);
  const task = memory.scheduler.current.id;
  const { number } = swap.inode;
  for (let slot = first; slot < end; slot++) {
    if (!isToBeRead(swap, slot)) continue;
    const frame = yield* allocator.take(0);
    if (!isToBeRead(swap, slot)) {
      memory.free(frame);
      continue;
    }
    prepare(memory, swap, slot, frame);
    memory.stat.pswpin++;
    const admission = swap.device.submit(Op.read, number, slot, 1, BioFlag.sync, task);
    if (admission === Admission.sleeping) yield* memory.waitAdmitted();
  }
}

/** Whether a page is out in a slot, and not in the swap cache. */
function isToBeRead(swap: Swap, slot: number): boolean {
  return swap.isOwned(slot) && swap.inode.mapping.frameAt(slot) < 0;
}

/** A fresh frame becomes the swap cache's page for a slot, locked until it is read. */
function prepare(memory: Memory, swap: Swap, slot: number, frame: number): void {
  const { table } = memory;
  table.flags[frame] = Page.swapBacked | Page.swapCache;
  table.slot[frame] = slot;
  memory.addToCache(frame, swap.inode, slot);
  memory.lockForRead(frame);
}

/** The frame of a page that was out in swap, read if need be; -1 when it is not out there any more. */
export function* swapIn(
  memory: Memory,
  allocator: PageAllocator,
  owner: Inode,
  index: number,
): Sleeping<number> {
  const swap = memory.swap as Swap;
  for (;;) {
    const slot = owner.mapping.slotAt(index);
    if (slot < 0) return -1;
    const frame = swap.inode.mapping.frameAt(slot);
    if (frame < 0) {
      memory.stat.pgmajfault++;
      yield* readCluster(memory, allocator, slot);
      continue;
    }
    if (!memory.table.has(frame, Page.locked)) return frame;
    yield* memory.waitOnPage(swap.inode, slot, Page.locked, 'do_swap_page');
  }
}

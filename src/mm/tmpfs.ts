/**
 * tmpfs: files whose pages are memory, and go to swap when they must leave it (mm/shmem.c). They are
 * on the anonymous lists, and no flusher knows of them.
 */

import type { Sleeping } from '../sim/task.ts';
import type { Inode } from './inode.ts';
import type { Memory } from './memory.ts';
import type { PageAllocator } from './page-allocator.ts';
import { Page } from './page-table.ts';
import { leaveSwapCache, swapIn } from './swap-cache.ts';

/** Where tmpfs is mounted, as on any Linux machine. */
const MOUNT = '/dev/shm/';

export function isOnTmpfs(name: string): boolean {
  return name.startsWith(MOUNT);
}

/** shmem_getpage: page `index`, back from swap or zeroed. Its frame, or -1 to try again. */
export function* tmpfsPage(
  memory: Memory,
  allocator: PageAllocator,
  inode: Inode,
  index: number,
): Sleeping<number> {
  const { table } = memory;
  if (inode.mapping.slotAt(index) < 0) {
    const fresh = yield* allocator.take(0);
    if (inode.mapping.frameAt(index) >= 0 || inode.mapping.slotAt(index) >= 0) {
      memory.free(fresh);
      return -1;
    }
    memory.addToCache(fresh, inode, index);
    table.flags[fresh] |= Page.uptodate | Page.dirty;
    return fresh;
  }
  memory.stat.pgfault++;
  const frame = yield* swapIn(memory, allocator, inode, index);
  if (frame < 0) return -1;
  // Its write to swap, should one be under way, is of this page still.
  if (table.has(frame, Page.writeback)) {
    const swapper = memory.inodes[table.inode[frame]];
    yield* memory.waitOnPage(swapper, table.index[frame], Page.writeback, 'shmem_getpage');
    return -1;
  }
  inode.mapping.insert(index, frame);
  memory.swap?.disown(table.slot[frame]);
  table.inode[frame] = inode.number;
  table.index[frame] = index;
  leaveSwapCache(memory, frame);
  return frame;
}

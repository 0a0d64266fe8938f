/**
 * The end of a mount: generic_shutdown_super of 2.6.34 (fs/super.c), with s_umount held for writing.
 *
 * Everything is written, then every inode that no one has a reference to goes. One that reclaim has
 * by igrab stays behind, "VFS: Busy inodes after unmount"; its last iput then writes to a file system
 * that has gone.
 */

import type { Sleeping } from '../sim/task.ts';
import type { Bdi } from './bdi.ts';
import type { Eviction } from './eviction.ts';
import type { Flushers } from './flushers.ts';
import { type Inode, InodeState } from './inode.ts';
import type { Memory } from './memory.ts';
import { Stage } from './super-block.ts';

/** @returns inodes that were busy: left behind with a reference, or still on their way out elsewhere */
export function* shutdownSuper(
  memory: Memory,
  flushers: Flushers,
  eviction: Eviction,
  bdi: Bdi,
): Sleeping<number> {
  const { superBlock } = bdi;
  superBlock.stage = Stage.detached;
  yield* superBlock.umount.acquireWrite('deactivate_super');
  yield* flushers.syncDisk(bdi);
  yield* bdi.fs.sync();
  yield* bdi.fs.disk.flush();
  superBlock.stage = Stage.inactive;
  yield* invalidateInodes(memory, eviction, bdi);
  // ->put_super: what evicting them has left in the journal and in metadata.
  yield* bdi.fs.sync();
  const busy = yield* invalidateInodes(memory, eviction, bdi);
  memory.stat.busyInodes += busy;
  superBlock.stage = Stage.gone;
  superBlock.umount.release();
  return busy;
}

/** invalidate_inodes: marks all that can go before any of them does (dispose_list). */
function* invalidateInodes(memory: Memory, eviction: Eviction, bdi: Bdi): Sleeping<number> {
  const disposed: Inode[] = [];
  let busy = 0;
  for (const inode of memory.inodes) {
    if (inode.bdi !== bdi || inode.isSwapBacked || inode.has(InodeState.clear)) continue;
    if (inode.count > 0 || inode.isGoing) {
      busy++;
      continue;
    }
    inode.state |= InodeState.freeing;
    disposed.push(inode);
  }
  for (const inode of disposed) yield* eviction.dispose(inode);
  return busy;
}

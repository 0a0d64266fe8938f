/**
 * The end of an inode: iput, and what the last one does (fs/inode.c of 2.6.34, iput_final).
 *
 * A linked file's last reference costs nothing; the inode stays cached. An unlinked file's removes
 * it, in whoever's context that happens: its pages are truncated, each of them locked and waited
 * for, and its blocks are freed in a transaction, which may wait for a commit.
 */

import type { Sleeping } from '../sim/task.ts';
import type { Flushers } from './flushers.ts';
import { type Inode, InodeState } from './inode.ts';
import type { Memory } from './memory.ts';
import { Page } from './page-table.ts';

export class Eviction {
  readonly #memory: Memory;
  readonly #flusher: Flushers;

  constructor(memory: Memory, flusher: Flushers) {
    this.#memory = memory;
    this.#flusher = flusher;
  }

  /**
   * Gives a reference back.
   * @param fromReclaim for the count of final iputs that reclaim had to run
   */
  *iput(inode: Inode, fromReclaim: boolean): Sleeping<void> {
    inode.count--;
    if (inode.count > 0 || inode.isGoing) return;
    if (inode.links > 0) {
      if (inode.bdi.superBlock.isActive) return;
      // generic_detach_inode of a file system that is being unmounted: written first, then dropped.
      if (fromReclaim) this.#memory.stat.reclaimFinalIputs++;
      inode.state |= InodeState.willFree;
      yield* this.#flusher.writeAndWait(inode);
      yield* this.#flusher.waitUntilIdle(inode);
      yield* inode.bdi.fs.writeInode(inode, true);
      inode.state = (inode.state & ~InodeState.willFree) | InodeState.freeing;
      yield* this.dispose(inode);
      return;
    }
    if (fromReclaim) this.#memory.stat.reclaimFinalIputs++;
    inode.state |= InodeState.freeing;
    yield* this.truncatePages(inode, 0);
    yield* this.#flusher.waitUntilIdle(inode);
    this.#flusher.forget(inode);
    if (!inode.isSwapBacked) yield* inode.bdi.fs.evict(inode);
    inode.state |= InodeState.clear;
  }

  /** dispose_list: the end of an inode whose file stays; what of it is dirty is lost. */
  *dispose(inode: Inode): Sleeping<void> {
    yield* this.truncatePages(inode, 0);
    yield* this.#flusher.waitUntilIdle(inode);
    this.#flusher.forget(inode);
    inode.state |= InodeState.clear;
  }

  /** truncate_inode_pages: drops the cached pages from `fromPage` on, waiting for busy ones. */
  *truncatePages(inode: Inode, fromPage: number): Sleeping<void> {
    const memory = this.#memory;
    const busy = Page.locked | Page.writeback;
    for (let index = fromPage; inode.mapping.swappedCount > 0; index++) {
      if (index >= inode.mapping.endIndex) break;
      if (inode.mapping.slotAt(index) >= 0) memory.forgetSwapped(inode, index);
    }
    for (;;) {
      const index = inode.mapping.nextCached(fromPage);
      if (index < 0) return;
      const frame = inode.mapping.frameAt(index);
      if (memory.table.has(frame, busy)) {
        yield* memory.waitOnPage(inode, index, busy, 'truncate_inode_pages');
        continue;
      }
      memory.cancelDirty(frame);
      memory.dropFromCache(frame);
    }
  }
}

/**
 * A backing device: one disk's file system, its dirty inodes, and how much of memory waits for it
 * (struct backing_dev_info and bdi_writeback).
 */

import type { FileSystem } from '../fs/file-system.ts';
import { Bandwidth } from './bandwidth.ts';
import { type Inode, InodeState, DIRTY } from './inode.ts';
import { InodeList } from './inode-list.ts';
import { Proportion } from './proportions.ts';
import type { SuperBlock } from './super-block.ts';

export class Bdi {
  readonly name: string;
  readonly fs: FileSystem;
  readonly superBlock: SuperBlock;
  /** Dirty inodes; those picked for this round; those to go on with in the next. */
  readonly dirty = new InodeList();
  readonly io = new InodeList();
  readonly moreIo = new InodeList();
  /** BDI_RECLAIMABLE and BDI_WRITEBACK: pages dirty, and under write-back. */
  nrDirty = 0;
  nrWriteback = 0;
  /** Pages ever dirtied, and ever written. */
  dirtied = 0;
  written = 0;
  /** Its share of recent completions sets its share of the dirty limit. */
  readonly completions = new Proportion();
  readonly bandwidth = new Bandwidth();
  /** It is over its limit: whoever dirties its pages checks more often. */
  dirtyExceeded = false;
  /** A flusher works for it. */
  writebackRunning = false;

  constructor(name: string, fs: FileSystem, superBlock: SuperBlock) {
    this.name = name;
    this.fs = fs;
    this.superBlock = superBlock;
  }

  /** wb_has_dirty_io. */
  get hasDirtyIo(): boolean {
    return !this.dirty.isEmpty || !this.io.isEmpty || !this.moreIo.isEmpty;
  }

  /** __mark_inode_dirty. While someone writes the inode, whoever that is will put it on a list. */
  markDirty(inode: Inode, flags: number, nowNs: number): void {
    if ((inode.state & flags) === flags) return;
    const wasDirty = (inode.state & DIRTY) !== 0;
    inode.state |= flags;
    if (wasDirty || inode.has(InodeState.sync) || inode.isGoing) return;
    inode.dirtiedWhenNs = nowNs;
    this.dirty.add(inode);
  }

  /** redirty_tail: to the young end, with a time that keeps the list in order. */
  redirty(inode: Inode, nowNs: number): void {
    const { youngest } = this.dirty;
    if (youngest !== undefined && inode.dirtiedWhenNs < youngest.dirtiedWhenNs) {
      inode.dirtiedWhenNs = nowNs;
    }
    this.dirty.add(inode);
  }
}

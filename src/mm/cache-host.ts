/** The page cache as a file system sees it. */

import { Op } from '../device/device.ts';
import type { FsInode } from '../fs/fs-inode.ts';
import type { FsHost } from '../fs/host.ts';
import { Step } from '../fs/step.ts';
import { BioFlag } from '../block/bio.ts';
import { syncControl } from '../fs/writeback-control.ts';
import type { Sleeping, TaskScheduler } from '../sim/task.ts';
import type { WaitGraph } from '../sim/wait-graph.ts';
import type { Inode } from './inode.ts';
import type { Memory } from './memory.ts';
import { LockPlace, Page } from './page-table.ts';
import { Writer } from './vm-stat.ts';
import { writeCachePages } from './write-cache-pages.ts';

export class CacheHost implements FsHost {
  readonly #memory: Memory;

  constructor(memory: Memory) {
    this.#memory = memory;
  }

  get scheduler(): TaskScheduler {
    return this.#memory.scheduler;
  }

  get graph(): WaitGraph {
    return this.#memory.graph;
  }

  pagesDone(op: number, inode: number, index: number, pages: number, latencyNs: number): void {
    this.#memory.pagesDone(op, inode, index, pages, latencyNs);
  }

  submitterAdmitted(task: number): void {
    this.#memory.submitterAdmitted(task);
  }

  congestionCleared(sync: boolean): void {
    this.#memory.congestionCleared(sync);
  }

  waitAdmitted(): Sleeping<void> {
    return this.#memory.waitAdmitted();
  }

  // An FsInode is always one of mm's: mm made it.
  isDirty(inode: FsInode, index: number): boolean {
    return (inode as Inode).mapping.isDirty(index);
  }

  isWritable(inode: FsInode, index: number): boolean {
    const { mapping } = inode as Inode;
    if (!mapping.isDirty(index)) return false;
    return !this.#memory.table.has(mapping.frameAt(index), Page.locked | Page.writeback);
  }

  nextDirty(inode: FsInode, from: number): number {
    return (inode as Inode).mapping.nextDirty(from);
  }

  startWriteback(inode: FsInode, index: number, writer: number): void {
    this.#memory.startWriteback((inode as Inode).mapping.frameAt(index), writer as Writer);
  }

  lockPage(inode: FsInode, index: number): void {
    const frame = (inode as Inode).mapping.frameAt(index);
    if (!this.#memory.tryLock(frame, LockPlace.multiPageWriter)) {
      throw new Error(`page ${index} of inode ${inode.number} is locked`);
    }
  }

  unlockPage(inode: FsInode, index: number): void {
    const frame = (inode as Inode).mapping.frameAt(index);
    if (this.#memory.table.has(frame, Page.locked)) this.#memory.unlock(frame);
  }

  *writeData(inode: FsInode, ignoresLocks: boolean): Sleeping<void> {
    const memory = this.#memory;
    const mine = inode as Inode;
    if (mine.isGoing || mine.mapping.dirtyCount === 0) return;
    if (!ignoresLocks) {
      yield* writeCachePages(memory, mine, syncControl(Writer.journal, 0, Infinity, true), true);
      return;
    }
    const { disk } = mine.bdi.fs;
    const task = memory.scheduler.current.id;
    const { mapping } = mine;
    mapping.tagToWrite(0, Infinity);
    for (let index = mapping.nextToWrite(0); index >= 0; index = mapping.nextToWrite(index + 1)) {
      const frame = mapping.frameAt(index);
      if (memory.table.has(frame, Page.writeback)) {
        yield* memory.waitOnPage(mine, index, Page.writeback, 'journal_submit_data_buffers');
        index--;
        continue;
      }
      const block = inode.layout.blockOf(index);
      if (block < 0) continue;
      memory.startWriteback(frame, Writer.journal);
      const flags = BioFlag.sync;
      const step = disk.submitPages(Op.write, inode.number, block, index, 1, flags, task);
      if (step === Step.sleeps) yield* memory.waitAdmitted();
    }
  }

  waitData(inode: FsInode): Sleeping<void> {
    return this.#memory.waitData(inode as Inode);
  }
}

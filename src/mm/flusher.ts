/**
 * The flusher thread of one disk (fs/fs-writeback.c of 2.6.32-2.6.36): writes inodes that reclaim,
 * age or the background limit ask for, 1024 pages of an inode at a time, oldest dirtied first.
 */

import { MS } from '../sim/units.ts';
import type { Sleeping, TaskBody } from '../sim/task.ts';
import { WaitQueue } from '../sim/task.ts';
import { type Inode, InodeState } from './inode.ts';
import type { Memory } from './memory.ts';
import { Page } from './page-table.ts';
import { MAX_WRITEBACK_PAGES } from './vm-options.ts';
import { Writer } from './vm-stat.ts';
import { writeCachePages, type WritebackControl } from './write-cache-pages.ts';

/** struct wb_writeback_args. */
interface Work {
  writer: Writer;
  /** Pages asked for; Infinity for "until the goal is reached". */
  nrPages: number;
  /** Stop when dirty pages fall under the background limit. */
  forBackground: boolean;
  /** Write only inodes dirtied before this, ns; Infinity for all. */
  olderThanNs: number;
}

export class Flusher {
  readonly #memory: Memory;
  readonly #work: Work[] = [];
  readonly #idle: WaitQueue;
  readonly #inodeSync: WaitQueue;
  /** b_io and b_more_io: inodes picked for this round, and those to go on with in the next. */
  readonly #io: Set<Inode> = new Set();
  readonly #moreIo: Set<Inode> = new Set();
  #lastOldFlushNs = 0;

  constructor(memory: Memory) {
    this.#memory = memory;
    this.#idle = new WaitQueue(memory.scheduler, 'flusher idle');
    this.#inodeSync = new WaitQueue(memory.scheduler, 'I_SYNC');
  }

  /** wakeup_flusher_threads: reclaim asks for so many pages. */
  wake(nrPages: number): void {
    this.#queue({ writer: Writer.kicked, nrPages, forBackground: false, olderThanNs: Infinity });
  }

  /** bdi_start_background_writeback: unless it is queued already. */
  startBackground(): void {
    if (this.#work.some((work) => work.forBackground)) return;
    this.#queue({
      writer: Writer.flusher,
      nrPages: Infinity,
      forBackground: true,
      olderThanNs: Infinity,
    });
  }

  #queue(work: Work): void {
    this.#work.push(work);
    this.#idle.wakeAll();
  }

  /** The thread's body; never ends. */
  *run(): TaskBody {
    const { options, events } = this.#memory;
    const intervalNs = options.dirtyWritebackCentisecs * 10 * MS;
    for (;;) {
      const work = this.#work.shift();
      if (work !== undefined) {
        yield* this.#writeback(work);
        continue;
      }
      // 0 turns the periodic wake-ups off.
      if (intervalNs === 0) {
        yield* this.#idle.wait();
        continue;
      }
      if (events.nowNs >= this.#lastOldFlushNs + intervalNs) {
        this.#lastOldFlushNs = events.nowNs;
        yield* this.#writeback({
          writer: Writer.flusher,
          nrPages: this.#memory.nrDirty,
          forBackground: false,
          olderThanNs: events.nowNs - options.dirtyExpireCentisecs * 10 * MS,
        });
        continue;
      }
      yield* this.#idle.waitNs(this.#lastOldFlushNs + intervalNs - events.nowNs);
    }
  }

  /** wb_writeback. */
  *#writeback(work: Work): Sleeping<void> {
    const memory = this.#memory;
    while (work.nrPages > 0) {
      if (work.forBackground && memory.nrDirty < memory.dirtyLimits()[0]) break;
      const wbc = cyclicControl(work.writer, MAX_WRITEBACK_PAGES);
      yield* this.writebackInodes(wbc, work.olderThanNs);
      const wrote = MAX_WRITEBACK_PAGES - wbc.nrToWrite;
      work.nrPages -= wrote;
      if (wbc.nrToWrite <= 0) continue;
      if (this.#moreIo.size === 0) break;
      if (wrote > 0) continue;
      // Everything left is being written by someone else: wait for one of them.
      const [inode] = this.#moreIo;
      this.#requeue(inode);
      yield* this.waitUntilIdle(inode);
    }
  }

  /**
   * writeback_inodes_wb: writes dirty inodes, oldest first, until the control's pages are used up.
   * A throttled writer calls it too.
   */
  *writebackInodes(wbc: WritebackControl, olderThanNs: number): Sleeping<void> {
    const task = this.#memory.scheduler.current.id;
    this.#memory.fs.queue.startPlug(task);
    if (this.#io.size === 0 || olderThanNs === Infinity) this.#queueIo(olderThanNs);
    for (;;) {
      const [inode] = this.#io;
      if (inode === undefined) break;
      this.#io.delete(inode);
      if (inode.has(InodeState.sync)) {
        this.#moreIo.add(inode);
        continue;
      }
      yield* this.#writebackInode(inode, wbc);
      if (wbc.nrToWrite <= 0) break;
    }
    this.#memory.fs.queue.finishPlug(task);
  }

  /** queue_io: what was left over first, then what has been dirty long enough. */
  #queueIo(olderThanNs: number): void {
    for (const inode of this.#moreIo) this.#io.add(inode);
    this.#moreIo.clear();
    for (const inode of this.#memory.dirtyInodes) {
      if (inode.dirtiedWhenNs > olderThanNs) break;
      this.#memory.dirtyInodes.delete(inode);
      this.#io.add(inode);
    }
  }

  /** writeback_single_inode without waiting. */
  *#writebackInode(inode: Inode, wbc: WritebackControl): Sleeping<void> {
    inode.state |= InodeState.sync;
    inode.state &= ~InodeState.dirty;
    yield* writeCachePages(this.#memory, inode, wbc);
    inode.state &= ~InodeState.sync;
    this.#inodeSync.wakeAll();
    if (inode.has(InodeState.clear) || inode.mapping.dirtyCount === 0) return;
    if (wbc.nrToWrite <= 0) {
      inode.state |= InodeState.dirty;
      this.#moreIo.add(inode);
    } else {
      this.#requeue(inode);
    }
  }

  /** redirty_tail: to the young end of the dirty list. */
  #requeue(inode: Inode): void {
    const memory = this.#memory;
    this.#moreIo.delete(inode);
    this.#io.delete(inode);
    memory.dirtyInodes.delete(inode);
    if (inode.mapping.dirtyCount === 0) return;
    inode.state |= InodeState.dirty;
    inode.dirtiedWhenNs = memory.events.nowNs;
    memory.dirtyInodes.add(inode);
  }

  /** One inode of sync(2): as writeAndWait, but never beside another writer of the inode (I_SYNC). */
  *syncInode(inode: Inode): Sleeping<void> {
    yield* this.waitUntilIdle(inode);
    inode.state |= InodeState.sync;
    yield* this.writeAndWait(inode, Writer.sync);
    inode.state &= ~InodeState.sync;
    this.#inodeSync.wakeAll();
  }

  /** Writes one file's dirty pages and waits until they are on the device (filemap_write_and_wait). */
  *writeAndWait(inode: Inode, writer: Writer): Sleeping<void> {
    const memory = this.#memory;
    yield* writeCachePages(memory, inode, {
      writer,
      start: 0,
      end: Infinity,
      cyclic: false,
      sync: true,
      nrToWrite: Infinity,
    });
    for (let index = inode.mapping.nextCached(0); index >= 0;) {
      yield* memory.waitOnPage(inode, index, Page.writeback, 'filemap_fdatawait');
      index = inode.mapping.nextCached(index + 1);
    }
    if (inode.mapping.dirtyCount === 0) this.forget(inode);
  }

  /** Takes an inode off every dirty list. */
  forget(inode: Inode): void {
    this.#memory.dirtyInodes.delete(inode);
    this.#io.delete(inode);
    this.#moreIo.delete(inode);
    inode.state &= ~InodeState.dirty;
  }

  /** Waits until no one is writing the inode back (inode_sync_wait). */
  *waitUntilIdle(inode: Inode): Sleeping<void> {
    while (inode.has(InodeState.sync)) yield* this.#inodeSync.wait();
  }
}

/** A control for `pages` pages of whatever inode, going on where the last walk stopped. */
export function cyclicControl(writer: Writer, pages: number): WritebackControl {
  return { writer, start: 0, end: Infinity, cyclic: true, sync: false, nrToWrite: pages };
}

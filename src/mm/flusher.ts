/**
 * The flusher thread of one disk (fs/fs-writeback.c since 2.6.32): writes inodes that reclaim, age,
 * the background limit or a sync ask for, a slice of each at a turn, oldest dirtied first.
 */

import { version } from '../sim/kernel-version.ts';
import { type Sleeping, type TaskBody, WaitQueue } from '../sim/task.ts';
import { MS } from '../sim/units.ts';
import { cyclicControl, syncControl, type WritebackControl } from '../fs/writeback-control.ts';
import type { Bdi } from './bdi.ts';
import { DIRTY, type Inode, InodeState } from './inode.ts';
import type { Memory } from './memory.ts';
import type { DirtyThrottle } from './throttle/throttle.ts';
import { MAX_WRITEBACK_PAGES, MIN_WRITEBACK_PAGES } from './vm-options.ts';
import { Writer } from './vm-stat.ts';
import { writeCachePages } from './write-cache-pages.ts';

/** struct wb_writeback_work. */
interface Work {
  writer: Writer;
  /** Pages asked for; Infinity for "until the goal is reached". */
  nrPages: number;
  /** Stop when dirty pages fall under the background limit. */
  forBackground: boolean;
  forKupdate: boolean;
  /** Write only inodes dirtied at this time or before, ns; Infinity for all. */
  olderThanNs: number;
  /** WB_SYNC_ALL: write all of each inode and wait for it. */
  isSync: boolean;
  /** Who waits for it hears of its end. */
  done: WaitQueue | undefined;
  isDone: boolean;
  /** Not inodes but what reclaim asks for of one of them. */
  pageout: PageoutRange | undefined;
}

/** A range of a file that reclaim wants written (the pageout work of src/mm/pageout). */
export interface PageoutRange {
  readonly inode: Inode;
  /** First page, and how many. */
  first: number;
  pages: number;
  /** Does it, in the flusher's thread. */
  readonly write: () => Sleeping<void>;
}

/** DIRTY_SCOPE: a slice is at most this part of the dirty limit. */
const DIRTY_SCOPE = 8;
/** How long a disk's inodes of one round may take since 3.2: HZ / 10. */
const ROUND_NS = 100 * MS;

export class Flusher {
  readonly bdi: Bdi;
  readonly #memory: Memory;
  readonly #throttle: DirtyThrottle;
  readonly #work: Work[] = [];
  readonly #idle: WaitQueue;
  readonly #inodeSync: WaitQueue;
  readonly #version: number;
  #lastOldFlushNs = 0;

  constructor(memory: Memory, bdi: Bdi, throttle: DirtyThrottle, inodeSync: WaitQueue) {
    this.bdi = bdi;
    this.#memory = memory;
    this.#throttle = throttle;
    this.#inodeSync = inodeSync;
    this.#version = memory.options.kernel;
    this.#idle = new WaitQueue(memory.scheduler, 'flusher idle');
  }

  /** bdi_start_writeback: reclaim asks for so many pages. */
  wake(nrPages: number): void {
    this.#queue({ ...work(Writer.kicked), nrPages });
  }

  /** bdi_start_background_writeback: unless it is asked for already. */
  startBackground(): void {
    if (this.#work.some(({ forBackground }) => forBackground)) return;
    this.#queue({ ...work(Writer.flusher), forBackground: true });
  }

  /** writeback_inodes_sb and sync_inodes_sb: everything that is dirty now, and waits for the end. */
  *sync(isSync: boolean): Sleeping<void> {
    const done = new WaitQueue(this.#memory.scheduler, 'bdi_sched_wait');
    const mine = { ...work(Writer.sync), isSync, done, olderThanNs: this.#memory.events.nowNs };
    this.#queue(mine);
    while (!mine.isDone) yield* done.wait();
  }

  // --- what reclaim asks for by file and place --------------------------------------------------

  /** Pageout works that wait. */
  pageoutsQueued = 0;

  queuePageout(pageout: PageoutRange): void {
    this.pageoutsQueued++;
    this.#queue({ ...work(Writer.kicked), pageout });
  }

  /**
   * Looks through the pageout works that wait, the newest first, at most `most` of them.
   * @param takes says whether one of them will do
   * @returns whether one did
   */
  hasPageout(takes: (pageout: PageoutRange) => boolean, most: number): boolean {
    let seen = 0;
    for (let at = this.#work.length - 1; at >= 0 && seen < most; at--) {
      const { pageout } = this.#work[at];
      if (pageout === undefined) continue;
      if (takes(pageout)) return true;
      seen++;
    }
    return false;
  }

  /** Writes a range of an inode on which I_SYNC has been set, and takes that off again. */
  *writePinned(inode: Inode, wbc: WritebackControl): Sleeping<void> {
    yield* writeCachePages(this.#memory, inode, wbc);
    inode.state &= ~InodeState.sync;
    // Its place on the dirty lists stays; what was dirtied meanwhile has not found one.
    if (inode.isGoing || !inode.has(DIRTY)) inode.list?.remove(inode);
    else if (inode.list === undefined) this.#redirtyTail(inode);
    this.#inodeSync.wakeAll();
  }

  #queue(one: Work): void {
    this.#work.push(one);
    this.#idle.wakeAll();
  }

  // --- the thread ----------------------------------------------------------------------------

  /** The thread's body; never ends. */
  *run(): TaskBody {
    const { options, events } = this.#memory;
    const intervalNs = options.dirtyWritebackCentisecs * 10 * MS;
    for (;;) {
      for (let next = this.#work.shift(); next !== undefined; next = this.#work.shift()) {
        yield* this.#do(next);
      }
      // 0 turns the periodic wake-ups off.
      if (intervalNs > 0 && events.nowNs >= this.#lastOldFlushNs + intervalNs) {
        this.#lastOldFlushNs = events.nowNs;
        yield* this.#flushOld();
      }
      // wb_check_background_flush.
      if (this.#version >= version(2, 6, 37) && this.#isOverBackground()) {
        yield* this.#do({ ...work(Writer.flusher), forBackground: true });
      }
      if (this.#work.length > 0) continue;
      if (intervalNs === 0) yield* this.#idle.wait();
      else yield* this.#idle.waitNs(this.#lastOldFlushNs + intervalNs - events.nowNs);
    }
  }

  /** wb_check_old_data_flush: what is older than the age limit; the disk's own metadata too. */
  *#flushOld(): Sleeping<void> {
    const memory = this.#memory;
    const olderThanNs = memory.events.nowNs - memory.options.dirtyExpireCentisecs * 10 * MS;
    yield* this.#do({
      ...work(Writer.flusher),
      nrPages: memory.nrDirty + this.bdi.dirty.size + this.bdi.io.size + this.bdi.moreIo.size,
      forKupdate: true,
      olderThanNs,
    });
    const { metadata, disk } = this.bdi.fs;
    const ticket = disk.ticket('block device write-back');
    yield* metadata.writeOlder(olderThanNs, ticket);
  }

  *#do(one: Work): Sleeping<void> {
    this.bdi.writebackRunning = true;
    if (one.pageout !== undefined) {
      this.pageoutsQueued--;
      yield* one.pageout.write();
    } else
      yield* this.#version >= version(3, 2) ? this.#writebackBySlices(one) : this.#writeback(one);
    this.bdi.writebackRunning = false;
    one.isDone = true;
    one.done?.wakeAll();
  }

  /** over_bground_thresh; since 3.2 of the disk's own share as well. */
  #isOverBackground(): boolean {
    const { limits, nrDirty } = this.#memory;
    limits.update();
    if (nrDirty > limits.background) return true;
    if (this.#version < version(3, 2)) return false;
    return this.bdi.nrDirty > limits.partOf(this.bdi, limits.background);
  }

  /** wb_writeback of 2.6.34: rounds of 1024 pages. */
  *#writeback(one: Work): Sleeping<void> {
    const memory = this.#memory;
    while (one.nrPages > 0) {
      if (one.forBackground && !this.#isOverBackground()) break;
      if (one.forKupdate) this.#expire(one);
      const wbc = one.isSync
        ? syncControl(one.writer, 0, Infinity, this.#version >= version(2, 6, 36))
        : cyclicControl(one.writer, MAX_WRITEBACK_PAGES);
      wbc.forKupdate = one.forKupdate;
      const before = wbc.nrToWrite;
      yield* this.writebackInodes(wbc, one.olderThanNs);
      if (one.isSync) break;
      const wrote = before - wbc.nrToWrite;
      one.nrPages -= wrote;
      if (wbc.nrToWrite <= 0) continue;
      if (this.bdi.moreIo.isEmpty) break;
      if (wrote > 0) continue;
      // Everything left is being written by someone else: wait for one of them.
      const inode = this.bdi.moreIo.oldest as Inode;
      if (inode.has(InodeState.sync)) yield* this.waitUntilIdle(inode);
      else yield* memory.useCpu(1);
    }
  }

  #expire(one: Work): void {
    const { events, options } = this.#memory;
    one.olderThanNs = events.nowNs - options.dirtyExpireCentisecs * 10 * MS;
  }

  /** wb_writeback of 3.2: each inode has its slice; background and periodic work yields to others. */
  *#writebackBySlices(one: Work): Sleeping<void> {
    const { bdi } = this;
    const { events } = this.#memory;
    const startedNs = events.nowNs;
    if (!one.forKupdate) one.olderThanNs = Math.min(one.olderThanNs, startedNs);
    while (one.nrPages > 0) {
      if ((one.forBackground || one.forKupdate) && this.#work.length > 0) break;
      if (one.forBackground && !this.#isOverBackground()) break;
      if (one.forKupdate) this.#expire(one);
      else if (one.forBackground) one.olderThanNs = events.nowNs;
      if (bdi.io.isEmpty) this.#queueIo(one.olderThanNs);
      const wrote = yield* this.#writeSlices(one);
      this.#throttle.wrote(bdi, startedNs);
      if (wrote > 0) continue;
      const more = bdi.moreIo.oldest;
      if (more === undefined) break;
      if (more.has(InodeState.sync)) yield* this.waitUntilIdle(more);
      else yield* this.#memory.useCpu(1);
    }
  }

  /** writeback_sb_inodes of 3.2: inodes of b_io, for a tenth of a second. Pages and inodes done. */
  *#writeSlices(one: Work): Sleeping<number> {
    return (yield* this.#pinned(one.isSync, () => this.#writePinnedSlices(one))) ?? 0;
  }

  *#writePinnedSlices(one: Work): Sleeping<number> {
    const { bdi } = this;
    const memory = this.#memory;
    const task = memory.scheduler.current.id;
    const untilNs = memory.events.nowNs + ROUND_NS;
    let wrote = 0;
    bdi.fs.queue.startPlug(task);
    for (let inode = bdi.io.oldest; inode !== undefined; inode = bdi.io.oldest) {
      if (inode.has(InodeState.sync) && !one.isSync) {
        bdi.moreIo.add(inode);
        continue;
      }
      const slice = this.#slice(one);
      const wbc = one.isSync
        ? syncControl(one.writer, 0, Infinity, true)
        : cyclicControl(one.writer, slice);
      wbc.forKupdate = one.forKupdate;
      yield* this.writebackInode(inode, wbc);
      const pages = one.isSync ? 1 : slice - wbc.nrToWrite;
      one.nrPages -= pages;
      wrote += pages + (inode.has(DIRTY) ? 0 : 1);
      // A tenth of a second: then the limits and other work are looked at again.
      if (wrote > 0 && (memory.events.nowNs > untilNs || one.nrPages <= 0)) break;
    }
    bdi.fs.queue.finishPlug(task);
    return wrote;
  }

  /** writeback_chunk_size: half a second of the disk's bandwidth, in multiples of 1024 pages. */
  #slice(one: Work): number {
    const { limits } = this.#memory;
    const pages = Math.min(
      Math.floor(this.bdi.bandwidth.average / 2),
      Math.floor(limits.dirty / DIRTY_SCOPE),
      one.nrPages,
    );
    return pages - (pages % MIN_WRITEBACK_PAGES) + MIN_WRITEBACK_PAGES;
  }

  // --- inodes --------------------------------------------------------------------------------

  /**
   * writeback_inodes_wb of 2.6.34: writes dirty inodes, oldest first, until the control's pages are
   * used up. A throttled writer calls it too.
   */
  *writebackInodes(wbc: WritebackControl, olderThanNs: number): Sleeping<void> {
    yield* this.#pinned(wbc.sync, () => this.#writebackPinned(wbc, olderThanNs));
  }

  /** Writes while no umount can come between; undefined when one is under way. A sync's caller sees to it itself. */
  *#pinned<T>(isSync: boolean, write: () => Sleeping<T>): Sleeping<T | undefined> {
    if (isSync) return yield* write();
    if (!this.#pin()) return undefined;
    try {
      return yield* write();
    } finally {
      this.bdi.superBlock.umount.release();
    }
  }

  /**
   * Keeps an umount out, or puts off what was chosen. To the tail, as since 3.1: 2.6.34 leaves it on
   * b_more_io, and tries again without a pause for as long as the umount lasts.
   */
  #pin(): boolean {
    const { superBlock, io, moreIo } = this.bdi;
    if (superBlock.pin()) return true;
    for (const list of [io, moreIo]) {
      for (let inode = list.oldest; inode !== undefined; inode = list.oldest) {
        this.#redirtyTail(inode);
      }
    }
    return false;
  }

  *#writebackPinned(wbc: WritebackControl, olderThanNs: number): Sleeping<void> {
    const { bdi } = this;
    const startedNs = this.#memory.events.nowNs;
    const task = this.#memory.scheduler.current.id;
    bdi.fs.queue.startPlug(task);
    if (!wbc.forKupdate || bdi.io.isEmpty) this.#queueIo(olderThanNs);
    for (let inode = bdi.io.oldest; inode !== undefined; inode = bdi.io.oldest) {
      if (inode.has(InodeState.sync) && !wbc.sync) {
        bdi.moreIo.add(inode);
        continue;
      }
      // Dirtied since it began: whoever came later is not waited for.
      if (inode.dirtiedWhenNs > startedNs) break;
      const skipped = wbc.pagesSkipped;
      yield* this.writebackInode(inode, wbc);
      // A page could not be written now: the inode is tried again later.
      if (wbc.pagesSkipped !== skipped && inode.has(DIRTY)) this.#redirtyTail(inode);
      if (wbc.nrToWrite <= 0) break;
    }
    bdi.fs.queue.finishPlug(task);
  }

  /** queue_io: what is left of the last round, then what it put off, then what is old enough. */
  #queueIo(olderThanNs: number): void {
    const { dirty, io, moreIo } = this.bdi;
    // 2.6.34 takes what was put off first.
    if (this.#version < version(2, 6, 36)) io.prepend(moreIo);
    else io.append(moreIo);
    for (let inode = dirty.oldest; inode !== undefined; inode = dirty.oldest) {
      if (inode.dirtiedWhenNs > olderThanNs) break;
      io.add(inode);
    }
  }

  /** writeback_single_inode. With WB_SYNC_ALL it waits for the inode's data. */
  *writebackInode(inode: Inode, wbc: WritebackControl): Sleeping<void> {
    const memory = this.#memory;
    while (inode.has(InodeState.sync)) yield* this.#inodeSync.wait();
    if (inode.isGoing) {
      inode.list?.remove(inode);
      return;
    }
    inode.state |= InodeState.sync;
    inode.state &= ~InodeState.dirtyPages;
    yield* writeCachePages(memory, inode, wbc);
    if (wbc.sync) yield* memory.waitData(inode);
    const metadata = inode.state & (InodeState.dirtySync | InodeState.dirtyDatasync);
    inode.state &= ~metadata;
    if (metadata !== 0) yield* inode.bdi.fs.writeInode(inode, wbc.sync);
    inode.state &= ~InodeState.sync;
    this.#requeue(inode, wbc);
    this.#inodeSync.wakeAll();
  }

  /** Where an inode goes that was just written. */
  #requeue(inode: Inode, wbc: WritebackControl): void {
    if (inode.isGoing) {
      inode.list?.remove(inode);
      return;
    }
    const hasPages = inode.mapping.dirtyCount > 0;
    const wasDirtiedAgain = inode.has(InodeState.dirtyPages);
    if (hasPages) inode.state |= InodeState.dirtyPages;
    if (!inode.has(DIRTY)) {
      inode.list?.remove(inode);
      return;
    }
    const usedUp = wbc.nrToWrite <= 0;
    if (this.#version >= version(2, 6, 36)) {
      // requeue_inode: a slice used up goes on in the next round, whoever asked for it.
      if (hasPages && usedUp && wbc.pagesSkipped === 0) this.bdi.moreIo.add(inode);
      else this.#redirtyTail(inode);
      return;
    }
    // 2.6.34: only periodic write-back goes on with an inode whose slice is used up.
    const selects = wbc.forKupdate && (wasDirtiedAgain || hasPages);
    if (selects && usedUp) this.bdi.moreIo.add(inode);
    else this.#redirtyTail(inode);
  }

  #redirtyTail(inode: Inode): void {
    this.bdi.redirty(inode, this.#memory.events.nowNs);
  }

  /** Waits until no one is writing the inode back (inode_sync_wait). */
  *waitUntilIdle(inode: Inode): Sleeping<void> {
    while (inode.has(InodeState.sync)) yield* this.#inodeSync.wait();
  }
}

function work(writer: Writer): Work {
  return {
    writer,
    nrPages: Infinity,
    forBackground: false,
    forKupdate: false,
    olderThanNs: Infinity,
    isSync: false,
    done: undefined,
    isDone: false,
    pageout: undefined,
  };
}

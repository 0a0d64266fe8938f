/** The flushers of all disks, and what writes or waits for single inodes. */

import { version } from '../sim/kernel-version.ts';
import { type Sleeping, type TaskBody, WaitQueue } from '../sim/task.ts';
import { syncControl } from '../fs/writeback-control.ts';
import type { Bdi } from './bdi.ts';
import { Flusher } from './flusher.ts';
import { type Inode, InodeState } from './inode.ts';
import type { Memory } from './memory.ts';
import { Page } from './page-table.ts';
import { Pauses } from './throttle/pauses.ts';
import type { DirtyThrottle } from './throttle/throttle.ts';
import { WriterWrites } from './throttle/writer-writes.ts';
import { Writer } from './vm-stat.ts';
import { writeCachePages } from './write-cache-pages.ts';

export class Flushers {
  readonly throttle: DirtyThrottle;
  readonly #memory: Memory;
  readonly #byBdi = new Map<Bdi, Flusher>();
  /** Who waits for I_SYNC to go. */
  readonly #inodeSync: WaitQueue;

  constructor(memory: Memory) {
    this.#memory = memory;
    this.#inodeSync = new WaitQueue(memory.scheduler, 'I_SYNC');
    this.throttle =
      memory.options.kernel >= version(3, 2)
        ? new Pauses(memory, this)
        : new WriterWrites(memory, this);
    for (const bdi of memory.bdis) {
      this.#byBdi.set(bdi, new Flusher(memory, bdi, this.throttle, this.#inodeSync));
    }
  }

  of(bdi: Bdi): Flusher {
    return this.#byBdi.get(bdi) as Flusher;
  }

  /** Their threads, by name. */
  threads(): { name: string; body: TaskBody }[] {
    return [...this.#byBdi.values()].map((flusher, i) => ({
      name: i === 0 ? 'flusher' : `flusher:${flusher.bdi.name}`,
      body: flusher.run(),
    }));
  }

  /** wakeup_flusher_threads: reclaim asks for so many pages; 0 for all that are dirty. */
  wake(nrPages: number): void {
    const pages = nrPages === 0 ? this.#memory.nrDirty : nrPages;
    for (const [bdi, flusher] of this.#byBdi) if (bdi.hasDirtyIo) flusher.wake(pages);
  }

  /** sync(2)'s data: every disk's, first without waiting, then each page waited for. */
  *sync(): Sleeping<void> {
    for (const isSync of [false, true]) {
      for (const flusher of this.#byBdi.values()) {
        yield* flusher.bdi.superBlock.sync(() => flusher.sync(isSync));
      }
    }
    for (const inode of this.#memory.inodes) {
      if (inode.writebackPages > 0) yield* this.#memory.waitData(inode);
    }
  }

  /** sync_filesystem's data, one disk's; the caller holds its s_umount. */
  *syncDisk(bdi: Bdi): Sleeping<void> {
    yield* this.of(bdi).sync(false);
    yield* this.of(bdi).sync(true);
    for (const inode of this.#memory.inodes) {
      if (inode.bdi === bdi && inode.writebackPages > 0) yield* this.#memory.waitData(inode);
    }
  }

  /**
   * filemap_write_and_wait_range: writes a file's dirty pages from `start` to `end` and waits until
   * they are on the device.
   */
  *writeAndWait(inode: Inode, start = 0, end = Infinity): Sleeping<void> {
    const memory = this.#memory;
    if (inode.mapping.dirtyCount > 0) {
      const tagged = memory.options.kernel >= version(2, 6, 36);
      yield* writeCachePages(memory, inode, syncControl(Writer.sync, start, end, tagged));
    }
    yield* this.wait(inode, start, end);
  }

  /** filemap_fdatawait_range. */
  *wait(inode: Inode, start = 0, end = Infinity): Sleeping<void> {
    const memory = this.#memory;
    if (inode.writebackPages === 0) return;
    for (let index = inode.mapping.nextCached(start); index >= 0 && index <= end;) {
      yield* memory.waitOnPage(inode, index, Page.writeback, 'filemap_fdatawait');
      index = inode.writebackPages === 0 ? -1 : inode.mapping.nextCached(index + 1);
    }
  }

  /** sync_inode: the inode itself, after its data, when it is dirty. */
  *syncInode(inode: Inode): Sleeping<void> {
    if (!inode.has(InodeState.dirtySync | InodeState.dirtyDatasync)) return;
    const wbc = syncControl(Writer.sync, 0, -1);
    yield* this.of(inode.bdi).writebackInode(inode, wbc);
  }

  /** Takes an inode off every dirty list: its end has come. */
  forget(inode: Inode): void {
    inode.list?.remove(inode);
    inode.state &= ~(InodeState.dirtySync | InodeState.dirtyDatasync | InodeState.dirtyPages);
  }

  /** Waits until no one is writing the inode back (inode_sync_wait). */
  *waitUntilIdle(inode: Inode): Sleeping<void> {
    while (inode.has(InodeState.sync)) yield* this.#inodeSync.wait();
  }
}

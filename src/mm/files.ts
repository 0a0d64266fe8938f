/**
 * The calls programs make, on the page cache: open, read, write, fsync and the rest
 * (mm/filemap.c of 2.6.34, generic_file_buffered_write and do_generic_file_read).
 */

import { NoSpaceError } from '../fs/block-groups.ts';
import type { Sleeping } from '../sim/task.ts';
import { InputError } from '../sim/input-error.ts';
import { Lock } from '../sim/lock.ts';
import { PAGE_BYTES } from '../sim/units.ts';
import { Anonymous } from './anonymous.ts';
import { type FileCalls, OpenFlag, SyncRange } from './file-calls.ts';
import type { Eviction } from './eviction.ts';
import type { Flushers } from './flushers.ts';
import { DIRTY, Inode, InodeState } from './inode.ts';
import type { Memory } from './memory.ts';
import type { PageAllocator } from './page-allocator.ts';
import { Page } from './page-table.ts';
import { Readahead, READAHEAD_PAGES } from './readahead.ts';
import { Stage } from './super-block.ts';
import { isOnTmpfs, tmpfsPage } from './tmpfs.ts';
import { shutdownSuper } from './umount.ts';
import { Writer } from './vm-stat.ts';
import { writeCachePages } from './write-cache-pages.ts';
import { rangeControl } from '../fs/writeback-control.ts';

export class Files implements FileCalls {
  readonly #memory: Memory;
  readonly #allocator: PageAllocator;
  readonly #flusher: Flushers;
  readonly #eviction: Eviction;
  readonly #readahead: Readahead;
  readonly #byName = new Map<string, Inode>();
  /** Open handles; a handle is an index into it. */
  readonly #open: (Inode | undefined)[] = [];
  /** Flags of handles that have any, `OpenFlag` bits. */
  readonly #flags: number[] = [];
  /** The programs' own memory. */
  readonly anonymous: Anonymous;
  /** Where the next sequential read of an inode would begin, by inode number. */
  readonly #readNext: number[] = [];

  constructor(memory: Memory, allocator: PageAllocator, flusher: Flushers, eviction: Eviction) {
    this.#memory = memory;
    this.#allocator = allocator;
    this.#flusher = flusher;
    this.#eviction = eviction;
    this.#readahead = new Readahead(memory, allocator);
    this.anonymous = new Anonymous(memory, allocator);
  }

  open(name: string, sizeBytes: number, flags = 0): number {
    let inode = this.#byName.get(name);
    if (inode === undefined) {
      if (this.#memory.bdiOf(name).superBlock.stage !== Stage.mounted) {
        throw new InputError(`"${name}" cannot be opened: its file system was unmounted`);
      }
      const made = this.#memory.newInode(name, sizeBytes);
      this.#byName.set(name, made);
      made.isSwapBacked = isOnTmpfs(name) || !made.bdi.fs.hasWriteback;
      if (!made.isSwapBacked) this.#place(() => made.bdi.fs.createFile(made), made);
      inode = made;
    }
    inode.count++;
    const file = this.#open.push(inode) - 1;
    if (flags !== 0) this.#flags[file] = flags;
    return file;
  }

  sizeOf(file: number): number {
    return this.inodeOf(file).sizeBytes;
  }

  /** The inode behind a handle. */
  inodeOf(file: number): Inode {
    const inode = this.#open[file];
    if (inode === undefined) throw new Error(`file handle ${file} is not open`);
    return inode;
  }

  *write(file: number, offsetBytes: number, bytes: number): Sleeping<void> {
    // generic_file_aio_write holds i_mutex throughout; the sync of O_SYNC comes after it.
    const mutex = this.#mutexOf(this.inodeOf(file));
    if (!mutex.acquireNow('generic_file_aio_write')) {
      yield* mutex.acquire('generic_file_aio_write');
    }
    try {
      yield* this.#write(file, offsetBytes, bytes);
    } finally {
      mutex.release();
    }
    const flags = this.#flags[file] ?? 0;
    if (flags === 0) return;
    const last = Math.ceil((offsetBytes + bytes) / PAGE_BYTES) - 1;
    const isDatasync = (flags & OpenFlag.sync) === 0;
    yield* this.#sync(this.inodeOf(file), isDatasync, Math.floor(offsetBytes / PAGE_BYTES), last);
  }

  /** i_mutex. */
  #mutexOf(inode: Inode): Lock {
    const { scheduler, graph } = this.#memory;
    return (inode.mutex ??= new Lock(
      scheduler,
      graph,
      'i_mutex',
      `the i_mutex of inode ${inode.number}`,
    ));
  }

  *#write(file: number, offsetBytes: number, bytes: number): Sleeping<void> {
    const memory = this.#memory;
    const { cpu } = memory.options;
    const { throttle } = this.#flusher;
    const inode = this.inodeOf(file);
    const end = offsetBytes + bytes;
    this.#inodeChanged(inode, end > inode.sizeBytes);
    // Processor time is taken in one piece before anything that may sleep.
    let cpuNs = 0;
    for (let index = Math.floor(offsetBytes / PAGE_BYTES); index * PAGE_BYTES < end; index++) {
      const isWhole = index * PAGE_BYTES >= offsetBytes && (index + 1) * PAGE_BYTES <= end;
      if (!this.#tryDirtyPage(inode, index, isWhole)) {
        if (cpuNs > 0) yield* memory.useCpu(cpuNs);
        cpuNs = 0;
        yield* this.#dirtyPage(inode, index, isWhole);
      }
      cpuNs += cpu.copyPageNs;
      inode.sizeBytes = Math.max(inode.sizeBytes, Math.min(end, (index + 1) * PAGE_BYTES));
      if (inode.isSwapBacked || !throttle.dirtied(inode.bdi, 1)) continue;
      yield* memory.useCpu(cpuNs);
      cpuNs = 0;
      yield* throttle.balance(inode.bdi);
    }
    if (cpuNs > 0) yield* memory.useCpu(cpuNs);
  }

  *touch(file: number, offsetBytes: number, bytes: number): Sleeping<void> {
    const memory = this.#memory;
    const { throttle } = this.#flusher;
    const inode = this.inodeOf(file);
    const end = Math.min(offsetBytes + bytes, inode.sizeBytes);
    for (let index = Math.floor(offsetBytes / PAGE_BYTES); index * PAGE_BYTES < end; index++) {
      if (memory.store(inode.mapping.frameAt(index))) continue;
      memory.stat.pgfault++;
      if (inode.mapping.frameAt(index) >= 0) yield* this.#readahead.hit(inode, index);
      yield* this.#dirtyPage(inode, index, false, true);
      // set_page_dirty_balance: the fault that makes a shared page writable is held back as a write.
      if (inode.isSwapBacked || !throttle.dirtied(inode.bdi, 1)) continue;
      yield* throttle.balance(inode.bdi);
    }
    this.#inodeChanged(inode, false);
  }

  /** file_update_time, and what a new size adds to it. */
  #inodeChanged(inode: Inode, isData: boolean): void {
    const flags = isData ? InodeState.dirtySync | InodeState.dirtyDatasync : InodeState.dirtySync;
    if ((inode.state & flags) === flags || inode.isSwapBacked) return;
    inode.bdi.markDirty(inode, flags, this.#memory.events.nowNs);
    inode.bdi.fs.dirtyInode(inode, isData);
  }

  *read(file: number, offsetBytes: number, bytes: number): Sleeping<void> {
    const memory = this.#memory;
    const inode = this.inodeOf(file);
    const end = Math.min(offsetBytes + bytes, inode.sizeBytes);
    if (end <= offsetBytes) return;
    const first = Math.floor(offsetBytes / PAGE_BYTES);
    const last = Math.ceil(end / PAGE_BYTES) - 1;
    const isSequential = this.#readNext[inode.number] === first;
    const ahead = isSequential ? Math.max(last, first + READAHEAD_PAGES - 1) : last;
    for (let index = first; index <= last; index++) {
      while (inode.isSwapBacked && inode.mapping.frameAt(index) < 0) {
        yield* tmpfsPage(memory, this.#allocator, inode, index);
      }
      if (inode.mapping.frameAt(index) < 0) {
        yield* this.#readahead.read(inode, index, ahead);
      }
      yield* memory.waitOnPage(inode, index, Page.locked, 'lock_page');
      const frame = inode.mapping.frameAt(index);
      if (frame >= 0) memory.markAccessed(frame);
      yield* memory.useCpu(memory.options.cpu.copyPageNs);
    }
    this.#readNext[inode.number] = last + 1;
  }

  *fsync(file: number): Sleeping<void> {
    yield* this.#sync(this.inodeOf(file), false);
  }

  *fdatasync(file: number): Sleeping<void> {
    yield* this.#sync(this.inodeOf(file), true);
  }

  /** vfs_fsync: the data, then what the file system must write of the inode, then the flush. */
  *#sync(inode: Inode, isDatasync: boolean, first = 0, last = Infinity): Sleeping<void> {
    if (inode.isSwapBacked) return;
    yield* this.#flusher.writeAndWait(inode, first, last);
    // The data is written without it; ->fsync is called under i_mutex (vfs_fsync_range).
    const mutex = this.#mutexOf(inode);
    yield* mutex.acquire('vfs_fsync');
    try {
      const mask = isDatasync ? InodeState.dirtyDatasync : DIRTY & ~InodeState.dirtyPages;
      if (inode.has(mask)) yield* this.#flusher.syncInode(inode);
      yield* inode.bdi.fs.fsync(inode, isDatasync);
    } finally {
      mutex.release();
    }
  }

  *syncFileRange(file: number, offsetBytes: number, bytes: number, flags: number): Sleeping<void> {
    const inode = this.inodeOf(file);
    const start = Math.floor(offsetBytes / PAGE_BYTES);
    const end = bytes === 0 ? Infinity : Math.ceil((offsetBytes + bytes) / PAGE_BYTES) - 1;
    if ((flags & SyncRange.waitBefore) !== 0) yield* this.#flusher.wait(inode, start, end);
    if ((flags & SyncRange.write) !== 0) {
      const wbc = rangeControl(Writer.sync, start, end);
      yield* writeCachePages(this.#memory, inode, wbc);
    }
    if ((flags & SyncRange.waitAfter) !== 0) yield* this.#flusher.wait(inode, start, end);
  }

  *sync(): Sleeping<void> {
    yield* this.syncPages();
    yield* this.syncFileSystems();
  }

  /** sync(2)'s first part: until every page is clean. */
  *syncPages(): Sleeping<void> {
    yield* this.#flusher.sync();
  }

  /** The rest of it: journals and metadata, and the drives' caches flushed. */
  *syncFileSystems(): Sleeping<void> {
    for (const { fs, superBlock } of this.#memory.bdis) {
      yield* superBlock.sync(() => fs.sync());
    }
    yield* this.#memory.flushDevice();
  }

  /**
   * umount(2): no file of it may be open. Waits for whoever reads or writes the mount's super block.
   * @param at where it is mounted; '' is the first file system
   * @returns inodes that stayed busy because someone other than a program held them
   * @throws InputError when nothing is mounted there, or a file is open (EBUSY)
   */
  *umount(at = ''): Sleeping<number> {
    const memory = this.#memory;
    const bdi = memory.bdis.find(({ name }) => name === at);
    const place = at === '' ? '/' : at;
    if (bdi === undefined || bdi.superBlock.stage !== Stage.mounted) {
      throw new InputError(`umount: nothing is mounted at ${place}`);
    }
    const isHere = (inode: Inode | undefined) => inode?.bdi === bdi && !inode.isSwapBacked;
    const open = this.#open.find(isHere);
    if (open !== undefined) {
      throw new InputError(`umount: ${place} is busy: "${open.name}" is open; close it first`);
    }
    for (const [name, inode] of this.#byName) if (isHere(inode)) this.#byName.delete(name);
    const busy = yield* shutdownSuper(memory, this.#flusher, this.#eviction, bdi);
    return busy;
  }

  *truncate(file: number, sizeBytes: number): Sleeping<void> {
    const inode = this.inodeOf(file);
    const mutex = this.#mutexOf(inode);
    yield* mutex.acquire('do_truncate');
    try {
      if (sizeBytes < inode.sizeBytes) {
        const fromPage = Math.ceil(sizeBytes / PAGE_BYTES);
        yield* this.#eviction.truncatePages(inode, fromPage);
        if (!inode.isSwapBacked) yield* inode.bdi.fs.truncate(inode, fromPage);
      }
      this.#inodeChanged(inode, inode.sizeBytes !== sizeBytes);
      inode.sizeBytes = sizeBytes;
    } finally {
      mutex.release();
    }
  }

  *unlink(name: string): Sleeping<void> {
    const inode = this.#byName.get(name);
    if (inode === undefined) return;
    // vfs_unlink; the last iput comes after it.
    const mutex = this.#mutexOf(inode);
    yield* mutex.acquire('vfs_unlink');
    if (this.#byName.get(name) === inode) {
      this.#byName.delete(name);
      inode.links--;
    }
    mutex.release();
    // As unlink(2): a reference of its own, whose end removes a file no one has open.
    inode.count++;
    yield* this.#eviction.iput(inode, false);
  }

  *rename(from: string, to: string): Sleeping<void> {
    const inode = this.#byName.get(from);
    if (inode === undefined || from === to) return;
    yield* this.unlink(to);
    this.#byName.delete(from);
    inode.name = to;
    this.#byName.set(to, inode);
  }

  *close(file: number): Sleeping<void> {
    const inode = this.inodeOf(file);
    this.#open[file] = undefined;
    if (inode.count === 1) inode.bdi.fs.closeFile(inode);
    yield* this.#eviction.iput(inode, false);
  }

  *allocate(bytes: number, order = 0, isKernel = false): Sleeping<void> {
    const memory = this.#memory;
    const blockPages = 1 << order;
    const blocks = Math.ceil(bytes / (PAGE_BYTES * blockPages));
    for (let i = 0; i < blocks; i++) {
      const frame = yield* this.#allocator.take(order, false, isKernel);
      memory.pin(frame, blockPages);
      yield* memory.useCpu(blockPages * memory.options.cpu.allocatePageNs);
    }
  }

  *tryAllocate(order: number): Sleeping<boolean> {
    const memory = this.#memory;
    const frame = yield* this.#allocator.tryTake(order);
    if (frame < 0) return false;
    memory.pin(frame, 1 << order);
    yield* memory.useCpu(2 ** order * memory.options.cpu.allocatePageNs);
    return true;
  }

  mapAnon(bytes: number): number {
    return this.anonymous.map(bytes);
  }

  touchAnon(region: number, offsetBytes: number, bytes: number, isWrite: boolean): Sleeping<void> {
    return this.anonymous.touch(region, offsetBytes, bytes, isWrite);
  }

  unmapAnon(region: number): void {
    this.anonymous.unmap(region);
  }

  *sleepNs(ns: number): Sleeping<void> {
    yield* this.#memory.scheduler.sleepNs(ns, 'thinking');
  }

  nowNs(): number {
    return this.#memory.scheduler.events.nowNs;
  }

  /** Dirties a page that write(2) covers, if nothing has to be waited for. */
  #tryDirtyPage(inode: Inode, index: number, isWhole: boolean): boolean {
    const memory = this.#memory;
    let frame = inode.mapping.frameAt(index);
    if (frame < 0) {
      if (inode.isSwapBacked) return false;
      if (!isWhole && index * PAGE_BYTES < inode.sizeBytes) return false;
      if (!this.#tryBegin(inode, index)) return false;
      frame = this.#allocator.tryNow(0, true);
      if (frame < 0) return false;
      memory.addToCache(frame, inode, index);
    } else if (memory.table.has(frame, Page.locked) || !this.#tryBegin(inode, index)) {
      return false;
    }
    memory.setDirty(frame);
    memory.markAccessed(frame);
    return true;
  }

  /** Makes sure a page is cached, and dirties it. A partly written page is read first. */
  *#dirtyPage(inode: Inode, index: number, isWhole: boolean, isMapped = false): Sleeping<void> {
    const memory = this.#memory;
    const { fs } = inode.bdi;
    for (;;) {
      let frame = inode.mapping.frameAt(index);
      if (frame < 0 && inode.isSwapBacked) {
        frame = yield* tmpfsPage(memory, this.#allocator, inode, index);
        if (frame < 0) continue;
      } else if (frame < 0) {
        const isThere = index * PAGE_BYTES < inode.sizeBytes && inode.layout.isMapped(index);
        if (isMapped) {
          if (index * PAGE_BYTES >= inode.sizeBytes) return;
          yield* this.#readahead.fault(inode, index);
          continue;
        }
        if (!isWhole && isThere) {
          yield* this.#readahead.read(inode, index, index);
          continue;
        }
        frame = yield* this.#allocator.take(0);
        if (inode.mapping.frameAt(index) >= 0) {
          memory.free(frame);
          continue;
        }
        memory.addToCache(frame, inode, index);
      } else if (memory.table.has(frame, Page.locked)) {
        yield* memory.waitOnPage(inode, index, Page.locked, 'lock_page');
        continue;
      }
      // A store through a mapping finds its block when the page is written.
      if (!isMapped && !this.#tryBegin(inode, index)) {
        yield* fs.begin(inode, index);
        if (inode.mapping.frameAt(index) !== frame) continue;
        if (memory.table.has(frame, Page.locked)) continue;
      }
      memory.setDirty(frame);
      if (isMapped) memory.mapWritable(frame);
      else memory.markAccessed(frame);
      return;
    }
  }

  #tryBegin(inode: Inode, index: number): boolean {
    if (inode.isSwapBacked) return true;
    try {
      return inode.bdi.fs.tryBegin(inode, index);
    } catch (error) {
      if (!(error instanceof NoSpaceError)) throw error;
      throw this.#full(inode);
    }
  }

  #place(place: () => void, inode: Inode): void {
    try {
      place();
    } catch (error) {
      if (!(error instanceof NoSpaceError)) throw error;
      throw this.#full(inode);
    }
  }

  #full(inode: Inode): InputError {
    const mib = Math.floor(inode.bdi.fs.queue.capacitySectors / 2048);
    return new InputError(
      `file "${inode.name}" does not fit: the disk has ${mib} MiB; take a larger one`,
    );
  }
}

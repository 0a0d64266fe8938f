/**
 * The calls programs make, on the page cache: open, read, write, fsync and the rest
 * (mm/filemap.c of 2.6.34, generic_file_buffered_write and do_generic_file_read).
 */

import { Admission, BioFlag } from '../block/bio.ts';
import { NoSpaceError } from '../fs/allocation.ts';
import type { Sleeping } from '../sim/task.ts';
import { InputError } from '../sim/input-error.ts';
import { PAGE_BYTES } from '../sim/units.ts';
import { Anonymous } from './anonymous.ts';
import type { FileCalls } from './file-calls.ts';
import type { Eviction } from './eviction.ts';
import type { Flusher } from './flusher.ts';
import { Inode } from './inode.ts';
import type { Memory } from './memory.ts';
import type { PageAllocator } from './page-allocator.ts';
import { Page } from './page-table.ts';
import type { DirtyThrottle } from './throttle.ts';
import { isOnTmpfs, tmpfsPage } from './tmpfs.ts';
import { Writer } from './vm-stat.ts';

/** Default read-ahead, VM_MAX_READAHEAD: 128 KiB. */
const READAHEAD_PAGES = 32;

export class Files implements FileCalls {
  readonly #memory: Memory;
  readonly #allocator: PageAllocator;
  readonly #flusher: Flusher;
  readonly #eviction: Eviction;
  readonly #throttle: DirtyThrottle;
  readonly #byName = new Map<string, Inode>();
  /** Open handles; a handle is an index into it. */
  readonly #open: (Inode | undefined)[] = [];
  /** The programs' own memory. */
  readonly anonymous: Anonymous;
  /** Where the next sequential read of an inode would begin, by inode number. */
  readonly #readNext: number[] = [];

  constructor(
    memory: Memory,
    allocator: PageAllocator,
    flusher: Flusher,
    eviction: Eviction,
    throttle: DirtyThrottle,
  ) {
    this.#memory = memory;
    this.#allocator = allocator;
    this.#flusher = flusher;
    this.#eviction = eviction;
    this.#throttle = throttle;
    this.anonymous = new Anonymous(memory, allocator);
  }

  open(name: string, sizeBytes: number): number {
    let inode = this.#byName.get(name);
    if (inode === undefined) {
      inode = new Inode(this.#memory.inodes.length, name, sizeBytes);
      this.#memory.inodes.push(inode);
      this.#byName.set(name, inode);
      inode.isSwapBacked = isOnTmpfs(name);
      if (!inode.isSwapBacked)
        this.#place(() => {
          this.#memory.fs.allocation.placeExactly(
            (inode as Inode).layout,
            Math.ceil(sizeBytes / PAGE_BYTES),
          );
        }, name);
    }
    inode.count++;
    return this.#open.push(inode) - 1;
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
    const { cpu } = this.#memory.options;
    const inode = this.inodeOf(file);
    const end = offsetBytes + bytes;
    this.#grow(inode, end);
    for (let index = Math.floor(offsetBytes / PAGE_BYTES); index * PAGE_BYTES < end; index++) {
      const isWhole = index * PAGE_BYTES >= offsetBytes && (index + 1) * PAGE_BYTES <= end;
      yield* this.#dirtyPage(inode, index, isWhole);
      yield* this.#memory.useCpu(cpu.copyPageNs);
      yield* this.#throttle.dirtied(1);
    }
    inode.sizeBytes = Math.max(inode.sizeBytes, end);
  }

  *touch(file: number, offsetBytes: number, bytes: number): Sleeping<void> {
    const memory = this.#memory;
    const inode = this.inodeOf(file);
    const end = Math.min(offsetBytes + bytes, inode.sizeBytes);
    for (let index = Math.floor(offsetBytes / PAGE_BYTES); index * PAGE_BYTES < end; index++) {
      if (memory.store(inode.mapping.frameAt(index))) continue;
      memory.stat.pgfault++;
      yield* this.#dirtyPage(inode, index, false, true);
      // The fault that makes a shared page writable is held back as a write is.
      if (!inode.isSwapBacked) yield* this.#throttle.dirtied(1);
    }
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
    const fileLast = Math.ceil(inode.sizeBytes / PAGE_BYTES) - 1;
    for (let index = first; index <= last; index++) {
      while (inode.isSwapBacked && inode.mapping.frameAt(index) < 0) {
        yield* tmpfsPage(memory, this.#allocator, inode, index);
      }
      if (inode.mapping.frameAt(index) < 0) {
        yield* this.#readPages(inode, index, Math.min(ahead, fileLast));
      }
      yield* memory.waitOnPage(inode, index, Page.locked, 'lock_page');
      const frame = inode.mapping.frameAt(index);
      if (frame >= 0) memory.markAccessed(frame);
      yield* memory.useCpu(memory.options.cpu.copyPageNs);
    }
    this.#readNext[inode.number] = last + 1;
  }

  *fsync(file: number): Sleeping<void> {
    if (this.inodeOf(file).isSwapBacked) return;
    yield* this.#flusher.writeAndWait(this.inodeOf(file), Writer.sync);
    yield* this.#memory.flushDevice();
  }

  *sync(): Sleeping<void> {
    yield* this.syncPages();
    yield* this.#memory.flushDevice();
  }

  /** sync(2) without the drive's flush: until every page is clean. */
  *syncPages(): Sleeping<void> {
    for (const inode of this.#memory.inodes) {
      if (inode.isSwapBacked) continue;
      if (inode.mapping.pageCount > 0) yield* this.#flusher.syncInode(inode);
    }
  }

  *truncate(file: number, sizeBytes: number): Sleeping<void> {
    const inode = this.inodeOf(file);
    if (sizeBytes < inode.sizeBytes) {
      const fromPage = Math.ceil(sizeBytes / PAGE_BYTES);
      yield* this.#eviction.truncatePages(inode, fromPage);
      this.#memory.fs.allocation.free(inode.layout, fromPage);
    } else {
      this.#grow(inode, sizeBytes);
    }
    inode.sizeBytes = sizeBytes;
  }

  *unlink(name: string): Sleeping<void> {
    const inode = this.#byName.get(name);
    if (inode === undefined) return;
    this.#byName.delete(name);
    inode.links--;
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
    if (inode.count === 1) this.#memory.fs.allocation.close(inode.layout);
    yield* this.#eviction.iput(inode, false);
  }

  *allocate(bytes: number, order = 0): Sleeping<void> {
    const memory = this.#memory;
    const blockPages = 1 << order;
    const blocks = Math.ceil(bytes / (PAGE_BYTES * blockPages));
    for (let i = 0; i < blocks; i++) {
      const frame = yield* this.#allocator.take(order);
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

  /** Makes sure a page is cached, and dirties it. A partly written page is read first. */
  *#dirtyPage(inode: Inode, index: number, isWhole: boolean, isMapped = false): Sleeping<void> {
    const memory = this.#memory;
    for (;;) {
      let frame = inode.mapping.frameAt(index);
      if (frame < 0 && inode.isSwapBacked) {
        frame = yield* tmpfsPage(memory, this.#allocator, inode, index);
        if (frame < 0) continue;
      } else if (frame < 0) {
        if (!isWhole && index * PAGE_BYTES < inode.sizeBytes) {
          yield* this.#readPages(inode, index, index);
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
      memory.setDirty(frame);
      if (isMapped) memory.mapWritable(frame);
      else memory.markAccessed(frame);
      return;
    }
  }

  /** Reads the uncached pages from `first` up to `last`; they are locked until they are there. */
  *#readPages(inode: Inode, first: number, last: number): Sleeping<void> {
    const memory = this.#memory;
    const task = memory.scheduler.current.id;
    const reader = memory.fs.pageReader(inode.number, inode.layout, BioFlag.sync, task);
    for (let index = first; index <= last; index++) {
      if (inode.mapping.frameAt(index) >= 0) {
        if (index === first) return;
        break;
      }
      const frame = index === first ? yield* this.#allocator.take(0) : this.#allocator.tryFast(0);
      // Read-ahead does not reclaim for itself.
      if (frame < 0) break;
      if (inode.mapping.frameAt(index) >= 0) {
        memory.free(frame);
        break;
      }
      memory.addToCache(frame, inode, index);
      memory.lockForRead(frame);
      if (reader.add(index) === Admission.sleeping) yield* memory.waitAdmitted();
    }
    if (reader.finish() === Admission.sleeping) yield* memory.waitAdmitted();
  }

  #grow(inode: Inode, endBytes: number): void {
    const pages = Math.ceil(endBytes / PAGE_BYTES);
    if (inode.isSwapBacked || pages <= inode.layout.endPage) return;
    this.#place(() => this.#memory.fs.allocation.place(inode.layout, pages), inode.name);
  }

  #place(place: () => void, name: string): void {
    try {
      place();
    } catch (error) {
      if (!(error instanceof NoSpaceError)) throw error;
      const mib = Math.floor(this.#memory.fs.queue.capacitySectors / 2048);
      throw new InputError(
        `file "${name}" does not fit: the disk has ${mib} MiB; take a larger one`,
      );
    }
  }
}

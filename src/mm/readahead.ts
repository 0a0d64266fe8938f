/**
 * Pages read into the cache: what read(2) asks for, and what a fault in a mapping brings in with it
 * (mm/filemap.c, filemap_fault and do_sync_mmap_readahead; mm/readahead.c).
 *
 * A page of a hole is zeroed, not read. Read-ahead state is kept for each inode; the kernel has it
 * for each open file.
 */

import { Admission, BioFlag } from '../block/bio.ts';
import { version } from '../sim/kernel-version.ts';
import type { Sleeping } from '../sim/task.ts';
import { PAGE_BYTES } from '../sim/units.ts';
import type { Inode } from './inode.ts';
import type { Memory } from './memory.ts';
import type { PageAllocator } from './page-allocator.ts';
import { Page } from './page-table.ts';

/** Default read-ahead, VM_MAX_READAHEAD: 128 KiB. */
export const READAHEAD_PAGES = 32;
/** MMAP_LOTSAMISS: so many more misses than hits, and a mapping is not read ahead in any more. */
const LOTS_OF_MISSES = 100;

/** struct file_ra_state. */
interface Window {
  /** Pages it goes from and how many, and so many from its end on the next one is begun. */
  start: number;
  size: number;
  asyncSize: number;
  misses: number;
  /** The page that faulted last. */
  previous: number;
}

export class Readahead {
  readonly #memory: Memory;
  readonly #allocator: PageAllocator;
  /** By inode number. */
  readonly #windows: (Window | undefined)[] = [];
  /** Sequential faults go by the page before (until 2.6.39), or by the mark in the last window. */
  readonly #goesByPrevious: boolean;
  /** "readahead: readahead page allocations are OK to fail", 3.0. */
  readonly #mayFail: boolean;

  constructor(memory: Memory, allocator: PageAllocator) {
    this.#memory = memory;
    this.#allocator = allocator;
    this.#goesByPrevious = memory.options.kernel < version(3, 0);
    this.#mayFail = memory.options.kernel >= version(3, 0);
  }

  /** Reads the uncached pages among `first` to `last`; they are locked until they are there. */
  *read(inode: Inode, first: number, last: number): Sleeping<void> {
    const memory = this.#memory;
    const { table } = memory;
    const task = memory.scheduler.current.id;
    const end = Math.min(last, Math.ceil(inode.sizeBytes / PAGE_BYTES) - 1);
    const reader = inode.bdi.fs.disk.pageReader(inode, BioFlag.sync, task);
    for (let index = first; index <= end; index++) {
      if (inode.mapping.frameAt(index) >= 0) continue;
      let frame = this.#allocator.tryNow(0);
      if (frame < 0) {
        // Whoever sleeps for memory keeps no locked page back.
        if (reader.finish() === Admission.sleeping) yield* memory.waitAdmitted();
        frame = yield* this.#newPage(index === first);
      }
      if (frame < 0) break;
      if (inode.mapping.frameAt(index) >= 0) {
        memory.free(frame);
        continue;
      }
      memory.addToCache(frame, inode, index);
      if (!inode.layout.isMapped(index)) {
        table.flags[frame] |= Page.uptodate;
        continue;
      }
      memory.lockForRead(frame);
      if (reader.add(index) === Admission.sleeping) yield* memory.waitAdmitted();
    }
    if (reader.finish() === Admission.sleeping) yield* memory.waitAdmitted();
  }

  /** A page that has to be reclaimed for; -1 where it is better to do without. */
  #newPage(isWanted: boolean): Sleeping<number> {
    if (isWanted || !this.#mayFail) return this.#allocator.take(0);
    return this.#allocator.tryTake(0);
  }

  /** Brings a page in that a mapping's fault did not find, and pages around or behind it. */
  *fault(inode: Inode, index: number): Sleeping<void> {
    const memory = this.#memory;
    const window = this.#windowOf(inode);
    memory.stat.pgmajfault++;
    if (this.#goesByPrevious && window.previous === index - 1) {
      this.#move(window, index, 0);
      yield* this.read(inode, index, index + READAHEAD_PAGES - 1);
    } else {
      window.misses = Math.min(window.misses + 1, 10 * LOTS_OF_MISSES);
      if (window.misses <= LOTS_OF_MISSES) {
        const start = Math.max(0, index - READAHEAD_PAGES / 2);
        this.#move(window, start, this.#goesByPrevious ? 0 : READAHEAD_PAGES / 4);
        yield* this.read(inode, start, start + READAHEAD_PAGES - 1);
      }
    }
    window.previous = index;
    // The file may be cut short meanwhile: who stores behind its end gets a SIGBUS.
    while (inode.mapping.frameAt(index) < 0 && index * PAGE_BYTES < inode.sizeBytes) {
      yield* this.read(inode, index, index);
    }
  }

  /** A mapping's fault found its page: from the mark in the window on, the next one is read. */
  *hit(inode: Inode, index: number): Sleeping<void> {
    const window = this.#windows[inode.number];
    if (window === undefined) return;
    window.previous = index;
    if (window.misses > 0) window.misses--;
    const { start, size, asyncSize } = window;
    if (asyncSize === 0 || index !== start + size - asyncSize) return;
    this.#move(window, start + size, READAHEAD_PAGES);
    yield* this.read(inode, window.start, window.start + READAHEAD_PAGES - 1);
  }

  #move(window: Window, start: number, asyncSize: number): void {
    window.start = start;
    window.size = READAHEAD_PAGES;
    window.asyncSize = asyncSize;
  }

  #windowOf(inode: Inode): Window {
    return (this.#windows[inode.number] ??= {
      start: 0,
      size: 0,
      asyncSize: 0,
      misses: 0,
      previous: -1,
    });
  }
}

/**
 * The file system: file pages in, bios out, completions back by page.
 *
 * It knows where pages lie and how to put them into bios; which pages, and when, is mm's affair.
 * `writePage` is ->writepage of 2.6.34's block_write_full_page with 4 KiB blocks: one page, one
 * bio. `PageWriter` is mpage_writepages' bio builder. Metadata (inodes, bitmaps, journal) is not
 * written yet: this is a file system without a price for it.
 */

import { Op, Status } from '../device/device.ts';
import { Admission, BioFlag, type BioSink, type BlockQueue } from '../block/bio.ts';
import { PAGE_SECTORS } from '../sim/units.ts';
import { Allocation } from './allocation.ts';
import type { Journal } from './journal.ts';
import type { Layout } from './layout.ts';
import { PageWriter } from './page-writer.ts';

/** Who hears that pages have come or gone: mm. */
export interface PageSink {
  /**
   * A bio is done.
   * @param op `Op.read` or `Op.write`
   * @param inode whose pages; `index`..`index + pages - 1`
   * @param latencyNs from the bio's submission
   */
  pagesDone(op: number, inode: number, index: number, pages: number, latencyNs: number): void;
  /** A flush that `submitFlush` asked for is done. */
  flushDone(task: number): void;
  /** The task that slept in a submission may go on. */
  submitterAdmitted(task: number): void;
  /** The queue below left congestion. */
  congestionCleared(sync: boolean): void;
}

/** Where the first file lies: room for what a real file system keeps at the front. */
const FIRST_DATA_SECTOR = 2048;

export class FileSystem {
  readonly queue: BlockQueue;
  readonly allocation: Allocation;
  /** Its journal, where the file system has one. */
  journal: Journal | undefined;
  /** Pages a bio may hold: bio_get_nr_vecs. */
  readonly maxBioPages: number;
  /** Write bios submitted so far. */
  writeBios = 0;

  readonly #now: () => number;
  #sink: PageSink | undefined;
  // One row a bio under way; rows are named by the bio's cookie.
  #ops = new Uint8Array(256);
  #inodes = new Int32Array(256);
  #indexes = new Int32Array(256);
  #pages = new Int32Array(256);
  #tasks = new Int32Array(256);
  #startedNs = new Float64Array(256);
  #free = new Int32Array(256);
  #freeCount = 0;

  /**
   * @param queue the block queue of the disk the file system fills
   * @param now the current simulated time, ns
   */
  constructor(queue: BlockQueue, now: () => number) {
    this.queue = queue;
    this.#now = now;
    this.maxBioPages = Math.min(256, Math.floor(queue.maxSectors / PAGE_SECTORS));
    const end = queue.capacitySectors - (queue.capacitySectors % PAGE_SECTORS);
    this.allocation = new Allocation(FIRST_DATA_SECTOR, end);
    for (let row = 255; row >= 0; row--) this.#free[this.#freeCount++] = row;
    const sink: BioSink = {
      bioDone: (cookie, timeNs, status) => this.#bioDone(cookie, timeNs, status),
      bioAdmitted: (cookie) => this.#mm.submitterAdmitted(this.#tasks[cookie]),
      congestionCleared: (sync) => this.#mm.congestionCleared(sync),
    };
    queue.attach(sink);
  }

  attach(sink: PageSink): void {
    this.#sink = sink;
  }

  /** ->writepage: one page, one 4 KiB bio. The page must have a place on the disk. */
  writePage(inode: number, layout: Layout, index: number, flags: number, task: number): Admission {
    return this.submitPages(Op.write, inode, layout.sectorOf(index), index, 1, flags, task);
  }

  /** A builder for ->writepages: add pages in ascending order, then finish. */
  pageWriter(inode: number, layout: Layout, flags: number, task: number): PageWriter {
    return new PageWriter(this, Op.write, inode, layout, flags, task);
  }

  /** The same for reading. */
  pageReader(inode: number, layout: Layout, flags: number, task: number): PageWriter {
    return new PageWriter(this, Op.read, inode, layout, flags | BioFlag.sync, task);
  }

  /** An empty bio that flushes the drive's cache; `flushDone(task)` follows. */
  submitFlush(task: number): void {
    const row = this.#row(Op.flush, -1, 0, 0, task);
    this.queue.submitBio(Op.flush, 0, 0, BioFlag.preflush | BioFlag.sync, task, row);
  }

  /** One bio for pages at consecutive sectors. Used by the builders. */
  submitPages(
    op: number,
    inode: number,
    sector: number,
    index: number,
    pages: number,
    flags: number,
    task: number,
  ): Admission {
    const row = this.#row(op, inode, index, pages, task);
    return this.queue.submitBio(op, sector, pages * PAGE_SECTORS, flags, task, row);
  }

  get #mm(): PageSink {
    if (this.#sink === undefined) throw new Error('no one is attached to the file system');
    return this.#sink;
  }

  #row(op: number, inode: number, index: number, pages: number, task: number): number {
    if (this.#freeCount === 0) this.#grow();
    const row = this.#free[--this.#freeCount];
    this.#ops[row] = op;
    this.#inodes[row] = inode;
    this.#indexes[row] = index;
    this.#pages[row] = pages;
    this.#tasks[row] = task;
    this.#startedNs[row] = this.#now();
    if (op === Op.write) this.writeBios++;
    return row;
  }

  #bioDone(row: number, timeNs: number, status: Status): void {
    const op = this.#ops[row];
    const task = this.#tasks[row];
    const inode = this.#inodes[row];
    const index = this.#indexes[row];
    const pages = this.#pages[row];
    const latencyNs = timeNs - this.#startedNs[row];
    this.#free[this.#freeCount++] = row;
    if (status !== Status.ok) {
      throw new Error(`bio on inode ${inode}, page ${index}: status ${status} from the device`);
    }
    if (op === Op.flush) this.#mm.flushDone(task);
    else this.#mm.pagesDone(op, inode, index, pages, latencyNs);
  }

  #grow(): void {
    const old = this.#ops.length;
    const larger = <T extends Uint8Array | Int32Array | Float64Array>(from: T, to: T): T => {
      to.set(from);
      return to;
    };
    const size = old * 2;
    this.#ops = larger(this.#ops, new Uint8Array(size));
    this.#inodes = larger(this.#inodes, new Int32Array(size));
    this.#indexes = larger(this.#indexes, new Int32Array(size));
    this.#pages = larger(this.#pages, new Int32Array(size));
    this.#tasks = larger(this.#tasks, new Int32Array(size));
    this.#startedNs = larger(this.#startedNs, new Float64Array(size));
    this.#free = larger(this.#free, new Int32Array(size));
    for (let row = size - 1; row >= old; row--) this.#free[this.#freeCount++] = row;
  }
}

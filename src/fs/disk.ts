/**
 * A disk as file systems and swap see it: bios down, completions back up by page or by ticket.
 */

import { Op, Status } from '../device/device.ts';
import { Admission, BioFlag, type BioSink, type BlockQueue } from '../block/bio.ts';
import type { Sleeping } from '../sim/task.ts';
import { PAGE_SECTORS } from '../sim/units.ts';
import { BioBuilder } from './bio-builder.ts';
import type { FsHost } from './host.ts';
import type { FsInode } from './fs-inode.ts';
import { IoTicket } from './io-ticket.ts';

export class Disk {
  readonly queue: BlockQueue;
  /** Blocks of 4 KiB. */
  readonly blocks: number;
  /** Pages a bio may hold: bio_get_nr_vecs. */
  readonly maxBioPages: number;
  /** Write bios with pages of files submitted so far. */
  writeBios = 0;
  /** Write bios of journal and metadata blocks; and flushes. */
  metadataBios = 0;
  flushes = 0;

  readonly #now: () => number;
  #host: FsHost | undefined;
  // One row a bio under way; rows are named by the bio's cookie.
  #ops = new Uint8Array(256);
  #inodes = new Int32Array(256);
  #indexes = new Int32Array(256);
  #pages = new Int32Array(256);
  #tasks = new Int32Array(256);
  #startedNs = new Float64Array(256);
  #free = new Int32Array(256);
  #freeCount = 0;
  readonly #tickets: (IoTicket | undefined)[] = [];

  /**
   * @param queue the disk's block queue
   * @param now the current simulated time, ns
   */
  constructor(queue: BlockQueue, now: () => number) {
    this.queue = queue;
    this.#now = now;
    this.blocks = Math.floor(queue.capacitySectors / PAGE_SECTORS);
    this.maxBioPages = Math.min(256, Math.floor(queue.maxSectors / PAGE_SECTORS));
    for (let row = 255; row >= 0; row--) this.#free[this.#freeCount++] = row;
    const sink: BioSink = {
      bioDone: (cookie, timeNs, status) => this.#bioDone(cookie, timeNs, status),
      bioAdmitted: (cookie) => this.host.submitterAdmitted(this.#tasks[cookie]),
      congestionCleared: (sync) => this.host.congestionCleared(sync),
    };
    queue.attach(sink);
  }

  attach(host: FsHost): void {
    this.#host = host;
  }

  get host(): FsHost {
    if (this.#host === undefined) throw new Error('no one is attached to the disk');
    return this.#host;
  }

  get nowNs(): number {
    return this.#now();
  }

  /** One bio for pages at consecutive blocks. Used by the builders. */
  submitPages(
    op: number,
    inode: number,
    block: number,
    index: number,
    pages: number,
    flags: number,
    task: number,
  ): Admission {
    const row = this.#row(op, inode, index, pages, task);
    if (op === Op.write) this.writeBios++;
    return this.queue.submitBio(op, block * PAGE_SECTORS, pages * PAGE_SECTORS, flags, task, row);
  }

  /** A bio of metadata or journal blocks; `ticket` hears of its end. */
  *submitBlocks(
    op: number,
    block: number,
    blocks: number,
    flags: number,
    ticket: IoTicket,
  ): Sleeping<void> {
    const task = this.host.scheduler.current.id;
    const row = this.#row(op, -1, block, blocks, task);
    this.#tickets[row] = ticket;
    ticket.outstanding++;
    if (op !== Op.read) this.metadataBios++;
    const sectors = blocks * PAGE_SECTORS;
    const sector = block * PAGE_SECTORS;
    const admission = this.queue.submitBio(op, sector, sectors, flags, task, row);
    if (admission === Admission.sleeping) yield* this.host.waitAdmitted();
  }

  /** A builder of bios for reading. */
  pageReader(inode: FsInode, flags: number, task: number): BioBuilder {
    return new BioBuilder(this, Op.read, inode, flags | BioFlag.sync, task);
  }

  ticket(what: string): IoTicket {
    return new IoTicket(this.host.scheduler, this.queue, what);
  }

  /** Flushes the drive's cache and waits for it (blkdev_issue_flush). */
  *flush(): Sleeping<void> {
    const ticket = this.ticket('flush');
    this.flushes++;
    yield* this.submitBlocks(Op.flush, 0, 0, BioFlag.preflush | BioFlag.sync, ticket);
    yield* ticket.wait();
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
    return row;
  }

  #bioDone(row: number, timeNs: number, status: Status): void {
    const inode = this.#inodes[row];
    const index = this.#indexes[row];
    this.#free[this.#freeCount++] = row;
    if (status !== Status.ok) {
      throw new Error(`bio on inode ${inode}, page ${index}: status ${status} from the device`);
    }
    if (inode < 0) {
      const ticket = this.#tickets[row];
      this.#tickets[row] = undefined;
      ticket?.bioDone();
      return;
    }
    const latencyNs = timeNs - this.#startedNs[row];
    this.host.pagesDone(this.#ops[row], inode, index, this.#pages[row], latencyNs);
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

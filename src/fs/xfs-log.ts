/**
 * XFS's log, as far as it costs: transactions add to the log buffer in memory; a buffer of 32 KiB
 * that is full goes out by itself, and a force (fsync, sync, every 30 s) sends what there is. What a
 * transaction changed is dirty in place from then on (fs/xfs/xfs_log.c of 2.6.34; since 2.6.39
 * logging is delayed, and a block changed again before a force takes no more room).
 */

import { BioFlag } from '../block/bio.ts';
import { Op } from '../device/device.ts';
import { version } from '../sim/kernel-version.ts';
import { type Sleeping, type TaskBody, WaitQueue } from '../sim/task.ts';
import { PAGE_BYTES, SECOND } from '../sim/units.ts';
import type { Disk } from './disk.ts';
import type { MountOptions } from './file-system.ts';
import type { FsInode } from './fs-inode.ts';
import type { Metadata } from './metadata.ts';

/** A log buffer: XLOG_BIG_RECORD_BSIZE, the default `logbsize`. */
const BUFFER_BYTES = 32_768;
/** What a transaction adds to the log for a block it changes. An assumption: a few chunks of 128 bytes. */
const BYTES_PER_BLOCK = 384;
/** xfssyncd: how often the log is forced by itself, s. */
const SYNC_SECONDS = 30;

export class XfsLog {
  /** Log buffers written. */
  writes = 0;
  readonly #disk: Disk;
  readonly #metadata: Metadata;
  readonly #mount: MountOptions;
  readonly #log: FsInode;
  #head = 0;
  /** Blocks changed since the last buffer went out, and the bytes they take. */
  #blocks = new Set<number>();
  #bytes = 0;
  /** Sequence number of the buffer being filled; of the last that is on the disk. */
  #sequence = 1;
  #durable = 0;
  #isWriting = false;
  readonly #forWrite: WaitQueue;

  constructor(disk: Disk, metadata: Metadata, log: FsInode, mount: MountOptions) {
    this.#disk = disk;
    this.#metadata = metadata;
    this.#log = log;
    this.#mount = mount;
    this.#forWrite = new WaitQueue(disk.host.scheduler, 'xlog_state_get_iclog_space');
  }

  /** The buffer that has what is logged now. */
  get sequence(): number {
    return this.#sequence;
  }

  /** A transaction changes a block; it goes out with the buffer whose number is returned. */
  change(block: number): number {
    const isKnown = this.#blocks.has(block);
    if (!isKnown) {
      this.#blocks.add(block);
      this.#metadata.forget(block);
    }
    if (!isKnown || this.#mount.kernel < version(2, 6, 39)) this.#bytes += BYTES_PER_BLOCK;
    return this.#sequence;
  }

  /** Whether a full buffer waits to go out. */
  get isFull(): boolean {
    return this.#bytes >= BUFFER_BYTES;
  }

  /** xfs_log_force_lsn: until buffer `sequence` is on the disk. Whether there was anything to do. */
  *force(sequence: number): Sleeping<boolean> {
    if (this.#durable >= sequence) return false;
    while (this.#durable < sequence) {
      if (this.#isWriting) yield* this.#forWrite.wait();
      else yield* this.#write();
    }
    return true;
  }

  /** Forces the log now and then, and writes full buffers. */
  *run(): TaskBody {
    const { scheduler } = this.#disk.host;
    for (;;) {
      yield* scheduler.sleepNs(SYNC_SECONDS * SECOND, 'xfssyncd');
      if (this.#blocks.size > 0) yield* this.force(this.#sequence);
    }
  }

  *#write(): Sleeping<void> {
    const sequence = this.#sequence++;
    const blocks = this.#blocks;
    const bytes = Math.max(1, this.#bytes);
    this.#blocks = new Set();
    this.#bytes = 0;
    this.#isWriting = true;
    const ticket = this.#disk.ticket('xlog_sync');
    const logBlocks = Math.ceil(bytes / PAGE_BYTES);
    for (let i = 0; i < logBlocks;) {
      const atOnce = this.#runAt(this.#head, Math.min(logBlocks - i, BUFFER_BYTES / PAGE_BYTES));
      const block = this.#log.layout.blockOf(this.#head);
      const flags = BioFlag.sync | (i + atOnce === logBlocks ? this.#flags() : 0);
      this.writes++;
      yield* this.#disk.submitBlocks(Op.write, block, atOnce, flags, ticket);
      this.#head = (this.#head + atOnce) % this.#log.layout.mappedPages;
      i += atOnce;
    }
    yield* ticket.wait();
    for (const block of blocks) if (!this.#blocks.has(block)) this.#metadata.dirty(block);
    this.#durable = sequence;
    this.#isWriting = false;
    this.#forWrite.wakeAll();
  }

  /** How many log blocks from `at` on lie together on the disk. */
  #runAt(at: number, limit: number): number {
    const { layout } = this.#log;
    let count = 1;
    while (count < limit && layout.blockOf(at + count) === layout.blockOf(at) + count) count++;
    return count;
  }

  #flags(): number {
    if (!this.#mount.barrier) return 0;
    return this.#mount.kernel < version(2, 6, 37)
      ? BioFlag.barrier
      : BioFlag.preflush | BioFlag.fua;
  }
}

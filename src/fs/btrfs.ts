/**
 * btrfs-like: delayed allocation and copy on write; ->writepage refuses whoever reclaims
 * (btrfs_writepage: PF_MEMALLOC), so that only flushers and programs' syncs write.
 *
 * Every write goes to new blocks, and the old ones are free after the commit (here at once). A
 * commit (every 30 s, at a sync) writes the changed tree blocks to new places and then the
 * superblock behind a flush; fsync writes a log tree instead. How many tree blocks that is, is an
 * assumption: one leaf for 64 extents changed, and the path of three above it, of 16 KiB each.
 */

import { BioFlag } from '../block/bio.ts';
import { Op } from '../device/device.ts';
import type { Sleeping, TaskBody } from '../sim/task.ts';
import { SECOND } from '../sim/units.ts';
import { BioBuilder } from './bio-builder.ts';
import type { Disk } from './disk.ts';
import { bioFlags } from './ext2.ts';
import { FileSystem, type MountOptions, type PagesWriter } from './file-system.ts';
import type { FsInode } from './fs-inode.ts';
import { Step } from './step.ts';
import { Caller, type WritebackControl } from './writeback-control.ts';

const NODE_BLOCKS = 4;
const PATH_NODES = 3;
const EXTENTS_PER_LEAF = 64;
const COMMIT_SECONDS = 30;
/** The first superblock lies at 64 KiB. */
const SUPERBLOCK = 16;
/** Blocks before the first that may hold data: 1 MiB. */
const RESERVED_BLOCKS = 256;
/** BTRFS_MAX_EXTENT_SIZE: 128 MiB. */
const MAX_EXTENT = 32_768;

export class Btrfs extends FileSystem {
  override readonly name = 'btrfs';
  /** Extents changed since the last commit. */
  #changed = 0;
  #isCommitting = false;

  constructor(disk: Disk, blocks: number, options: MountOptions) {
    super(disk, blocks, options, (group) => (group === 0 ? RESERVED_BLOCKS : 0));
  }

  override threads() {
    return [{ name: 'btrfs-transaction', body: this.#run() }];
  }

  *#run(): TaskBody {
    for (;;) {
      yield* this.host.scheduler.sleepNs(COMMIT_SECONDS * SECOND, 'btrfs-transaction');
      if (this.#changed > 0) yield* this.#commit();
    }
  }

  override tryBegin(): boolean {
    return true;
  }

  // oxlint-disable-next-line require-yield
  override *begin(): Sleeping<void> {}

  override writePage(inode: FsInode, index: number, wbc: WritebackControl): Step {
    if (wbc.caller !== Caller.ordinary) {
      this.host.unlockPage(inode, index);
      return Step.redirtied;
    }
    this.relocate(inode, index, 1);
    this.host.startWriteback(inode, index, wbc.writer);
    this.host.unlockPage(inode, index);
    const block = inode.layout.blockOf(index);
    const task = this.host.scheduler.current.id;
    return this.disk.submitPages(Op.write, inode.number, block, index, 1, bioFlags(wbc), task);
  }

  // oxlint-disable-next-line require-yield
  override *work(): Sleeping<void> {
    throw new Error('btrfs has put nothing off');
  }

  override openWriter(inode: FsInode, wbc: WritebackControl): PagesWriter {
    return new CowWriter(this, inode, wbc);
  }

  /** New blocks for a run of pages (cow_file_range). */
  relocate(inode: FsInode, first: number, pages: number): void {
    const goal = this.goalOf(inode, first);
    const old: [number, number][] = [];
    inode.layout.unmap(first, pages, (block, count) => old.push([block, count]));
    for (let index = first; index < first + pages;) {
      this.groups.takeWhole(goal, first + pages - index);
      inode.layout.map(index, this.groups.foundBlock, this.groups.foundBlocks);
      index += this.groups.foundBlocks;
      this.#changed++;
    }
    for (const [block, count] of old) this.groups.release(block, count);
  }

  override dirtyInode(): void {
    if (this.#changed === 0) this.#changed = 1;
  }

  // oxlint-disable-next-line require-yield
  override *writeInode(): Sleeping<void> {}

  /** btrfs_sync_file: the log tree's leaf and path, then the superblock. */
  override *fsync(): Sleeping<void> {
    yield* this.#writeTree(1 + PATH_NODES);
  }

  override *sync(): Sleeping<void> {
    if (this.#changed > 0) yield* this.#commit();
  }

  *#commit(): Sleeping<void> {
    if (this.#isCommitting) return;
    this.#isCommitting = true;
    const leaves = Math.ceil(this.#changed / EXTENTS_PER_LEAF);
    this.#changed = 0;
    yield* this.#writeTree(leaves + PATH_NODES);
    this.#isCommitting = false;
  }

  *#writeTree(nodes: number): Sleeping<void> {
    const ticket = this.disk.ticket('btrfs: writing trees');
    for (let i = 0; i < nodes; i++) {
      this.groups.takeWhole(this.groups.firstOf(0), NODE_BLOCKS);
      const { foundBlock, foundBlocks } = this.groups;
      yield* this.disk.submitBlocks(
        Op.write,
        foundBlock,
        foundBlocks,
        BioFlag.sync | BioFlag.meta,
        ticket,
      );
      // What it replaces is free after the commit; here it is the block itself, once written.
      this.groups.release(foundBlock, foundBlocks);
    }
    yield* ticket.wait();
    const flags = this.options.barrier ? BioFlag.preflush | BioFlag.fua : 0;
    yield* this.disk.submitBlocks(Op.write, SUPERBLOCK, 1, BioFlag.sync | flags, ticket);
    yield* ticket.wait();
  }

  override *truncate(inode: FsInode, fromPage: number): Sleeping<void> {
    this.#changed++;
    this.freeBlocks(inode, fromPage);
    yield* [];
  }

  override *evict(inode: FsInode): Sleeping<void> {
    yield* this.truncate(inode, 0);
  }
}

/** extent_write_cache_pages: a run of pages gets blocks together, then goes out in large bios. */
class CowWriter implements PagesWriter {
  readonly #fs: Btrfs;
  readonly #inode: FsInode;
  readonly #wbc: WritebackControl;
  readonly #builder: BioBuilder;
  /** The run that has its new blocks already. */
  #end = 0;

  constructor(fs: Btrfs, inode: FsInode, wbc: WritebackControl) {
    this.#fs = fs;
    this.#inode = inode;
    this.#wbc = wbc;
    const task = fs.host.scheduler.current.id;
    this.#builder = new BioBuilder(fs.disk, Op.write, inode, bioFlags(wbc), task);
  }

  add(index: number): Step {
    const { host } = this.#fs;
    if (index >= this.#end) {
      let end = index + 1;
      while (end - index < MAX_EXTENT && host.isWritable(this.#inode, end)) end++;
      this.#fs.relocate(this.#inode, index, end - index);
      this.#end = end;
    }
    host.startWriteback(this.#inode, index, this.#wbc.writer);
    return this.#builder.add(index);
  }

  finish(): Step {
    return this.#builder.finish();
  }

  // oxlint-disable-next-line require-yield
  *work(): Sleeping<void> {
    throw new Error('btrfs has put nothing off');
  }
}

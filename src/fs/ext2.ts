/**
 * ext2-like: a block is found for a page when it is written to (get_block in write_begin), or when
 * it is written out if it was dirtied through a mapping. ->writepage is one page, one bio
 * (block_write_full_page); ->writepages builds multi-page bios (mpage_writepages).
 *
 * Files grow through windows that are reserved ahead of their end, 8 blocks at first, doubled up to
 * 1027 (fs/ext2/balloc.c, EXT2_MAX_RESERVE_BLOCKS), so that files growing side by side do not take
 * turns block by block. Inodes and bitmaps are dirtied in place and written by age. Indirect blocks,
 * one in 1025, are left out: WRITEOUT.md section 6 has page i at the file's first block + i.
 */

import { type Admission, BioFlag } from '../block/bio.ts';
import { Op } from '../device/device.ts';
import type { Sleeping } from '../sim/task.ts';
import { BioBuilder } from './bio-builder.ts';
import { FileSystem, type PagesWriter } from './file-system.ts';
import type { FsInode } from './fs-inode.ts';
import { NoSpaceError } from './block-groups.ts';
import { Step } from './step.ts';
import { Caller, type WritebackControl } from './writeback-control.ts';

const FIRST_WINDOW = 8;
const MAX_WINDOW = 1027;

/** Bio flags for a page written under this control. */
export function bioFlags(wbc: WritebackControl): number {
  if (wbc.sync) return BioFlag.sync;
  return wbc.caller === Caller.kswapd ? BioFlag.reclaim : 0;
}

export class Ext2 extends FileSystem {
  override readonly name: string = 'ext2';

  override tryBegin(inode: FsInode, index: number): boolean {
    if (!inode.layout.isMapped(index)) this.grow(inode, index);
    return true;
  }

  override *begin(inode: FsInode, index: number): Sleeping<void> {
    this.tryBegin(inode, index);
    yield* [];
  }

  override writePage(inode: FsInode, index: number, wbc: WritebackControl): Step {
    if (!inode.layout.isMapped(index)) this.grow(inode, index);
    return this.submitPage(inode, index, wbc);
  }

  // oxlint-disable-next-line require-yield
  override *work(): Sleeping<void> {
    throw new Error(`${this.name} has put nothing off`);
  }

  override openWriter(inode: FsInode, wbc: WritebackControl): PagesWriter {
    return new MpageWriter(this, inode, wbc);
  }

  override dirtyInode(_inode: FsInode, _isData: boolean): void {}

  /** ext2_write_inode: the inode's block becomes dirty; for a sync it is written at once. */
  override *writeInode(inode: FsInode, isSync: boolean): Sleeping<void> {
    const block = this.inodeBlock(inode);
    this.metadata.dirty(block);
    if (isSync) yield* this.metadata.writeNow(block);
  }

  /** generic_file_fsync: the inode's block; the drive's cache is flushed with `barrier`. */
  override *fsync(inode: FsInode, _isDatasync: boolean): Sleeping<void> {
    const block = this.inodeBlock(inode);
    if (this.metadata.isDirty(block)) yield* this.metadata.writeNow(block);
    if (this.options.barrier) yield* this.disk.flush();
  }

  override *sync(): Sleeping<void> {
    yield* this.metadata.sync();
  }

  override *truncate(inode: FsInode, fromPage: number): Sleeping<void> {
    this.dirtyBlocksOf(inode);
    this.freeBlocks(inode, fromPage);
    yield* [];
  }

  override *evict(inode: FsInode): Sleeping<void> {
    yield* this.truncate(inode, 0);
  }

  /** One page, one bio. */
  submitPage(inode: FsInode, index: number, wbc: WritebackControl): Admission {
    this.host.startWriteback(inode, index, wbc.writer);
    this.host.unlockPage(inode, index);
    const block = inode.layout.blockOf(index);
    const task = this.host.scheduler.current.id;
    return this.disk.submitPages(Op.write, inode.number, block, index, 1, bioFlags(wbc), task);
  }

  /** Finds a block for page `index`: from the file's window, or a new window. */
  grow(inode: FsInode, index: number): void {
    const block = this.#takeBlock(inode, this.goalOf(inode, index));
    inode.layout.map(index, block, 1);
    this.metadataChanged(inode, this.bitmapBlock(block));
  }

  /** A metadata block of an inode's changed. */
  protected metadataChanged(_inode: FsInode, block: number): void {
    this.metadata.dirty(block);
  }

  #takeBlock(inode: FsInode, goal: number): number {
    if (inode.windowBlocks > 0 && goal !== inode.windowBlock) this.closeWindow(inode);
    if (inode.windowBlocks === 0) this.#openWindow(inode, goal);
    inode.windowBlocks--;
    return inode.windowBlock++;
  }

  #openWindow(inode: FsInode, goal: number): void {
    const size = inode.windowSize === 0 ? FIRST_WINDOW : Math.min(MAX_WINDOW, inode.windowSize * 2);
    try {
      this.groups.take(goal, size);
    } catch (error) {
      // Other files' windows may hold the last blocks: those are only reserved.
      if (!(error instanceof NoSpaceError) || !this.closeWindows()) throw error;
      this.groups.take(goal, size);
    }
    inode.windowSize = size;
    inode.windowBlock = this.groups.foundBlock;
    inode.windowBlocks = this.groups.foundBlocks;
    this.windows.add(inode);
  }

  protected dirtyBlocksOf(inode: FsInode): void {
    this.metadataChanged(inode, this.inodeBlock(inode));
    const block = inode.layout.blockOf(0);
    if (block >= 0) this.metadataChanged(inode, this.bitmapBlock(block));
  }
}

/** mpage_writepages: a bio grows while the next page follows on the disk. */
export class MpageWriter implements PagesWriter {
  readonly #fs: Ext2;
  readonly #inode: FsInode;
  readonly #writer: number;
  readonly #builder: BioBuilder;

  constructor(fs: Ext2, inode: FsInode, wbc: WritebackControl) {
    this.#fs = fs;
    this.#inode = inode;
    this.#writer = wbc.writer;
    const task = fs.host.scheduler.current.id;
    this.#builder = new BioBuilder(fs.disk, Op.write, inode, bioFlags(wbc), task);
  }

  add(index: number): Step {
    let block = this.#inode.layout.blockOf(index);
    if (block < 0) {
      this.#fs.grow(this.#inode, index);
      block = this.#inode.layout.blockOf(index);
    }
    this.#fs.host.startWriteback(this.#inode, index, this.#writer);
    return this.#builder.addAt(index, block);
  }

  finish(): Step {
    return this.#builder.finish();
  }

  // oxlint-disable-next-line require-yield
  *work(): Sleeping<void> {
    throw new Error('mpage_writepages has put nothing off');
  }
}

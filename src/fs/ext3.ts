/**
 * ext3-like: ext2 with a journal in data=ordered mode (fs/ext3/inode.c of 2.6.34).
 *
 * A page that write(2) changes is filed with the running transaction, whose commit (every 5 s, at
 * an fsync, at a sync) writes its data before its record: that is why an fsync of one file waits
 * for the data of all. There is no ->writepages: the flusher, too, writes one page a bio.
 * ->writepage refuses where its task has a handle open, and opens one for a page without a block.
 */

import type { Sleeping } from '../sim/task.ts';
import type { Disk } from './disk.ts';
import { Ext2 } from './ext2.ts';
import type { MountOptions, PagesWriter } from './file-system.ts';
import { FsInode } from './fs-inode.ts';
import { Journal } from './journal.ts';
import { Step } from './step.ts';
import type { WritebackControl } from './writeback-control.ts';

/** The journal's size by the file system's, blocks (e2fsprogs, ext2fs_default_journal_size). */
export function defaultJournalBlocks(blocks: number): number {
  if (blocks < 32_768) return 1024;
  if (blocks < 256 * 1024) return 4096;
  if (blocks < 512 * 1024) return 8192;
  return blocks < 1024 * 1024 ? 16_384 : 32_768;
}

export class Ext3 extends Ext2 {
  override readonly name: string = 'ext3';
  readonly journal: Journal;
  #pending: { inode: FsInode; index: number; wbc: WritebackControl } | undefined;

  constructor(
    disk: Disk,
    blocks: number,
    options: MountOptions,
    groupMetadata?: (group: number) => number,
  ) {
    super(disk, blocks, options, groupMetadata);
    this.journal = new Journal(disk, this.metadata, this.#makeLog(blocks), options, {
      label: 'the journal',
      nests: this.nests,
      writesBuffers: this.writesBuffers,
    });
  }

  /** Whether a task's second handle is its first one. */
  protected get nests(): boolean {
    return true;
  }

  /** Whether a commit writes ordered data buffer by buffer (jbd). */
  protected get writesBuffers(): boolean {
    return true;
  }

  /** The journal lies in the middle of the disk. */
  #makeLog(blocks: number): FsInode {
    const log = new FsInode(-1, 'journal', 0);
    log.group = this.groups.groups >> 1;
    const wanted = Math.min(defaultJournalBlocks(blocks), blocks >> 3);
    for (let at = 0; at < wanted;) {
      this.groups.takeWhole(this.goalOf(log, at), wanted - at);
      log.layout.map(at, this.groups.foundBlock, this.groups.foundBlocks);
      at += this.groups.foundBlocks;
    }
    return log;
  }

  override threads() {
    return [{ name: 'kjournald', body: this.journal.run() }];
  }

  override tryBegin(inode: FsInode, index: number): boolean {
    const isMapped = inode.layout.isMapped(index);
    if (!this.journal.canJoin()) return false;
    if (!isMapped && this.journal.isShadowed(this.inodeBlock(inode))) return false;
    this.#change(inode, index);
    return true;
  }

  override *begin(inode: FsInode, index: number): Sleeping<void> {
    yield* this.journal.start('ext3_write_begin');
    yield* this.journal.waitUnshadowed(this.inodeBlock(inode));
    this.#change(inode, index);
    this.journal.stop();
  }

  #change(inode: FsInode, index: number): void {
    if (!inode.layout.isMapped(index)) {
      this.grow(inode, index);
      this.metadataChanged(inode, this.inodeBlock(inode));
    }
    this.journal.file(inode);
  }

  /** ext3_ordered_writepage. */
  override writePage(inode: FsInode, index: number, wbc: WritebackControl): Step {
    if (this.journal.hasHandle(this.host.scheduler.current)) {
      this.host.unlockPage(inode, index);
      return Step.redirtied;
    }
    if (inode.layout.isMapped(index)) return this.submitPage(inode, index, wbc);
    this.#pending = { inode, index, wbc };
    return Step.work;
  }

  /** The page has no block: it is found within a handle, while the page stays locked. */
  override *work(): Sleeping<void> {
    const pending = this.#pending;
    if (pending === undefined) return;
    this.#pending = undefined;
    const { inode, index, wbc } = pending;
    yield* this.journal.start('ext3_ordered_writepage');
    this.#change(inode, index);
    const step = this.submitPage(inode, index, wbc);
    this.journal.stop();
    if (step === Step.sleeps) yield* this.host.waitAdmitted();
  }

  override openWriter(inode: FsInode, wbc: WritebackControl): PagesWriter {
    return new SinglePages(this, inode, wbc);
  }

  override openOrderedWriter(inode: FsInode, wbc: WritebackControl): PagesWriter {
    return new SinglePages(this, inode, wbc);
  }

  override dirtyInode(inode: FsInode, isData: boolean): void {
    inode.syncTid = this.journal.dirty(this.inodeBlock(inode));
    if (isData) inode.datasyncTid = inode.syncTid;
  }

  /** ext3_write_inode: the journal has it. */
  override *writeInode(inode: FsInode, isSync: boolean): Sleeping<void> {
    if (isSync) yield* this.journal.commitAndWait(inode.syncTid);
  }

  /** ext3_sync_file: a commit, or where there is none to wait for, a flush. */
  override *fsync(inode: FsInode, isDatasync: boolean): Sleeping<void> {
    const tid = isDatasync ? inode.datasyncTid : inode.syncTid;
    const didCommit = yield* this.journal.commitAndWait(tid);
    if (!didCommit && this.options.barrier) yield* this.disk.flush();
  }

  override *sync(): Sleeping<void> {
    yield* this.journal.commitAndWait(this.journal.tid);
    yield* this.metadata.sync();
  }

  override *truncate(inode: FsInode, fromPage: number): Sleeping<void> {
    yield* this.journal.start('ext3_truncate');
    this.dirtyBlocksOf(inode);
    this.freeBlocks(inode, fromPage);
    this.journal.stop();
  }

  override *evict(inode: FsInode): Sleeping<void> {
    yield* this.journal.start('ext3_delete_inode');
    this.dirtyBlocksOf(inode);
    this.freeBlocks(inode, 0);
    this.journal.forget(inode);
    this.journal.stop();
  }

  protected override metadataChanged(inode: FsInode, block: number): void {
    inode.syncTid = this.journal.dirty(block);
    inode.datasyncTid = inode.syncTid;
  }
}

/** generic_writepages over ->writepage: every page is locked and goes out in a bio of its own. */
export class SinglePages implements PagesWriter {
  readonly #fs: Ext2;
  readonly #inode: FsInode;
  readonly #wbc: WritebackControl;

  constructor(fs: Ext2, inode: FsInode, wbc: WritebackControl) {
    this.#fs = fs;
    this.#inode = inode;
    this.#wbc = wbc;
  }

  add(index: number): Step {
    this.#fs.host.lockPage(this.#inode, index);
    return this.#fs.writePage(this.#inode, index, this.#wbc);
  }

  finish(): Step {
    return Step.done;
  }

  work(): Sleeping<void> {
    return this.#fs.work();
  }
}

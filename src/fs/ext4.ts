/**
 * ext4-like: delayed allocation (fs/ext4/inode.c of 2.6.34 and later).
 *
 * write(2) only reserves; ->writepages gathers a run of pages that follow each other in the file,
 * within a handle, finds blocks for all of it at once (at most 2048, what mballoc gives), and sends
 * the pages out: one bio a page in 2.6.34, bios of many pages since 2.6.37 (ext4_bio_write_page).
 * ->writepage never finds blocks: reclaim, and the journal's ordered data, leave such pages dirty.
 */

import { Op } from '../device/device.ts';
import { version } from '../sim/kernel-version.ts';
import type { Sleeping } from '../sim/task.ts';
import { BioBuilder } from './bio-builder.ts';
import { GROUP_BLOCKS } from './block-groups.ts';
import type { Disk } from './disk.ts';
import { bioFlags } from './ext2.ts';
import { Ext3 } from './ext3.ts';
import { GROUP_METADATA_BLOCKS, type MountOptions, type PagesWriter } from './file-system.ts';
import type { FsInode } from './fs-inode.ts';
import { Step } from './step.ts';
import type { WritebackControl } from './writeback-control.ts';

/** Blocks found at once. */
const MAX_EXTENT = 2048;
/** Groups whose metadata lies together at the front of the first of them (flex_bg). */
const FLEX_GROUPS = 16;
/** s_max_writeback_mb_bump: what a slice of the flusher's is raised to at most, 128 MiB. */
const MAX_BUMP_PAGES = 32_768;

export class Ext4 extends Ext3 {
  override readonly name = 'ext4';

  constructor(disk: Disk, blocks: number, options: MountOptions) {
    super(disk, blocks, options, (group) =>
      group % FLEX_GROUPS === 0 ? FLEX_GROUPS * GROUP_METADATA_BLOCKS : 0,
    );
  }

  protected override metadataOf(group: number): number {
    const inFlex = group % FLEX_GROUPS;
    return (group - inFlex) * GROUP_BLOCKS + inFlex * GROUP_METADATA_BLOCKS;
  }

  protected override get writesBuffers(): boolean {
    return false;
  }

  override threads() {
    return [{ name: 'jbd2', body: this.journal.run() }];
  }

  /** ext4_da_write_begin: a reservation, within a handle. */
  override tryBegin(_inode: FsInode, _index: number): boolean {
    return this.journal.canJoin();
  }

  override *begin(_inode: FsInode, _index: number): Sleeping<void> {
    yield* this.journal.start('ext4_da_write_begin');
    this.journal.stop();
  }

  /** ext4_writepage. */
  override writePage(inode: FsInode, index: number, wbc: WritebackControl): Step {
    if (inode.layout.isMapped(index)) return this.submitPage(inode, index, wbc);
    this.host.unlockPage(inode, index);
    return Step.redirtied;
  }

  override openWriter(inode: FsInode, wbc: WritebackControl): PagesWriter {
    return new DelayedWriter(this, inode, wbc);
  }

  /** ext4_da_writepages until 3.10: a slice is raised to the dirty pages that follow each other. */
  override bumpedSlice(inode: FsInode, pages: number, wbc: WritebackControl): number {
    if (this.options.kernel >= version(3, 11) || pages >= MAX_BUMP_PAGES) return pages;
    if (!wbc.cyclic) return Math.min(MAX_BUMP_PAGES, pages * 8);
    let first = this.host.nextDirty(inode, wbc.start);
    if (first < 0) first = this.host.nextDirty(inode, 0);
    let last = first;
    while (last - first < MAX_BUMP_PAGES && this.host.nextDirty(inode, last + 1) === last + 1)
      last++;
    return Math.max(pages, Math.min(MAX_BUMP_PAGES, last - first + 1));
  }

  /** Finds blocks for the pages without any in a run, within the open handle. */
  allocate(inode: FsInode, first: number, pages: number): void {
    for (let index = first; index < first + pages;) {
      const hole = inode.layout.holeFrom(index, first + pages - index);
      if (hole === 0) {
        index++;
        continue;
      }
      const found = this.place(inode, index, Math.min(hole, MAX_EXTENT), true);
      this.metadataChanged(inode, this.bitmapBlock(inode.layout.blockOf(index)));
      this.metadataChanged(inode, this.inodeBlock(inode));
      this.journal.file(inode);
      index += found;
    }
  }
}

/** write_cache_pages_da and mpage_da_map_and_submit: a run is gathered, mapped, sent. */
class DelayedWriter implements PagesWriter {
  readonly #fs: Ext4;
  readonly #inode: FsInode;
  readonly #wbc: WritebackControl;
  readonly #isMultiPage: boolean;
  #first = 0;
  #pages = 0;
  #hasHandle = false;

  constructor(fs: Ext4, inode: FsInode, wbc: WritebackControl) {
    this.#fs = fs;
    this.#inode = inode;
    this.#wbc = wbc;
    this.#isMultiPage = fs.options.kernel >= version(2, 6, 37);
  }

  add(index: number): Step {
    if (this.#pages > 0 && (index !== this.#first + this.#pages || this.#pages >= MAX_EXTENT)) {
      return Step.again;
    }
    // The order of ext4: the handle, then the page locks.
    if (!this.#hasHandle) {
      this.#hasHandle = this.#fs.journal.tryStart('ext4_da_writepages');
      if (!this.#hasHandle) return Step.again;
    }
    this.#fs.host.lockPage(this.#inode, index);
    if (this.#pages++ === 0) this.#first = index;
    return Step.done;
  }

  finish(): Step {
    return this.#hasHandle ? Step.work : Step.done;
  }

  *work(): Sleeping<void> {
    if (!this.#hasHandle) {
      yield* this.#fs.journal.start('ext4_da_writepages');
      this.#hasHandle = true;
      return;
    }
    if (this.#pages > 0) yield* this.#send();
    this.#fs.journal.stop();
    this.#hasHandle = false;
  }

  *#send(): Sleeping<void> {
    const { host, disk } = this.#fs;
    const first = this.#first;
    const pages = this.#pages;
    this.#pages = 0;
    this.#fs.allocate(this.#inode, first, pages);
    const task = host.scheduler.current.id;
    const builder = new BioBuilder(disk, Op.write, this.#inode, bioFlags(this.#wbc), task);
    for (let index = first; index < first + pages; index++) {
      host.startWriteback(this.#inode, index, this.#wbc.writer);
      host.unlockPage(this.#inode, index);
      const added = builder.add(index);
      const sent = this.#isMultiPage ? Step.done : builder.finish();
      if (added === Step.sleeps || sent === Step.sleeps) yield* host.waitAdmitted();
    }
    if (builder.finish() === Step.sleeps) yield* host.waitAdmitted();
  }
}

/**
 * xfs-like: delayed allocation, and clustering in ->writepage (fs/xfs/linux-2.6/xfs_aops.c).
 *
 * The first page of a delayed extent that is written finds blocks for all of it
 * (xfs_iomap_write_allocate), so that the order of single pages does not break a file up. ->writepage
 * then takes the pages that follow along, while they are dirty and lie behind each other, to the
 * end of the extent (xfs_cluster_write, until 4.5); later ->writepages builds the bios itself.
 * 2.6.35 refuses every page of a task that reclaims, 2.6.36 only those of direct reclaim.
 */

import { Op } from '../device/device.ts';
import { version } from '../sim/kernel-version.ts';
import type { Sleeping } from '../sim/task.ts';
import { GIB, MIB, PAGE_BYTES } from '../sim/units.ts';
import { BioBuilder } from './bio-builder.ts';
import { GROUP_BLOCKS } from './block-groups.ts';
import type { Disk } from './disk.ts';
import { bioFlags } from './ext2.ts';
import { FileSystem, type MountOptions, type PagesWriter } from './file-system.ts';
import { FsInode } from './fs-inode.ts';
import { Step } from './step.ts';
import { Caller, type WritebackControl } from './writeback-control.ts';
import { XfsLog } from './xfs-log.ts';

/** Blocks at the front of an allocation group. */
const AG_HEADER_BLOCKS = 8;
const GIB_BLOCKS = GIB / PAGE_BYTES;
const TIB_BLOCKS = 1024 * GIB_BLOCKS;
/** Until 3.7 inodes have numbers of 32 bits; on larger disks (at 256 bytes each) these stay low. */
const INODE32_BLOCKS = TIB_BLOCKS;
/** Blocks reserved behind a growing file's end: 64 KiB (m_writeio_blocks). */
const WRITE_IO_BLOCKS = 16;
/** Since 2.6.38 as much as the file has, up to this. */
const MAX_PREALLOCATION_PAGES = (8192 * MIB) / PAGE_BYTES;
/** MAXEXTLEN. */
const MAX_EXTENT = 2 ** 21 - 1;

/** calc_default_ag_geometry of mkfs.xfs: 4 of a disk, 16 or 32 of a stripe; at most 1 TiB each. */
export function allocationGroups(blocks: number, isStriped: boolean): number {
  const least = Math.ceil(blocks / TIB_BLOCKS);
  if (!isStriped) return Math.max(4, least);
  return Math.max(blocks >= 512 * GIB_BLOCKS ? 32 : 16, least);
}

export class Xfs extends FileSystem {
  override readonly name = 'xfs';
  readonly log: XfsLog;

  constructor(disk: Disk, blocks: number, options: MountOptions) {
    const groups = Math.ceil(blocks / GROUP_BLOCKS);
    const ags = allocationGroups(blocks, disk.queue.optimalSectors !== undefined);
    const stride = Math.max(1, Math.ceil(groups / ags));
    super(disk, blocks, options, (group) => (group % stride === 0 ? AG_HEADER_BLOCKS : 0));
    this.#stride = stride;
    this.#ags = Math.ceil(groups / stride);
    this.#rotates = options.kernel < version(3, 7) && blocks > INODE32_BLOCKS;
    this.log = new XfsLog(disk, this.metadata, this.#makeLog(blocks), options);
  }

  /** Groups of 128 MiB in an allocation group. */
  readonly #stride: number;
  readonly #ags: number;
  /** Each new file's data begins in the next allocation group, away from the inodes (agfrotor). */
  readonly #rotates: boolean;
  #rotor = 0;

  /** The internal log: 1/2048 of the disk, at least 10 MiB (mkfs.xfs), in a middle group. */
  #makeLog(blocks: number): FsInode {
    const log = new FsInode(-1, 'log', 0);
    log.group = Math.min(this.groups.groups - 1, this.#stride * (this.#ags >> 1));
    const least = Math.min((10 * MIB) / PAGE_BYTES, blocks >> 3);
    const wanted = Math.max(least, Math.floor(blocks / 2048));
    for (let at = 0; at < wanted;) at += this.place(log, at, wanted - at, true);
    return log;
  }

  /** Whether ->writepage takes the pages that follow along; else the flusher's walk builds the bios. */
  get clusters(): boolean {
    return this.options.kernel < version(4, 6);
  }

  override threads() {
    return [{ name: 'xfssyncd', body: this.log.run() }];
  }

  /** xfs_ialloc_next_ag: each new directory goes to the next allocation group. */
  protected override groupOfDirectory(nth: number): number {
    return (nth % this.#ags) * this.#stride;
  }

  protected override goalOf(inode: FsInode, index: number): number {
    const isNewFile = inode.layout.mappedPages === 0 && inode.number >= 0;
    if (!this.#rotates || !isNewFile) return super.goalOf(inode, index);
    const group = (this.#rotor++ % this.#ags) * this.#stride;
    return this.groups.firstOf(group);
  }

  protected override metadataOf(group: number): number {
    // Inodes and free-space trees lie where their allocation group begins.
    return Math.floor(group / this.#stride) * this.#stride * GROUP_BLOCKS;
  }

  override inodeBlock(inode: FsInode): number {
    return this.metadataOf(inode.group) + (Math.floor(inode.slot / 16) % AG_HEADER_BLOCKS);
  }

  /** xfs_iomap_write_delay: a reservation. A full log buffer goes out first. */
  override tryBegin(_inode: FsInode, _index: number): boolean {
    return !this.log.isFull;
  }

  override *begin(_inode: FsInode, _index: number): Sleeping<void> {
    yield* this.log.force(this.log.sequence);
  }

  /** xfs_vm_writepage. */
  override writePage(inode: FsInode, index: number, wbc: WritebackControl): Step {
    const { kernel, servesKswapd } = this.options;
    if (
      (wbc.caller === Caller.directReclaim && kernel >= version(2, 6, 35)) ||
      (wbc.caller === Caller.kswapd && !servesKswapd)
    ) {
      this.host.unlockPage(inode, index);
      return Step.redirtied;
    }
    if (!inode.layout.isMapped(index)) this.#allocate(inode, index);
    const task = this.host.scheduler.current.id;
    const builder = new BioBuilder(this.disk, Op.write, inode, bioFlags(wbc), task);
    this.host.startWriteback(inode, index, wbc.writer);
    this.host.unlockPage(inode, index);
    builder.add(index);
    if (this.clusters) {
      const step = this.#cluster(inode, index + 1, wbc, builder);
      if (step === Step.sleeps) return step;
    }
    return builder.finish();
  }

  /** xfs_cluster_write: the dirty pages that follow, to the end of the extent. */
  #cluster(inode: FsInode, from: number, wbc: WritebackControl, builder: BioBuilder): Step {
    // 2.6.34: "VM calculation for nr_to_write seems off. Bump it way up."
    if (this.options.kernel < version(2, 6, 35)) wbc.nrToWrite *= 4;
    let block = inode.layout.blockOf(from - 1);
    for (let index = from; ; index++) {
      const next = inode.layout.blockOf(index);
      if (next !== ++block || !this.host.isWritable(inode, index)) return Step.done;
      // A full bio goes out first: whoever has to sleep for it must leave no page behind in the next.
      if (builder.isFull) {
        const step = builder.finish();
        if (step === Step.sleeps) return step;
      }
      this.host.startWriteback(inode, index, wbc.writer);
      builder.add(index);
      if (--wbc.nrToWrite <= 0) return Step.done;
    }
  }

  // oxlint-disable-next-line require-yield
  override *work(): Sleeping<void> {
    throw new Error('xfs has put nothing off');
  }

  override openWriter(inode: FsInode, wbc: WritebackControl): PagesWriter {
    return new XfsWriter(this, inode, wbc);
  }

  /** Finds blocks for the whole delayed extent around a page. */
  #allocate(inode: FsInode, index: number): void {
    const { host } = this;
    const isDelayed = (page: number) => host.isDirty(inode, page) && !inode.layout.isMapped(page);
    let first = index;
    while (first > 0 && index - first < MAX_EXTENT && isDelayed(first - 1)) first--;
    let end = index + 1;
    while (end - first < MAX_EXTENT && isDelayed(end)) end++;
    for (let page = first; page < end;) page += this.#extend(inode, page, end - page);
    inode.syncTid = this.log.change(this.inodeBlock(inode));
    inode.datasyncTid = this.log.change(this.bitmapBlock(inode.layout.blockOf(index)));
  }

  /** From what is reserved behind the file's end, else anew, with a reserve behind it again. */
  #extend(inode: FsInode, page: number, wanted: number): number {
    const goal = this.goalOf(inode, page);
    if (inode.windowBlocks > 0 && goal === inode.windowBlock) {
      const found = Math.min(wanted, inode.windowBlocks);
      inode.layout.map(page, inode.windowBlock, found);
      inode.windowBlock += found;
      inode.windowBlocks -= found;
      return found;
    }
    this.closeWindow(inode);
    const filePages = Math.ceil(inode.sizeBytes / PAGE_BYTES);
    const isAtEnd = page + wanted >= filePages;
    const reserve =
      this.options.kernel < version(2, 6, 38)
        ? WRITE_IO_BLOCKS
        : Math.min(MAX_PREALLOCATION_PAGES, Math.max(WRITE_IO_BLOCKS, filePages));
    this.groups.takeWhole(goal, wanted + (isAtEnd ? reserve : 0));
    const { foundBlock, foundBlocks } = this.groups;
    const mapped = Math.min(wanted, foundBlocks);
    inode.layout.map(page, foundBlock, mapped);
    inode.windowBlock = foundBlock + mapped;
    inode.windowBlocks = foundBlocks - mapped;
    if (inode.windowBlocks > 0) this.windows.add(inode);
    return mapped;
  }

  /** For the writer: makes sure that a page has a block. */
  allocateFor(inode: FsInode, index: number): void {
    if (!inode.layout.isMapped(index)) this.#allocate(inode, index);
  }

  /** A change of size or times is logged when the inode is written or its data is. */
  override dirtyInode(inode: FsInode, isData: boolean): void {
    inode.syncTid = this.log.change(this.inodeBlock(inode));
    if (isData) inode.datasyncTid = inode.syncTid;
  }

  override *writeInode(inode: FsInode, isSync: boolean): Sleeping<void> {
    if (isSync) yield* this.log.force(inode.syncTid);
  }

  /** xfs_fsync: forces the log, whose write flushes; else a flush. */
  override *fsync(inode: FsInode, isDatasync: boolean): Sleeping<void> {
    const didForce = yield* this.log.force(isDatasync ? inode.datasyncTid : inode.syncTid);
    if (!didForce && this.options.barrier) yield* this.disk.flush();
  }

  override *sync(): Sleeping<void> {
    yield* this.log.force(this.log.sequence);
    yield* this.metadata.sync();
  }

  override *truncate(inode: FsInode, fromPage: number): Sleeping<void> {
    if (this.log.isFull) yield* this.log.force(this.log.sequence);
    inode.syncTid = this.log.change(this.inodeBlock(inode));
    this.freeBlocks(inode, fromPage);
  }

  /** xfs_inactive. */
  override *evict(inode: FsInode): Sleeping<void> {
    yield* this.truncate(inode, 0);
  }
}

/**
 * xfs as on the machine that began the series of 2011: with "xfs: use write_cache_pages for writeback
 * clustering" (Hellwig, 29 June 2011), ->writepage writes its page alone.
 */
export class Xfs2011 extends Xfs {
  override get clusters(): boolean {
    return false;
  }
}

/** Until 4.5 generic_writepages over ->writepage, which clusters; then bios over the whole walk. */
class XfsWriter implements PagesWriter {
  readonly #fs: Xfs;
  readonly #inode: FsInode;
  readonly #wbc: WritebackControl;
  readonly #builder: BioBuilder | undefined;

  constructor(fs: Xfs, inode: FsInode, wbc: WritebackControl) {
    this.#fs = fs;
    this.#inode = inode;
    this.#wbc = wbc;
    if (fs.clusters) return;
    const task = fs.host.scheduler.current.id;
    this.#builder = new BioBuilder(fs.disk, Op.write, inode, bioFlags(wbc), task);
  }

  add(index: number): Step {
    if (this.#fs.log.isFull) return Step.again;
    if (this.#builder === undefined) return this.#fs.writePage(this.#inode, index, this.#wbc);
    this.#fs.allocateFor(this.#inode, index);
    this.#fs.host.startWriteback(this.#inode, index, this.#wbc.writer);
    return this.#builder.add(index);
  }

  finish(): Step {
    return this.#builder?.finish() ?? Step.done;
  }

  *work(): Sleeping<void> {
    const { log } = this.#fs;
    if (log.isFull) yield* log.force(log.sequence);
  }
}

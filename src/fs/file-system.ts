/**
 * A mounted file system: dirty pages in, bios out, completions back by page. Which pages, and when,
 * is mm's affair; where they lie, in what unit they go out, what metadata and journal they cost and
 * who may not ask is a file system's.
 *
 * This class is what all of them share: blocks, and metadata in place. What each does differently
 * is one file a kind; `registry.ts` names them.
 */

import type { BlockQueue } from '../block/bio.ts';
import type { Sleeping, TaskBody } from '../sim/task.ts';
import { PAGE_BYTES } from '../sim/units.ts';
import { BlockGroups, GROUP_BLOCKS } from './block-groups.ts';
import type { Disk } from './disk.ts';
import type { FsInode } from './fs-inode.ts';
import type { FsHost } from './host.ts';
import { Metadata } from './metadata.ts';
import type { Step } from './step.ts';
import type { WritebackControl } from './writeback-control.ts';

export interface MountOptions {
  /** Whose rules it follows, a number of `sim/kernel-version.ts`. */
  readonly kernel: number;
  /** Whether commits and fsync flush the drive's cache (mount option `barrier`). */
  readonly barrier: boolean;
  /** How often a journal commits by itself, s (mount option `commit`). */
  readonly commitSeconds: number;
  /** Whether it writes single pages for kswapd (xfs). */
  readonly servesKswapd: boolean;
}

/** Writes dirty pages of one inode, in ascending order: what ->writepages does with a walk. */
export interface PagesWriter {
  /** A dirty page that no one has locked. */
  add(index: number): Step;
  /** No more pages: what is held back goes out. */
  finish(): Step;
  /** What `Step.work` asked for. */
  work(): Sleeping<void>;
}

/** Bytes of an inode in the inode table: 16 to a block. */
const INODE_BYTES = 256;
const INODES_PER_BLOCK = PAGE_BYTES / INODE_BYTES;
/** Inodes a group of 128 MiB has: one for 16 KiB (mke2fs.conf). */
const INODES_PER_GROUP = 8192;
/** Superblock, group descriptors and reserve, two bitmaps, the inode table: at a group's front. */
const DESCRIPTOR_BLOCKS = 2;
const BLOCK_BITMAP = DESCRIPTOR_BLOCKS;
const INODE_TABLE = DESCRIPTOR_BLOCKS + 2;
const TABLE_BLOCKS = INODES_PER_GROUP / INODES_PER_BLOCK;
export const GROUP_METADATA_BLOCKS = INODE_TABLE + TABLE_BLOCKS;

export abstract class FileSystem {
  abstract readonly name: string;
  readonly disk: Disk;
  readonly options: MountOptions;
  readonly groups: BlockGroups;
  readonly metadata: Metadata;
  /** Files that have blocks reserved ahead of their end. */
  protected readonly windows = new Set<FsInode>();
  readonly #inodesIn: number[] = [];
  readonly #directories = new Map<string, number>();

  /**
   * @param disk the disk the file system fills
   * @param blocks how much of it, from its beginning
   * @param groupMetadata how many blocks at the front of a group hold no data
   */
  constructor(
    disk: Disk,
    blocks: number,
    options: MountOptions,
    groupMetadata: (group: number) => number = () => GROUP_METADATA_BLOCKS,
  ) {
    this.disk = disk;
    this.options = options;
    this.groups = new BlockGroups(blocks, groupMetadata);
    this.metadata = new Metadata(disk);
  }

  get host(): FsHost {
    return this.disk.host;
  }

  get queue(): BlockQueue {
    return this.disk.queue;
  }

  /** Its threads, by name; started with the machine. */
  threads(): readonly { readonly name: string; readonly body: TaskBody }[] {
    return [];
  }

  // --- what each kind does its own way ---------------------------------------------------------

  /** Whether its dirty pages are written back at all, and count against the dirty limits. */
  get hasWriteback(): boolean {
    return true;
  }

  /**
   * A program is about to change page `index` by write(2): finds it a block, reserves one, or files
   * it with a transaction. False when that may sleep: `begin` then does it.
   */
  abstract tryBegin(inode: FsInode, index: number): boolean;
  abstract begin(inode: FsInode, index: number): Sleeping<void>;

  /** ->writepage of one dirty page, which its caller has locked; unlocked again but for `activate`. */
  abstract writePage(inode: FsInode, index: number, wbc: WritebackControl): Step;
  /** What `writePage` left to do. */
  abstract work(): Sleeping<void>;
  /** ->writepages: takes the dirty pages of a walk. */
  abstract openWriter(inode: FsInode, wbc: WritebackControl): PagesWriter;

  /** The same for a journal's ordered data: pages without a block stay dirty. */
  openOrderedWriter(inode: FsInode, wbc: WritebackControl): PagesWriter {
    return this.openWriter(inode, wbc);
  }

  /** The inode itself became dirty; `isData` when its size or blocks changed, else its times. */
  abstract dirtyInode(inode: FsInode, isData: boolean): void;
  /** ->write_inode: the inode to the disk, or to where the disk's write-back finds it. */
  abstract writeInode(inode: FsInode, isSync: boolean): Sleeping<void>;
  /** ->fsync, after the data was written and waited for. */
  abstract fsync(inode: FsInode, isDatasync: boolean): Sleeping<void>;
  /** ->sync_fs, then the disk's own metadata; without the drive's flush where no journal does it. */
  abstract sync(): Sleeping<void>;
  /** ->delete_inode's part: blocks and inode are freed. */
  abstract evict(inode: FsInode): Sleeping<void>;

  /** How many pages a slice of `pages` becomes for this file system. */
  bumpedSlice(_inode: FsInode, pages: number, _wbc: WritebackControl): number {
    return pages;
  }

  /** ->truncate: frees the blocks from page `fromPage` on. */
  abstract truncate(inode: FsInode, fromPage: number): Sleeping<void>;

  /** The last writer closed the file: what was reserved ahead of its end is free again. */
  closeFile(inode: FsInode): void {
    this.closeWindow(inode);
    inode.windowSize = 0;
  }

  protected closeWindow(inode: FsInode): void {
    if (inode.windowBlocks > 0) this.groups.release(inode.windowBlock, inode.windowBlocks);
    inode.windowBlocks = 0;
    this.windows.delete(inode);
  }

  /** The disk is full but for what is reserved: gives that back. False when nothing was. */
  protected closeWindows(): boolean {
    const open = [...this.windows];
    for (const inode of open) this.closeFile(inode);
    return open.length > 0;
  }

  // --- files ---------------------------------------------------------------------------------

  /** A file that already lies on the disk, as contiguous as there is room, or is new and empty. */
  createFile(inode: FsInode): void {
    const slash = inode.name.lastIndexOf('/');
    const directory = slash < 0 ? '' : inode.name.slice(0, slash);
    let group = this.#directories.get(directory);
    group ??= this.groupOfDirectory(this.#directories.size);
    this.#directories.set(directory, group);
    for (let i = 0; this.groups.freeIn(group) < 64 && i < this.groups.groups; i++) {
      group = (group + 1) % this.groups.groups;
    }
    inode.group = group;
    inode.slot = this.#inodesIn[group] = (this.#inodesIn[group] ?? -1) + 1;
    const pages = Math.ceil(inode.sizeBytes / PAGE_BYTES);
    for (let index = 0; index < pages;) {
      index += this.place(inode, index, pages - index, true);
    }
  }

  /**
   * Maps up to `wanted` unmapped pages from `index` on.
   * @param whole take one run for all of them if there is one
   * @returns how many were mapped; at least one
   * @throws NoSpaceError
   */
  protected place(inode: FsInode, index: number, wanted: number, whole: boolean): number {
    const goal = this.goalOf(inode, index);
    if (whole) this.groups.takeWhole(goal, wanted);
    else this.groups.take(goal, wanted);
    inode.layout.map(index, this.groups.foundBlock, this.groups.foundBlocks);
    return this.groups.foundBlocks;
  }

  /** Directories are spread over the groups (Orlov); a file lies in its directory's. */
  protected groupOfDirectory(nth: number): number {
    return nth % this.groups.groups;
  }

  /** Where a page's block is looked for: behind its predecessor's, else in its inode's group. */
  protected goalOf(inode: FsInode, index: number): number {
    const goal = inode.layout.goalFor(index);
    return goal >= 0 ? goal : this.groups.firstOf(inode.group);
  }

  protected freeBlocks(inode: FsInode, fromPage: number): void {
    this.closeFile(inode);
    inode.layout.cut(fromPage, (block, pages) => this.groups.release(block, pages));
  }

  /** The block of the inode table that holds an inode. */
  inodeBlock(inode: FsInode): number {
    const at = Math.floor(inode.slot / INODES_PER_BLOCK) % TABLE_BLOCKS;
    return this.metadataOf(inode.group) + INODE_TABLE + at;
  }

  /** The block of the bitmap that has a block's bit. */
  bitmapBlock(block: number): number {
    return this.metadataOf(this.groups.groupOf(block)) + BLOCK_BITMAP;
  }

  /** Where a group's own metadata begins. */
  protected metadataOf(group: number): number {
    return group * GROUP_BLOCKS;
  }
}

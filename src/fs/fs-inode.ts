/** What a file system keeps of a file. mm's inode adds the page cache's part. */

import { Layout } from './layout.ts';

export class FsInode {
  readonly number: number;
  name: string;
  sizeBytes: number;
  readonly layout = new Layout();
  /** Its block group, and its place among that group's inodes. */
  group = 0;
  slot = 0;
  /** Blocks reserved ahead of the file's end: where, how many are left, how large the window was. */
  windowBlock = 0;
  windowBlocks = 0;
  windowSize = 0;
  /** Pages that are dirty without a block (delayed allocation). */
  delayedPages = 0;
  /** The transaction that last changed its inode, and the last that fdatasync must wait for. */
  syncTid = 0;
  datasyncTid = 0;
  /** The transaction that must write this inode's data before it commits (ordered mode). */
  orderedTid = 0;

  constructor(number: number, name: string, sizeBytes: number) {
    this.number = number;
    this.name = name;
    this.sizeBytes = sizeBytes;
  }
}

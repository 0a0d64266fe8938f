/**
 * tmpfs: pages have no place on a disk, do not count as dirty and are not written back.
 * ->writepage moves a page to swap where there is some; else it asks to be left alone
 * (AOP_WRITEPAGE_ACTIVATE).
 */

import type { Sleeping } from '../sim/task.ts';
import { FileSystem, type PagesWriter } from './file-system.ts';
import type { FsInode } from './fs-inode.ts';
import { Step } from './step.ts';

export class Tmpfs extends FileSystem {
  override readonly name = 'tmpfs';

  override get hasWriteback(): boolean {
    return false;
  }

  override createFile(): void {}

  override tryBegin(): boolean {
    return true;
  }

  // oxlint-disable-next-line require-yield
  override *begin(): Sleeping<void> {}

  override writePage(): Step {
    return Step.activate;
  }

  // oxlint-disable-next-line require-yield
  override *work(): Sleeping<void> {}

  override openWriter(): PagesWriter {
    return {
      add: () => Step.redirtied,
      finish: () => Step.done,
      // oxlint-disable-next-line require-yield
      *work() {},
    };
  }

  override dirtyInode(): void {}
  // oxlint-disable-next-line require-yield
  override *writeInode(): Sleeping<void> {}
  // oxlint-disable-next-line require-yield
  override *fsync(): Sleeping<void> {}
  // oxlint-disable-next-line require-yield
  override *sync(): Sleeping<void> {}
  // oxlint-disable-next-line require-yield
  override *truncate(_inode: FsInode, _fromPage: number): Sleeping<void> {}
  // oxlint-disable-next-line require-yield
  override *evict(_inode: FsInode): Sleeping<void> {}
}

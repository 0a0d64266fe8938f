/** What a file system asks of the page cache above it. mm implements it; fs never imports mm. */

import type { Sleeping, TaskScheduler } from '../sim/task.ts';
import type { WaitGraph } from '../sim/wait-graph.ts';
import type { FsInode } from './fs-inode.ts';

export interface FsHost {
  readonly scheduler: TaskScheduler;
  readonly graph: WaitGraph;

  /**
   * A bio is done.
   * @param op `Op.read` or `Op.write`
   * @param inode whose pages; `index`..`index + pages - 1`
   * @param latencyNs from the bio's submission
   */
  pagesDone(op: number, inode: number, index: number, pages: number, latencyNs: number): void;
  /** The task that slept in a submission may go on. */
  submitterAdmitted(task: number): void;
  /** The queue below left congestion. */
  congestionCleared(sync: boolean): void;
  /** The running task's submission went to sleep: waits until its bio has got a request. */
  waitAdmitted(): Sleeping<void>;

  isDirty(inode: FsInode, index: number): boolean;
  /** Whether a page is dirty, not under write-back, and no one has it locked. */
  isWritable(inode: FsInode, index: number): boolean;
  /** The first dirty page at `from` or above, or -1. */
  nextDirty(inode: FsInode, from: number): number;
  /** The page goes into a bio: dirty no more, under write-back. */
  startWriteback(inode: FsInode, index: number, writer: number): void;
  /** Locks a page no one has locked, for the running task. */
  lockPage(inode: FsInode, index: number): void;
  /** Unlocks a page that the running task may have locked. */
  unlockPage(inode: FsInode, index: number): void;
  /**
   * Writes the pages of an inode that are dirty now: a journal's ordered data. Pages without a
   * block stay dirty.
   * @param ignoresLocks write a page though someone has it locked, as jbd writes buffers
   */
  writeData(inode: FsInode, ignoresLocks: boolean): Sleeping<void>;
  /** Waits for an inode's pages that are under write-back. */
  waitData(inode: FsInode): Sleeping<void>;
}

/**
 * The contract of a way out: what reclaim does with a dirty page at the tail of the LRU.
 *
 * A way sees each dirty page locked, after reclaim's own tests (WRITEOUT.md 2.4). It either
 * answers page by page (`pageout`), or asks for the batch's dirty pages to be set aside, still
 * locked, and cleans them together (`deferred` and `cleanList`) before the second pass.
 */

import type { Sleeping } from '../../sim/task.ts';
import type { Reclaim } from '../reclaim.ts';

/** What becomes of a page: the kernel's pageout_t. */
export const Verdict = {
  /** Unlock it and put it back. */
  keep: 0,
  /** Unlock it and put it on the active list. */
  activate: 1,
  /** Being written; the file system has unlocked it. */
  success: 2,
  /** It turned out clean: free it. */
  clean: 3,
} as const;
export type Verdict = (typeof Verdict)[keyof typeof Verdict];

/** struct scan_control: one reclaim run's goal and progress. */
export interface ScanControl {
  readonly isKswapd: boolean;
  /** The allocation that needs memory is 2^order pages. */
  order: number;
  /** 12 (gentle) down to 0. */
  priority: number;
  /** Pages taken off the LRU so far. */
  scanned: number;
  /** Pages freed so far. */
  reclaimed: number;
  /** Of the batch in hand: pages taken, and how many of them were dirty or under write-back. */
  batchTaken: number;
  batchDirty: number;
  batchWriteback: number;
  /** Dirty pages set aside by a deferring way, oldest first, locked. */
  readonly deferred: number[];
  deferredCount: number;
}

export interface PageoutWay {
  readonly name: string;
  /** One line for people. */
  readonly summary: string;
  readonly deferred: boolean;
  /** Whether direct reclaim wakes the flusher as do_try_to_free_pages of 2.6.34 does, whatever the way. */
  readonly directWakesFlusher: boolean;
  /** A dirty, locked page: write it, or say what else becomes of it. */
  pageout(reclaim: Reclaim, frame: number, sc: ScanControl): Sleeping<Verdict>;
  /** The set-aside pages of a batch; afterwards none of them may be locked. */
  cleanList(reclaim: Reclaim, sc: ScanControl): Sleeping<void>;
  /** After each batch; its counts stand in the control. */
  afterBatch(reclaim: Reclaim, sc: ScanControl): Sleeping<void>;
}

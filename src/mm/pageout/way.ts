/**
 * The contract of a way out: what reclaim does with a dirty page at the tail of the LRU.
 *
 * A way sees each dirty page locked and unmapped, after reclaim's own tests (WRITEOUT.md 2.4). It
 * either answers page by page (`pageout`), or asks for the batch's dirty pages to be set aside,
 * still locked, and cleans them together (`deferred` and `cleanList`) before the second pass.
 */

import type { Sleeping } from '../../sim/task.ts';
import type { Reclaim } from '../reclaim.ts';
import type { ReclaimRules } from '../kernel.ts';
import type { ScanControl } from '../scan-control.ts';

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

/** For a generator that calls a `pageout`: its verdict, slept for if it must be. */
export function* verdictOf(outcome: Verdict | Sleeping<Verdict>): Sleeping<Verdict> {
  return typeof outcome === 'number' ? outcome : yield* outcome;
}

export interface PageoutWay {
  readonly name: string;
  /** One line for people. */
  readonly summary: string;
  readonly deferred: boolean;
  /** It sets dirty pages aside before reclaim asks whether they may be written at all. */
  readonly defersUntested?: boolean;
  /** It needs to know in which order a file's pages became dirty. */
  readonly keepsDirtyOrder?: boolean;
  /** Rules of reclaim that came with the way's patches, whatever the kernel's own are. */
  readonly rules?: Partial<ReclaimRules>;
  /** The kernel version it is the way of, a number of `sim/kernel-version.ts`; its rules hold then. */
  readonly kernel?: number;
  /** Whether direct reclaim wakes the flusher as do_try_to_free_pages of 2.6.34 does, whatever the way. */
  readonly directWakesFlusher: boolean;
  /**
   * A dirty, locked page of a file: writes it, or says what else becomes of it. A verdict that needs no
   * sleep is returned as it is: a generator a page would be garbage a page.
   */
  pageout(reclaim: Reclaim, frame: number, sc: ScanControl): Verdict | Sleeping<Verdict>;
  /** The set-aside pages of a batch; afterwards none of them may be locked. */
  cleanList(reclaim: Reclaim, sc: ScanControl): Sleeping<void>;
  /** After each batch; its counts stand in the control. */
  afterBatch(reclaim: Reclaim, sc: ScanControl): Sleeping<void>;
}

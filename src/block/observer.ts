/**
 * The life of a bio and its request as an observer may follow it; the letters are blktrace's.
 * A queue has none by default, and then nothing of this costs anything. Handles name rows that are
 * used again once the request is complete.
 */

import type { Merge } from './merge.ts';

export interface BlockObserver {
  /** Q: a bio was submitted. */
  queued(
    timeNs: number,
    op: number,
    sector: number,
    sectors: number,
    flags: number,
    task: number,
  ): void;
  /** M, F: a bio was merged behind or before what `request` already had. */
  merged(timeNs: number, request: number, how: Merge, sector: number, sectors: number): void;
  /** `absorbed` was joined to the end of `request` and is no more. */
  joined(timeNs: number, request: number, absorbed: number): void;
  /** S: there was no request to be had; the submitter sleeps. */
  slept(timeNs: number, sector: number, sectors: number, task: number): void;
  /** G: a request was had. */
  allocated(timeNs: number, request: number, op: number, sector: number, sectors: number): void;
  /** I: a request was handed to the elevator. */
  inserted(timeNs: number, request: number, op: number, sector: number, sectors: number): void;
  /** P: the queue holds back what it has. */
  plugged(timeNs: number): void;
  /** U, UT: it no longer does. */
  unplugged(timeNs: number, why: number): void;
  /** D: the drive was given a command, under this tag. */
  issued(
    timeNs: number,
    request: number,
    tag: number,
    op: number,
    sector: number,
    sectors: number,
  ): void;
  /** C: the drive was done with it. */
  completed(timeNs: number, request: number, tag: number, op: number, status: number): void;
}

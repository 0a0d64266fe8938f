/**
 * The block floor's contract with the floors above it: what a bio is, and how it comes back.
 */

import type { Status } from '../device/device.ts';
import type { IoClass } from './io-priority.ts';

/** Bio flags, or-ed together. Values are stable: traces and snapshots may hold them. */
export const BioFlag = {
  /** Someone waits for it (REQ_SYNC): reads are always sync, writes when set. */
  sync: 1,
  /** File system metadata (REQ_META). */
  meta: 2,
  /** Forced unit access. */
  fua: 4,
  /** Flush the drive's cache before this bio (REQ_PREFLUSH). */
  preflush: 8,
  /** Must not be merged. */
  noMerge: 16,
  /** Read-ahead: may be dropped under congestion. */
  readAhead: 32,
  /** Submitted by kswapd or swap-out: write-back throttling treats it apart. */
  reclaim: 64,
  /** A 2.6.34 barrier: drained before, flushed around. */
  barrier: 128,
} as const;

/** What `submitBio` tells its caller. */
export const Admission = {
  /** The bio is merged or queued; the submitter goes on. */
  admitted: 0,
  /**
   * No request could be had. The queue holds the bio and has put its submitter to sleep, in order;
   * `bioAdmitted` will be called. A caller that has no notion of sleeping may ignore this.
   */
  sleeping: 1,
} as const;
export type Admission = (typeof Admission)[keyof typeof Admission];

/** Who hears from the block floor. */
export interface BioSink {
  /** A bio is done. `cookie` is the integer given to `submitBio`. */
  bioDone(cookie: number, timeNs: number, status: Status): void;
  /** A bio that was `sleeping` got its request; its submitter may wake. */
  bioAdmitted(cookie: number, timeNs: number): void;
  /** The queue left congestion in this class: wakes `congestion_wait`. */
  congestionCleared(sync: boolean): void;
}

/** What mm and fs see of a block queue: this, and nothing behind it. */
export interface BlockQueue {
  readonly capacitySectors: number;
  readonly rotational: boolean;
  /** The largest bio a file system should build, sectors. */
  readonly maxSectors: number;
  /** io_opt: sectors of a whole stripe, which mkfs looks at; none for a plain disk. */
  readonly optimalSectors?: number;

  attach(sink: BioSink): void;

  /**
   * Hands a bio to the queue at the current time.
   * @param op a device `Op`
   * @param sector first 512-byte sector
   * @param sectors length; 0 for an empty flush bio
   * @param flags `BioFlag` bits
   * @param task the submitting task's id, 0..65535: plugs and fair elevators go by it
   * @param cookie comes back in `bioDone`; any 32-bit integer
   */
  submitBio(
    op: number,
    sector: number,
    sectors: number,
    flags: number,
    task: number,
    cookie: number,
  ): Admission;

  /** For `submit`: the bio's first 512-byte sector. */
  sector: number;

  /** `submitBio` for callers that are hot: the sector is in the register, not an argument (docs/HOT-PATH.md). */
  submit(op: number, sectors: number, flags: number, task: number, cookie: number): Admission;

  /**
   * Sets a task's IO priority, for what it submits from now on (ioprio_set(2)).
   * @param level 0..7, the most urgent first; 4 by default; the idle class has none
   * @throws RangeError for a class or level that there is none of
   */
  setIoPriority(task: number, ioClass: IoClass, level?: number): void;

  /** Opens the task's plug (blk_start_plug); without effect before 3.x. Plugs nest. */
  startPlug(task: number): void;
  /** Closes it; when the outermost closes, what it held goes to the elevator, sorted. */
  finishPlug(task: number): void;
  /** The task goes to sleep: what its plug holds goes out (3.x on); before that, nothing does. */
  taskSleeps(task: number): void;
  /** Someone waits for IO on this queue: what is plugged goes out now (2.6.34 sync_page). */
  unplug(): void;

  /** Whether writers should hold off: bdi_write_congested / bdi_read_congested. */
  isCongested(sync: boolean): boolean;

  nextEventNs(): number;
  advanceTo(ns: number): void;
}

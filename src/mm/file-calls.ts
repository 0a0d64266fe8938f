/**
 * What programs may ask of the machine: the contract between `workload` and `mm`.
 *
 * Each call that may sleep is a generator to be called with `yield*` from within a task; the
 * simulated time a call takes passes inside it.
 */

import type { Sleeping } from '../sim/task.ts';

/** Flags of sync_file_range(2). */
export const SyncRange = { waitBefore: 1, write: 2, waitAfter: 4 } as const;

/** Flags of open(2). */
export const OpenFlag = { sync: 1, dsync: 2 } as const;

export interface FileCalls {
  /**
   * Opens a file, making it when it is new.
   * @param name its path; the same path is the same file, until it is unlinked
   * @param sizeBytes when new, its size: that much already lies on the disk, clean and not cached
   * @param flags `OpenFlag` bits: O_SYNC or O_DSYNC, after which each write is on the medium when it returns
   * @returns a handle; every open needs its own `close`
   */
  open(name: string, sizeBytes: number, flags?: number): number;
  /** Current size, bytes. */
  sizeOf(file: number): number;
  /** write(2), buffered: dirties the pages it covers; the file grows as needed. */
  write(file: number, offsetBytes: number, bytes: number): Sleeping<void>;
  /** read(2), buffered: pages not cached are read from the disk. */
  read(file: number, offsetBytes: number, bytes: number): Sleeping<void>;
  /**
   * Stores into a shared mapping: each page that becomes dirty is a fault, held back over the dirty
   * limits as a write is; a page without a block gets one when it is written out.
   */
  touch(file: number, offsetBytes: number, bytes: number): Sleeping<void>;
  /** fsync(2): returns when the file's data, and what leads to it, is on the medium. */
  fsync(file: number): Sleeping<void>;
  /** fdatasync(2): the same, without the inode where only its times changed. */
  fdatasync(file: number): Sleeping<void>;
  /**
   * sync_file_range(2): writes and waits for pages; no metadata, no flush.
   * @param bytes 0 is to the end of the file
   * @param flags `SyncRange` bits
   */
  syncFileRange(file: number, offsetBytes: number, bytes: number, flags: number): Sleeping<void>;
  /** sync(2): everything. */
  sync(): Sleeping<void>;
  /** ftruncate(2). Dirty pages beyond the new end are dropped, not written. */
  truncate(file: number, sizeBytes: number): Sleeping<void>;
  /** unlink(2): the data goes when the last handle is closed. */
  unlink(name: string): Sleeping<void>;
  /** rename(2): replaces what `to` names. */
  rename(from: string, to: string): Sleeping<void>;
  /** close(2). */
  close(file: number): Sleeping<void>;
  /**
   * The program takes memory of its own (anonymous pages that stay in use): pressure.
   * @param order in blocks of 2^order pages; 9 is a huge page of 2 MiB
   * @param isKernel the kernel's own: not from high memory
   */
  allocate(bytes: number, order?: number, isKernel?: boolean): Sleeping<void>;
  /**
   * One try for a block of 2^order pages, as a huge page is asked for: reclaims for it once, and
   * gives up. The program keeps the block.
   * @returns whether it got one
   */
  tryAllocate(order: number): Sleeping<boolean>;
  /**
   * mmap(2) of private anonymous memory. Nothing is allocated until it is touched.
   * @returns a region
   */
  mapAnon(bytes: number): number;
  /** Loads from, or stores into, a region: pages that are not there are allocated or swapped in. */
  touchAnon(region: number, offsetBytes: number, bytes: number, isWrite: boolean): Sleeping<void>;
  /** munmap(2): the region's pages are free again. */
  unmapAnon(region: number): void;
  /** The program thinks, ns. */
  sleepNs(ns: number): Sleeping<void>;
  /** Simulated time, ns: programs that run for so long, or at such a rate, go by it. */
  nowNs(): number;
}

/** A program: one simulated task that makes such calls. */
export interface Program {
  readonly name: string;
  /** The body of its task. It opens what it needs and closes it. */
  run(calls: FileCalls): Sleeping<void>;
}

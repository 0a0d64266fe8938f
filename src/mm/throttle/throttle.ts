/** Holding back who dirties memory faster than disks take it: what both ways have in common. */

import type { Sleeping } from '../../sim/task.ts';
import type { Bdi } from '../bdi.ts';

export interface DirtyThrottle {
  /** The running task has dirtied `pages` pages of a disk. True when it must `balance` now. */
  dirtied(bdi: Bdi, pages: number): boolean;
  /** balance_dirty_pages: holds the running task back as long as that is due. */
  balance(bdi: Bdi): Sleeping<void>;
  /** A flusher has written some of a disk's pages, in a run that began at `startedNs`. */
  wrote(bdi: Bdi, startedNs: number): void;
}

/** set_ratelimit: how many pages a processor may dirty between two checks, 16..1024. */
export function ratelimitPages(totalPages: number, cpus: number): number {
  return Math.max(16, Math.min(1024, Math.floor(totalPages / (cpus * 32))));
}
/** The same for a disk that is over its limit. */
export const EXCEEDED_RATELIMIT = 8;

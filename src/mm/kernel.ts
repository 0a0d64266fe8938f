/**
 * What memory of a kernel version is like: each rule is named here with the release that changed
 * it, so that the code which follows a rule knows no versions.
 *
 * Sources: the trees and commits that WRITEOUT.md sections 2 and 4 quote. [M]: probable only.
 */

import { version } from '../sim/kernel-version.ts';

/** What a task sleeps in when it reclaims faster than pages come clean. */
export type Nap =
  /** A timed sleep, whatever the queue does; ends early when a queue leaves congestion. */
  | 'congestion_wait'
  /** The same, but only while both zone and queue are congested. */
  | 'wait_iff_congested'
  /** Until pages were cleaned, by reason and time-out. */
  | 'reclaim_throttle';

/** How reclaim behaves, beside its way of writing dirty pages. */
export interface ReclaimRules {
  /** LRU lists, scanning and its flags belong to a node (4.8), not to a zone. */
  readonly perNode: boolean;
  /** High orders are had by taking the physical neighbours of a page as well (until 3.4). */
  readonly isLumpy: boolean;
  /**
   * Who needs pages of one place (a high order, a cgroup) and met dirty ones of files wakes the flusher
   * for them and tries again after 100 ms, so many times (Gorman 2010, not merged); 0: it writes or
   * waits for whatever is in the way, once.
   */
  readonly cleanRounds: number;
  /** xfs writes for kswapd, if not for direct reclaim (2.6.36; refused in 2.6.35). */
  readonly fsServesKswapd: boolean;
  readonly nap: Nap;
  /** Scan amounts under a batch are carried over to the next pass (nr_saved_scan, until 2.6.39). */
  readonly carriesScan: boolean;
  /** mm_vmscan_wakeup_kswapd is traced while kswapd is awake too (until 2.6.37). */
  readonly tracesEveryWake: boolean;
  /** kswapd scans at least a batch of each list, however small its zone (3.0, until 3.3 [M]). */
  readonly kswapdForcesScan: boolean;
  /** kswapd leaves a zone alone a little above its high watermark, not at eight times it (2.6.39). */
  readonly balanceGap: boolean;
  /** Zones with a quarter of a node's pages are enough for a high order (2.6.38). */
  readonly quarterSuffices: boolean;
  /** A batch mostly under write-back throttles whoever reclaims (3.2 to 3.10). */
  readonly throttlesOnWriteback: boolean;
  /** Batches mark their zone or node dirty, under write-back or congested (3.11 [M]). */
  readonly hasFlags: boolean;
  /** Direct reclaim pauses after each batch rather than each priority (3.11). */
  readonly pausesPerBatch: boolean;
  /** Pages met under write-back go to the active list, marked (4.11). */
  readonly activatesBusy: boolean;
  /** A marked page that came clean is rotated from the active list too (4.11). */
  readonly rotatesActive: boolean;
  /** Reclaim of a cgroup waits for pages that it meets under write-back a second time (3.6). */
  readonly groupsWait: boolean;
  /** Inactive file lists are kept by the ratio that anonymous ones are kept by (4.7 [M]). */
  readonly fileRatio: boolean;
  /** Anonymous pages are let be while there are enough inactive file pages (3.9). */
  readonly sparesAnon: boolean;
  /** A file page mapped as a program's text is activated at its first reference (3.3). */
  readonly keepsExecutables: boolean;
  /** Dirty pages are spread over zones (3.3) or nodes (4.8) by the allocator. */
  readonly spreadsDirty: boolean;
  /** Attempts without any progress before the OOM killer comes; 16 since 4.7. */
  readonly retries: number;
  /** Direct reclaim counts as progress while some zone can be reclaimed (2.6.36 to 4.6). */
  readonly sparesReclaimable: boolean;
  /** kswapd's pass has the high watermark as its goal, takes no naps, and stops at priority 1 (3.11). */
  readonly kswapdHasGoal: boolean;
  /** kswapd gives its node up after 16 runs that freed nothing, until someone frees a page (4.12). */
  readonly kswapdGivesUp: boolean;
  /** Anonymous pages count as memory that might be dirtied, while there is swap (until 3.13). */
  readonly anonIsDirtyable: boolean;
  /** Fresh anonymous pages begin on the inactive list (5.9). */
  readonly anonStartsInactive: boolean;
}

/** The rules of a version, a number of `sim/kernel-version.ts`. */
export function reclaimRules(kernel: number): ReclaimRules {
  const since = (major: number, minor: number, patch = 0) => kernel >= version(major, minor, patch);
  return {
    perNode: since(4, 8),
    isLumpy: !since(3, 5),
    cleanRounds: 0,
    fsServesKswapd: !since(2, 6, 35) || since(2, 6, 36),
    nap: since(5, 16)
      ? 'reclaim_throttle'
      : since(2, 6, 37)
        ? 'wait_iff_congested'
        : 'congestion_wait',
    carriesScan: !since(3, 0),
    tracesEveryWake: !since(2, 6, 38),
    kswapdForcesScan: since(3, 0) && !since(3, 4),
    balanceGap: since(2, 6, 39),
    quarterSuffices: since(2, 6, 38),
    throttlesOnWriteback: since(3, 2) && !since(3, 11),
    hasFlags: since(3, 11),
    pausesPerBatch: since(3, 11),
    activatesBusy: since(4, 11),
    rotatesActive: since(4, 11),
    groupsWait: since(3, 6),
    fileRatio: since(4, 7),
    sparesAnon: since(3, 9),
    keepsExecutables: since(3, 3),
    spreadsDirty: since(3, 3),
    retries: since(4, 7) ? 16 : 0,
    sparesReclaimable: since(2, 6, 36) && !since(4, 7),
    kswapdHasGoal: since(3, 11),
    kswapdGivesUp: since(4, 12),
    anonIsDirtyable: !since(3, 14),
    anonStartsInactive: since(5, 9),
  };
}

/** The way out that a version has, by name. */
export function wayOfKernel(kernel: number): string {
  if (kernel >= version(6, 16)) return 'linux-6.16';
  if (kernel >= version(4, 11)) return 'linux-4.11';
  if (kernel >= version(3, 11)) return 'linux-3.11';
  return kernel >= version(3, 2) ? 'linux-3.2' : 'linux-2.6.34';
}

/** The generation of the block layer that a version has: plugs by task since 2.6.39, blk-mq [M] since 4.3. */
export function blockGenerationOf(kernel: number): string {
  if (kernel >= version(4, 3)) return 'mq';
  return kernel >= version(2, 6, 39) ? '3.x' : '2.6.34';
}

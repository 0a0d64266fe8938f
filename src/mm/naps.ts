/**
 * What reclaim sleeps in when it goes faster than pages come clean, by version: congestion_wait,
 * wait_iff_congested (2.6.37), reclaim_throttle (5.16).
 */

import { MS } from '../sim/units.ts';
import { type Sleeping, WaitQueue } from '../sim/task.ts';
import type { Domain } from './lru.ts';
import type { Memory } from './memory.ts';
import type { ScanControl } from './scan-control.ts';
import { DEF_PRIORITY, SWAP_CLUSTER_MAX } from './vm-options.ts';

/** Why reclaim_throttle sleeps, and for how long at most, ns. */
export const Throttle = {
  writeback: 100 * MS,
  congested: 1 * MS,
  noProgress: 100 * MS,
  isolated: 20 * MS,
} as const;

/** Pages under write-back in a batch of `taken` from which on reclaim of 3.2 waits. */
export function throttleThreshold(taken: number, priority: number): number {
  return taken >> (DEF_PRIORITY - priority);
}

export class Naps {
  readonly #memory: Memory;
  /** Sleepers of reclaim_throttle(WRITEBACK), and pages cleaned since the first of them slept. */
  readonly #forWriteback: WaitQueue;
  #cleanedBefore = 0;

  constructor(memory: Memory) {
    this.#memory = memory;
    this.#forWriteback = new WaitQueue(memory.scheduler, 'reclaim_throttle');
    memory.onCleaned = () => this.#cleaned();
  }

  /** A timed sleep of up to 100 ms that ends early when a queue leaves congestion. */
  *timed(): Sleeping<void> {
    yield* this.#memory.congestionWait(false, 100 * MS);
  }

  /** wait_iff_congested: sleeps only while the queue and the domain are congested. */
  *ifCongested(domain: Domain): Sleeping<void> {
    const memory = this.#memory;
    const who = memory.isKswapd[memory.scheduler.current.id] ? 1 : 0;
    memory.stat.conditionalWaits[who]++;
    if (!domain.isCongested || !memory.isAnyCongested) return;
    const started = memory.events.nowNs;
    yield* memory.congestionWait(false, 100 * MS);
    memory.stat.conditionalWaitNs[who] += memory.events.nowNs - started;
  }

  /** reclaim_throttle, for a reason of `Throttle`. */
  *throttle(reason: number): Sleeping<void> {
    const memory = this.#memory;
    const who = memory.isKswapd[memory.scheduler.current.id] ? 1 : 0;
    const started = memory.events.nowNs;
    memory.goesToSleep();
    if (reason === Throttle.writeback) {
      if (this.#forWriteback.length === 0) this.#cleanedBefore = cleanedPages(memory);
      yield* this.#forWriteback.waitNs(reason);
    } else {
      yield* memory.scheduler.sleepNs(reason, 'reclaim_throttle');
    }
    memory.stat.reclaimThrottles[who]++;
    memory.stat.reclaimThrottleNs[who] += memory.events.nowNs - started;
  }

  /** acct_reclaim_writeback: enough pages came clean for those who sleep. */
  #cleaned(): void {
    const sleepers = this.#forWriteback.length;
    if (sleepers === 0) return;
    const cleaned = cleanedPages(this.#memory) - this.#cleanedBefore;
    if (cleaned > SWAP_CLUSTER_MAX * sleepers) this.#forWriteback.wakeAll();
  }

  /** After a direct pass at some priority that did not reach its goal (do_try_to_free_pages). */
  *afterPass(sc: ScanControl): Sleeping<void> {
    const { rules } = this.#memory;
    if (rules.nap === 'reclaim_throttle') {
      if (sc.priority === 1 && sc.reclaimed === 0) yield* this.throttle(Throttle.noProgress);
      return;
    }
    if (rules.pausesPerBatch || sc.passScanned === 0 || sc.priority >= DEF_PRIORITY - 2) return;
    if (rules.nap === 'congestion_wait') yield* this.timed();
    else yield* this.ifCongested(sc.domain);
  }

  /** After a batch: what shrink_inactive_list makes of its counts. */
  *afterBatch(sc: ScanControl): Sleeping<void> {
    const { rules } = this.#memory;
    if (rules.throttlesOnWriteback) {
      const busy = sc.batchWriteback;
      if (busy > 0 && busy >= throttleThreshold(sc.batchTaken, sc.priority)) {
        yield* this.ifCongested(sc.domain);
      }
    }
    if (!rules.hasFlags) {
      // Since 2.6.37 a batch whose dirty pages are all of a congested device marks its zone.
      if (rules.nap !== 'congestion_wait') markCongested(sc);
      return;
    }
    markBatch(sc);
    const isThrottle = rules.nap === 'reclaim_throttle';
    // Pages go round the list faster than they come clean.
    if (sc.batchImmediate > 0) yield* isThrottle ? this.throttle(Throttle.writeback) : this.timed();
    if (sc.isKswapd) return;
    if (!isThrottle) yield* this.ifCongested(sc.domain);
    else if (sc.domain.isCongested) yield* this.throttle(Throttle.congested);
  }

  /** Too many pages of a list are off it (too_many_isolated). */
  *tooManyIsolated(): Sleeping<void> {
    if (this.#memory.rules.nap === 'reclaim_throttle') yield* this.throttle(Throttle.isolated);
    else yield* this.timed();
  }
}

/** Pages whose write-back has ended. */
function cleanedPages({ stat }: Memory): number {
  return stat.pagesWritten + stat.pswpout;
}

function markCongested(sc: ScanControl): void {
  if (sc.batchDirty > 0 && sc.batchDirty === sc.batchCongested) sc.domain.isCongested = true;
}

function markBatch(sc: ScanControl): void {
  const { domain } = sc;
  if (sc.batchWriteback > 0 && sc.batchWriteback === sc.batchTaken) domain.isUnderWriteback = true;
  if (sc.batchBusy > 0 && sc.batchBusy === sc.batchCongested) domain.isCongested = true;
  if (sc.batchUnqueued > 0 && sc.batchUnqueued === sc.batchTaken) domain.isDirty = true;
}

/** Getting page frames: the fast path, kswapd's wake-up, direct reclaim (__alloc_pages_slowpath). */

import { MS } from '../sim/units.ts';
import type { Sleeping } from '../sim/task.ts';
import type { Kswapd } from './kswapd.ts';
import type { Memory } from './memory.ts';
import type { Reclaim } from './reclaim.ts';

/** Nothing is left that could ever be reclaimed: the programs need more than the machine has. */
export class OutOfMemoryError extends Error {
  override readonly name = 'OutOfMemoryError';
}

export class PageAllocator {
  readonly #memory: Memory;
  readonly #kswapd: Kswapd;
  readonly #reclaim: Reclaim;

  constructor(memory: Memory, kswapd: Kswapd, reclaim: Reclaim) {
    this.#memory = memory;
    this.#kswapd = kswapd;
    this.#reclaim = reclaim;
  }

  /** A block of 2^order frames if there is one above the low watermark, else -1. */
  tryFast(order: number): number {
    return this.#take(order, this.#memory.zone.low);
  }

  /**
   * A block of 2^order frames; reclaims for it if it must, and keeps trying (__GFP_REPEAT).
   * @returns its first frame
   * @throws OutOfMemoryError when no page is left to reclaim
   */
  *take(order: number): Sleeping<number> {
    const fast = this.tryFast(order);
    if (fast >= 0) return fast;
    const memory = this.#memory;
    const { zone } = memory;
    for (;;) {
      this.#kswapd.wake(order);
      const early = this.#take(order, zone.min);
      if (early >= 0) return early;
      const reclaimed = yield* this.#reclaim.direct(order);
      const late = this.#take(order, zone.min);
      if (late >= 0) return late;
      if (zone.reclaimable + memory.nrIsolated + memory.nrWriteback === 0) {
        throw new OutOfMemoryError(
          `no memory left: ${zone.buddy.freePages} of ${memory.options.pages} pages are free and ` +
            'none can be reclaimed; the programs need more memory than the machine has',
        );
      }
      const started = memory.events.nowNs;
      yield* memory.congestionWait(false, (reclaimed > 0 ? 20 : 100) * MS);
      memory.stat.stalledDirectNs += memory.events.nowNs - started;
    }
  }

  /** The same with one reclaim at most (__GFP_NORETRY). @returns -1 when that was not enough */
  *tryTake(order: number): Sleeping<number> {
    const fast = this.tryFast(order);
    if (fast >= 0) return fast;
    this.#kswapd.wake(order);
    const early = this.#take(order, this.#memory.zone.min);
    if (early >= 0) return early;
    yield* this.#reclaim.direct(order);
    return this.#take(order, this.#memory.zone.min);
  }

  #take(order: number, mark: number): number {
    const { zone } = this.#memory;
    return zone.watermarkOk(order, mark) ? zone.buddy.take(order) : -1;
  }
}

/** kswapd: keeps the zone above its high watermark (balance_pgdat of 2.6.34). */

import { MS } from '../sim/units.ts';
import { type Sleeping, type TaskBody, WaitQueue } from '../sim/task.ts';
import type { Memory } from './memory.ts';
import { type Reclaim, scanControl } from './reclaim.ts';
import { DEF_PRIORITY, SWAP_CLUSTER_MAX } from './vm-options.ts';

export class Kswapd {
  readonly #memory: Memory;
  readonly #reclaim: Reclaim;
  readonly #sleepers: WaitQueue;
  #wantedOrder = 0;
  #awakeSinceNs = -1;

  constructor(memory: Memory, reclaim: Reclaim) {
    this.#memory = memory;
    this.#reclaim = reclaim;
    this.#sleepers = new WaitQueue(memory.scheduler, 'kswapd idle');
  }

  /** wakeup_kswapd: an allocation of 2^order pages found the zone low. */
  wake(order: number): void {
    const { zone } = this.#memory;
    if (zone.watermarkOk(order, zone.low)) return;
    this.#memory.stat.wakeupKswapd++;
    this.#wantedOrder = Math.max(this.#wantedOrder, order);
    this.#sleepers.wakeOne();
  }

  /** Time awake so far, ns. */
  awakeNs(): number {
    const since = this.#awakeSinceNs;
    const { stat, events } = this.#memory;
    return stat.kswapdAwakeNs + (since < 0 ? 0 : events.nowNs - since);
  }

  /** The thread's body; never ends. */
  *run(): TaskBody {
    const { stat, events, zone } = this.#memory;
    for (;;) {
      if (this.#wantedOrder === 0 && zone.watermarkOk(0, zone.high)) {
        yield* this.#sleepers.wait();
      } else if (zone.allUnreclaimable) {
        // Given up until a page is freed; whoever needs one will ask again.
        yield* this.#sleepers.wait();
      }
      stat.kswapdWakeups++;
      this.#awakeSinceNs = events.nowNs;
      const order = this.#wantedOrder;
      this.#wantedOrder = 0;
      stat.pageoutrun++;
      yield* this.#balance(order);
      stat.kswapdAwakeNs += events.nowNs - this.#awakeSinceNs;
      this.#awakeSinceNs = -1;
    }
  }

  /** balance_pgdat. */
  *#balance(wantedOrder: number): Sleeping<void> {
    const memory = this.#memory;
    const { zone } = memory;
    let order = wantedOrder;
    for (;;) {
      const sc = scanControl(true, order);
      let isBalanced = false;
      for (sc.priority = DEF_PRIORITY; sc.priority >= 0; sc.priority--) {
        isBalanced = zone.watermarkOk(order, zone.high);
        if (isBalanced) break;
        if (zone.allUnreclaimable && sc.priority !== DEF_PRIORITY) continue;
        const reclaimedBefore = sc.reclaimed;
        yield* this.#reclaim.shrinkZone(sc);
        if (sc.reclaimed === reclaimedBefore && zone.pagesScanned >= 6 * zone.reclaimable) {
          zone.allUnreclaimable = true;
        }
        // Under the low mark of the emergency reserve kswapd does not nap.
        if (sc.scanned > 0 && sc.priority < DEF_PRIORITY - 2 && zone.watermarkOk(order, zone.min)) {
          yield* memory.congestionWait(false, 100 * MS);
        }
        if (sc.reclaimed >= SWAP_CLUSTER_MAX) break;
      }
      if (isBalanced) zone.isDirty = false;
      if (isBalanced || zone.allUnreclaimable) return;
      // Memory may be too fragmented for the order: settle for single pages.
      if (sc.reclaimed < SWAP_CLUSTER_MAX) order = 0;
      yield* memory.useCpu(memory.options.cpu.scanPageNs);
    }
  }
}

/** kswapd: keeps a node's zones above their high watermarks (balance_pgdat). */

import { MS } from '../sim/units.ts';
import { type Sleeping, type TaskBody, WaitQueue } from '../sim/task.ts';
import type { Domain } from './lru.ts';
import { Kind } from './lru.ts';
import type { Memory } from './memory.ts';
import type { Reclaim } from './reclaim.ts';
import { isInactiveLow } from './scan-amounts.ts';
import { type ScanControl, scanControl } from './scan-control.ts';
import type { Node } from './topology.ts';
import { DEF_PRIORITY, SWAP_CLUSTER_MAX, TICK_NS } from './vm-options.ts';
import type { ZoneType } from './zone.ts';

/** Zones with more than so many times their high watermark free are not scanned. */
const PLENTY = 8;

export class Kswapd {
  readonly node: Node;
  readonly #memory: Memory;
  readonly #reclaim: Reclaim;
  readonly #sleepers: WaitQueue;
  readonly #domains: readonly Domain[];
  #wantedOrder = 0;
  #isWanted = false;
  #awakeSinceNs = -1;

  constructor(memory: Memory, reclaim: Reclaim, node: Node) {
    this.node = node;
    this.#memory = memory;
    this.#reclaim = reclaim;
    this.#sleepers = new WaitQueue(memory.scheduler, 'kswapd idle');
    this.#domains = [...new Set(node.zones.map(({ domain }) => domain))];
  }

  /** wakeup_kswapd: an allocation of 2^order pages found no zone above its low watermark. */
  wake(order: number, type: ZoneType): void {
    if (!this.#isLow(order, type)) return;
    this.#memory.stat.wakeupKswapd++;
    if (order > this.#wantedOrder) this.#wantedOrder = order;
    this.#isWanted = true;
    this.#sleepers.wakeOne();
  }

  // These are asked for every page when memory is short: plain loops, which allocate nothing.
  #isLow(order: number, type: ZoneType): boolean {
    for (const zone of this.node.zones) {
      if (zone.type <= type && !zone.watermarkOk(order, zone.low, type)) return true;
    }
    return false;
  }

  /** Time awake so far, ns. */
  awakeNs(): number {
    return this.#awakeSinceNs < 0 ? 0 : this.#memory.events.nowNs - this.#awakeSinceNs;
  }

  /** The thread's body; never ends. */
  *run(): TaskBody {
    const { stat, events, scheduler, isKswapd } = this.#memory;
    isKswapd[scheduler.current.id] = true;
    yield* this.#sleepers.wait();
    for (;;) {
      stat.kswapdWakeups++;
      this.#awakeSinceNs = events.nowNs;
      do {
        const order = this.#wantedOrder;
        this.#wantedOrder = 0;
        this.#isWanted = false;
        yield* this.#balance(order);
      } while (this.#isWanted && !this.#isBalanced(this.#wantedOrder));
      // A nap first: only if the zones are still balanced after it does kswapd sleep for long.
      yield* this.#sleepers.waitNs(100 * MS);
      if (!this.#isBalanced(this.#wantedOrder)) {
        stat.kswapdLowWmarkHitQuickly++;
        this.#keepAwakeTime();
        continue;
      }
      this.#keepAwakeTime();
      this.#isWanted = false;
      stat.kswapdSleeps++;
      yield* this.#sleepers.wait();
    }
  }

  #keepAwakeTime(): void {
    this.#memory.stat.kswapdAwakeNs += this.awakeNs();
    this.#awakeSinceNs = -1;
  }

  /** Whether every zone that has not been given up is above its high watermark. */
  #isBalanced(order: number): boolean {
    const { perNode } = this.#memory.rules;
    const { zones, type } = this.node;
    let isAnyOk = false;
    let areAllOk = true;
    for (const zone of zones) {
      const isOk = zone.watermarkOk(order, zone.high, type);
      if (isOk) isAnyOk = true;
      if (!isOk && !zone.domain.allUnreclaimable) areAllOk = false;
    }
    return areAllOk || (perNode && isAnyOk);
  }

  /** balance_pgdat. */
  *#balance(wantedOrder: number): Sleeping<void> {
    const memory = this.#memory;
    let order = wantedOrder;
    for (;;) {
      memory.stat.pageoutrun++;
      const sc = scanControl(true, order, this.#domains[0]);
      const lowest = memory.rules.kswapdHasGoal ? 1 : 0;
      let isBalanced = false;
      for (sc.priority = DEF_PRIORITY; sc.priority >= lowest; sc.priority--) {
        isBalanced = this.#isBalanced(order);
        if (isBalanced) break;
        sc.passScanned = 0;
        yield* this.#pass(sc);
        isBalanced = this.#isBalanced(order);
        if (isBalanced) break;
        if (memory.rules.kswapdNaps) yield* this.#nap(sc);
        if (sc.reclaimed >= SWAP_CLUSTER_MAX) break;
      }
      if (isBalanced) {
        for (const domain of this.#domains) domain.clearMarks();
        return;
      }
      // Memory may be too fragmented for the order: settle for single pages.
      if (sc.reclaimed < SWAP_CLUSTER_MAX) order = 0;
      yield* memory.useCpu(sc.reclaimed > 0 ? memory.options.cpu.scanPageNs : TICK_NS);
    }
  }

  /** One priority: the domains up to the highest zone that is low, each unless it has plenty. */
  *#pass(sc: ScanControl): Sleeping<void> {
    const memory = this.#memory;
    const { zones, type } = this.node;
    const { order } = sc;
    let highest = zones.length - 1;
    while (highest >= 0 && zones[highest].watermarkOk(order, zones[highest].high, type)) highest--;
    let last: Domain | undefined;
    for (let i = 0; i <= highest; i++) {
      const zone = zones[i];
      const { domain } = zone;
      // The zones of a node that is reclaimed as one lie together.
      if (domain === last) continue;
      if (domain.allUnreclaimable && sc.priority !== DEF_PRIORITY) continue;
      if (zone.watermarkOk(order, PLENTY * zone.high, type)) continue;
      last = domain;
      for (const lruvec of domain.lruvecs) {
        if (memory.canSwap && isInactiveLow(memory, lruvec, Kind.anon)) {
          yield* this.#reclaim.shrinkActive(lruvec, Kind.anon, SWAP_CLUSTER_MAX);
        }
      }
      if (memory.rules.kswapdHasGoal) sc.goal = Math.max(SWAP_CLUSTER_MAX, domain.highMark);
      const before = sc.reclaimed;
      yield* this.#reclaim.shrinkDomain(domain, sc);
      domain.isUnderWriteback = false;
      const pages = domain.filePages + (memory.canSwap ? domain.anonPages : 0);
      if (sc.reclaimed === before && domain.pagesScanned >= 6 * pages) {
        domain.allUnreclaimable = true;
      }
    }
  }

  /** The nap between two priorities, unless a zone is so low that there is no time for one. */
  *#nap(sc: ScanControl): Sleeping<void> {
    const memory = this.#memory;
    if (sc.passScanned === 0 || sc.priority >= DEF_PRIORITY - 2) return;
    const { zones, type } = this.node;
    for (const zone of zones) {
      if (zone.watermarkOk(sc.order, zone.min, type)) continue;
      memory.stat.kswapdSkipCongestionWait++;
      return;
    }
    yield* this.#reclaim.naps.timed();
  }
}

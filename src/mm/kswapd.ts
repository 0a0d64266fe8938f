/** kswapd: keeps a node's zones above their high watermarks (balance_pgdat). */

import { MS } from '../sim/units.ts';
import { type Sleeping, type TaskBody, WaitQueue } from '../sim/task.ts';
import type { ReclaimRules } from './kernel.ts';
import type { Domain } from './lru.ts';
import { Kind } from './lru.ts';
import type { Memory } from './memory.ts';
import type { Reclaim } from './reclaim.ts';
import { isInactiveLow } from './scan-amounts.ts';
import type { ScanControl } from './scan-control.ts';
import type { Node } from './topology.ts';
import { DEF_PRIORITY, SWAP_CLUSTER_MAX, TICK_NS } from './vm-options.ts';
import { Reclaimer } from './vm-stat.ts';
import { type Zone, ZoneType } from './zone.ts';

/** MAX_RECLAIM_RETRIES. */
const MAX_FAILURES = 16;

export class Kswapd {
  readonly node: Node;
  readonly #memory: Memory;
  readonly #reclaim: Reclaim;
  readonly #sleepers: WaitQueue;
  readonly #domains: readonly Domain[];
  #wantedOrder = 0;
  /** Runs in a row that freed nothing, and what others had freed when the last of them ended. */
  #failures = 0;
  #freedByOthers = 0;
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
    if (this.#hasGivenUp || !this.#isLow(order, type)) return;
    if (order > this.#wantedOrder) this.#wantedOrder = order;
    const { stat, rules } = this.#memory;
    const sleeps = this.#sleepers.length > 0;
    if (sleeps || rules.tracesEveryWake) stat.wakeupKswapd++;
    if (sleeps) this.#sleepers.wakeOne();
  }

  get #hasGivenUp(): boolean {
    if (this.#failures < MAX_FAILURES) return false;
    const { rules, stat } = this.#memory;
    return rules.kswapdGivesUp && stat.pgsteal[Reclaimer.direct] === this.#freedByOthers;
  }

  // Asked for every page when memory is short: a plain loop, which allocates nothing.
  #isLow(order: number, type: ZoneType): boolean {
    const { perNode } = this.#memory.rules;
    for (const zone of this.node.zones) {
      if (zone.type > type) continue;
      if (!zone.watermarkOk(order, zone.low, perNode ? type : ZoneType.dma)) return true;
    }
    return false;
  }

  /** Time awake so far, ns. */
  awakeNs(): number {
    return this.#awakeSinceNs < 0 ? 0 : this.#memory.events.nowNs - this.#awakeSinceNs;
  }

  /** The thread's body; never ends. */
  *run(): TaskBody {
    const { events, scheduler, stat, isKswapd } = this.#memory;
    isKswapd[scheduler.current.id] = true;
    yield* this.#sleepers.wait();
    for (let order = 0; ;) {
      if (this.#awakeSinceNs < 0) this.#awakeSinceNs = events.nowNs;
      // What is wanted while it works at less is taken up before it thinks of sleep.
      do {
        order = this.#wantedOrder;
        this.#wantedOrder = 0;
        stat.kswapdWakeups++;
        yield* this.#balance(order);
      } while (this.#wantedOrder > order);
      yield* this.#tryToSleep(order);
    }
  }

  /** kswapd_try_to_sleep: a nap first, and for long only if the zones are still balanced after it. */
  *#tryToSleep(order: number): Sleeping<void> {
    const { stat } = this.#memory;
    if (!this.#mayEnd(order)) {
      stat.kswapdHighWmarkHitQuickly++;
      return;
    }
    const wasWoken = yield* this.#sleepers.waitNs(100 * MS);
    if (wasWoken || !this.#mayEnd(order)) {
      stat.kswapdLowWmarkHitQuickly++;
      return;
    }
    this.#keepAwakeTime();
    stat.kswapdSleeps++;
    yield* this.#sleepers.wait();
  }

  #mayEnd(order: number): boolean {
    return this.#hasGivenUp || this.#isBalanced(order);
  }

  #keepAwakeTime(): void {
    this.#memory.stat.kswapdAwakeNs += this.awakeNs();
    this.#awakeSinceNs = -1;
  }

  /**
   * Whether kswapd may sleep (sleeping_prematurely, pgdat_balanced): for single pages every zone that
   * has not been given up must be above its high watermark, with nothing kept back for its own
   * class; for a high order, from 2.6.38 on, zones with a quarter of the node; for a node that is
   * reclaimed as one, any zone, as an allocation sees it.
   */
  #isBalanced(order: number): boolean {
    const { perNode, quarterSuffices } = this.#memory.rules;
    const { zones, type } = this.node;
    let all = 0;
    let balanced = 0;
    let areAllOk = true;
    for (const zone of zones) {
      all += zone.pages;
      const isOk = zone.watermarkOk(order, zone.high, perNode ? type : zone.type);
      if (isOk && perNode) return true;
      if (isOk || zone.domain.allUnreclaimable) balanced += zone.pages;
      else areAllOk = false;
    }
    return areAllOk || (order > 0 && quarterSuffices && balanced > all >> 2);
  }

  #balance(order: number): Sleeping<void> {
    return this.#memory.rules.kswapdHasGoal ? this.#reachGoal(order) : this.#untilBalanced(order);
  }

  /** balance_pgdat before 3.11: back to the gentlest priority after each pass that freed a batch. */
  *#untilBalanced(wantedOrder: number): Sleeping<void> {
    const memory = this.#memory;
    for (let order = wantedOrder; ;) {
      const sc = this.#control(order);
      if (yield* this.#round(sc)) break;
      // Memory may be too fragmented for the order: settle for single pages.
      if (sc.reclaimed < SWAP_CLUSTER_MAX) order = 0;
      yield* memory.useCpu(sc.reclaimed > 0 ? memory.options.cpu.scanPageNs : TICK_NS);
    }
    this.#clearMarks();
  }

  /** Priorities 12 down to 0, until a batch was freed; whether there is nothing left to do. */
  *#round(sc: ScanControl): Sleeping<boolean> {
    for (sc.priority = DEF_PRIORITY; sc.priority >= 0; sc.priority--) {
      const highest = this.#highestLow(sc);
      if (highest < 0 || (yield* this.#pass(sc, highest))) return true;
      yield* this.#nap(sc, highest);
      if (sc.reclaimed >= SWAP_CLUSTER_MAX) break;
    }
    return false;
  }

  /**
   * balance_pgdat since 3.11: the priority falls only when a pass freed nothing, or looked at fewer
   * pages than would have been enough. The caller calls again while it is wanted.
   */
  *#reachGoal(order: number): Sleeping<void> {
    const memory = this.#memory;
    const sc = this.#control(order);
    for (sc.priority = DEF_PRIORITY; sc.priority >= 1;) {
      const highest = memory.rules.perNode ? this.node.zones.length - 1 : this.#highestLow(sc);
      if (highest < 0 || this.#isBalanced(sc.order)) {
        this.#clearMarks();
        return;
      }
      const before = sc.reclaimed;
      sc.couldReachGoal = false;
      yield* this.#pass(sc, highest);
      const freed = sc.reclaimed - before;
      // Enough of them for two such blocks: whatever is still missing is not pages.
      if (sc.order > 0 && freed >= 2 << sc.order) sc.order = 0;
      if (!sc.couldReachGoal || freed === 0) sc.priority--;
      yield* memory.useCpu(freed > 0 ? memory.options.cpu.scanPageNs : TICK_NS);
    }
    if (sc.reclaimed > 0) this.#failures = 0;
    else {
      this.#failures++;
      this.#freedByOthers = memory.stat.pgsteal[Reclaimer.direct];
    }
  }

  #control(order: number): ScanControl {
    this.#memory.stat.pageoutrun++;
    return this.#reclaim.control(true, order, this.#domains[0]);
  }

  #clearMarks(): void {
    for (const domain of this.#domains) domain.clearMarks();
  }

  /** The highest zone that is below its high watermark, of those not given up; -1 for none. */
  #highestLow({ order, priority }: ScanControl): number {
    const { zones } = this.node;
    for (let i = zones.length - 1; i >= 0; i--) {
      const zone = zones[i];
      if (zone.domain.allUnreclaimable && priority !== DEF_PRIORITY) continue;
      if (!zone.watermarkOk(order, zone.high, ZoneType.dma)) return i;
    }
    return -1;
  }

  /**
   * One priority: the zones up to the highest one that is low, each unless it has plenty.
   * @returns whether they are all above their high watermarks now, as an allocation from the highest
   *   of them sees it
   */
  *#pass(sc: ScanControl, highest: number): Sleeping<boolean> {
    const memory = this.#memory;
    const { rules } = memory;
    const { zones } = this.node;
    const { type } = zones[highest];
    let balanced = 0;
    let areAllOk = true;
    let last: Domain | undefined;
    for (let i = 0; i <= highest; i++) {
      const zone = zones[i];
      const { domain } = zone;
      const isGivenUp = domain.allUnreclaimable && sc.priority !== DEF_PRIORITY;
      if (isGivenUp) continue;
      // The zones of a node that is reclaimed as one lie together.
      if (
        domain !== last &&
        (rules.perNode || !zone.watermarkOk(sc.order, plenty(zone, rules), type))
      ) {
        yield* this.#shrink(domain, sc);
      }
      last = domain;
      if (domain.allUnreclaimable) continue;
      if (zone.watermarkOk(sc.order, zone.high, type)) {
        balanced += zone.pages;
        domain.isCongested = false;
      } else areAllOk = false;
    }
    if (areAllOk || sc.order === 0 || !rules.quarterSuffices) return areAllOk;
    return balanced > zones.reduce((pages, zone) => pages + zone.pages, 0) >> 2;
  }

  *#shrink(domain: Domain, sc: ScanControl): Sleeping<void> {
    const memory = this.#memory;
    for (const lruvec of domain.lruvecs) {
      if (memory.canSwap && isInactiveLow(memory, lruvec, Kind.anon)) {
        yield* this.#reclaim.shrinkActive(lruvec, Kind.anon, SWAP_CLUSTER_MAX);
      }
    }
    const { reclaimed, passScanned } = sc;
    if (memory.rules.kswapdHasGoal)
      sc.goal = reclaimed + Math.max(SWAP_CLUSTER_MAX, domain.highMark);
    yield* this.#reclaim.shrinkDomain(domain, sc);
    if (sc.passScanned - passScanned >= sc.goal - reclaimed) sc.couldReachGoal = true;
    domain.isUnderWriteback = false;
    const pages = domain.filePages + (memory.canSwap ? domain.anonPages : 0);
    if (sc.reclaimed === reclaimed && domain.pagesScanned >= 6 * pages) {
      domain.allUnreclaimable = true;
    }
  }

  /** The nap between two priorities, unless a zone is so low that there is no time for one. */
  *#nap(sc: ScanControl, highest: number): Sleeping<void> {
    const memory = this.#memory;
    if (sc.scanned === 0 || sc.priority >= DEF_PRIORITY - 2) return;
    const { zones } = this.node;
    for (let i = 0; i <= highest; i++) {
      const { domain } = zones[i];
      if (domain.allUnreclaimable) continue;
      if (zones[i].watermarkOk(sc.order, zones[i].min, zones[highest].type)) continue;
      memory.stat.kswapdSkipCongestionWait++;
      return;
    }
    yield* this.#reclaim.naps.timed();
  }
}

/**
 * Free pages from which on kswapd leaves a zone alone: 8 x its high watermark; since 2.6.39 only so
 * much above it as its low watermark or a hundredth of the zone, so that small zones are not emptied
 * (8afdcece4911).
 */
function plenty(zone: Zone, rules: ReclaimRules): number {
  if (!rules.balanceGap) return 8 * zone.high;
  return zone.high + Math.min(zone.low, Math.ceil(zone.pages / 100));
}

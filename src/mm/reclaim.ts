/**
 * Page reclaim (mm/vmscan.c): passes over the LRU lists of zones or nodes at falling priorities,
 * batches of 32 off the tail of the inactive lists, and for each page what its state asks for.
 */

import type { Sleeping } from '../sim/task.ts';
import type { Eviction } from './eviction.ts';
import type { Flushers } from './flushers.ts';
import { isolate } from './isolate.ts';
import { type Domain, Kind, Lru, type LruVec } from './lru.ts';
import type { Memory } from './memory.ts';
import { Naps } from './naps.ts';
import { Page } from './page-table.ts';
import type { PageoutWay } from './pageout/way.ts';
import { isInactiveLow, scanAmounts } from './scan-amounts.ts';
import { type ScanControl, scanControl } from './scan-control.ts';
import { PageShrinker } from './shrink-pages.ts';
import type { Node } from './topology.ts';
import { COSTLY_ORDER, DEF_PRIORITY, SWAP_CLUSTER_MAX } from './vm-options.ts';
import { Reclaimer } from './vm-stat.ts';

/** Pages scanned by one direct reclaim from which on 2.6.34 wakes the flusher: 1.5 x its goal. */
const WRITEBACK_THRESHOLD = SWAP_CLUSTER_MAX + (SWAP_CLUSTER_MAX >> 1);

/** A pass that has nothing to do: an iterator at its end, for `yield*`. */
const NOTHING = nothing();
NOTHING.next();

export class Reclaim {
  readonly memory: Memory;
  readonly flusher: Flushers;
  readonly eviction: Eviction;
  readonly way: PageoutWay;
  readonly naps: Naps;
  readonly #shrinker: PageShrinker;
  readonly #batches: Int32Array[] = [];
  readonly #amounts: Int32Array[] = [];

  constructor(memory: Memory, flusher: Flushers, eviction: Eviction, way: PageoutWay) {
    this.memory = memory;
    this.flusher = flusher;
    this.eviction = eviction;
    this.way = way;
    this.naps = new Naps(memory);
    this.#shrinker = new PageShrinker(this);
  }

  /** A reclaim run's control; `group` as for `scanControl`. */
  control(isKswapd: boolean, order: number, domain: Domain, group = -1): ScanControl {
    const sc = scanControl(isKswapd, order, domain, group);
    sc.mayWritepage = !this.memory.options.laptopMode;
    return sc;
  }

  /**
   * try_to_free_pages: an allocation of 2^order pages reclaims for itself.
   * @returns pages it freed; 0 when there was no progress, and 1 when there was none but it may come
   */
  *direct(node: Node, order: number): Sleeping<number> {
    const { memory } = this;
    const started = memory.events.nowNs;
    const sc = this.control(false, order, node.zonelist[0].domain);
    memory.stat.allocstall++;
    yield* this.#tryToFree(sc, node.domains);
    memory.stat.stalledDirectNs += memory.events.nowNs - started;
    if (sc.reclaimed > 0) return sc.reclaimed;
    memory.stat.noProgress++;
    return memory.rules.sparesReclaimable && !sc.allUnreclaimable ? 1 : 0;
  }

  /**
   * try_to_free_mem_cgroup_pages: a memory cgroup is at its limit, and whoever needs a page of it
   * reclaims; there is no kswapd for it.
   * @returns pages it freed
   */
  *group(group: number): Sleeping<number> {
    const { memory } = this;
    const started = memory.events.nowNs;
    const { domains } = memory.topology;
    const sc = this.control(false, 0, domains[0], group);
    memory.stat.allocstall++;
    yield* this.#tryToFree(sc, domains);
    memory.stat.stalledDirectNs += memory.events.nowNs - started;
    return sc.reclaimed;
  }

  /** do_try_to_free_pages: priorities 12 down to 0, until the goal is reached. */
  *#tryToFree(sc: ScanControl, domains: readonly Domain[]): Sleeping<void> {
    for (sc.priority = DEF_PRIORITY; sc.priority >= 0; sc.priority--) {
      sc.passScanned = 0;
      sc.allUnreclaimable = true;
      for (const domain of domains) {
        if (sc.group < 0 && domain.allUnreclaimable && sc.priority !== DEF_PRIORITY) continue;
        sc.allUnreclaimable = false;
        yield* this.shrinkDomain(domain, sc);
      }
      if (sc.reclaimed >= sc.goal) return;
      if (sc.scanned > WRITEBACK_THRESHOLD) {
        sc.mayWritepage = true;
        if (this.way.directWakesFlusher) this.flusher.wake(sc.scanned);
      }
      yield* this.naps.afterPass(sc);
    }
    sc.priority = 0;
  }

  /** shrink_zone, shrink_node: one pass over a domain's lists at the control's priority. */
  *shrinkDomain(domain: Domain, sc: ScanControl): Sleeping<void> {
    const { memory } = this;
    sc.domain = domain;
    const task = memory.scheduler.current.id;
    // Since 3.x reclaim plugs around a zone; before there are no such plugs.
    memory.fs.queue.startPlug(task);
    const { lruvecs } = domain;
    if (sc.group >= 0) yield* this.#shrinkIfWorth(lruvecs[sc.group], sc);
    else for (const lruvec of lruvecs) yield* this.#shrinkIfWorth(lruvec, sc);
    memory.fs.queue.finishPlug(task);
    if (sc.isKswapd && isHard(sc)) sc.mayWritepage = true;
    if (this.#isTooMuchWritten()) yield* this.#throttleVmWriteout();
  }

  /** shrink_lruvec, which at a gentle priority often finds too little to scan. */
  #shrinkIfWorth(lruvec: LruVec, sc: ScanControl): Sleeping<void> {
    const { memory } = this;
    const left = this.#amounts.pop() ?? new Int32Array(4);
    scanAmounts(memory, lruvec, sc, left);
    const isWorth =
      left[Lru.inactiveAnon] > 0 || left[Lru.activeFile] > 0 || left[Lru.inactiveFile] > 0;
    if (isWorth || (memory.canSwap && isInactiveLow(memory, lruvec, Kind.anon))) {
      return this.#shrinkLists(lruvec, sc, left);
    }
    this.#amounts.push(left);
    return NOTHING;
  }

  /** The four lists in turn, a batch of each at a time. */
  *#shrinkLists(lruvec: LruVec, sc: ScanControl, left: Int32Array): Sleeping<void> {
    const { memory } = this;
    while (left[Lru.inactiveAnon] > 0 || left[Lru.activeFile] > 0 || left[Lru.inactiveFile] > 0) {
      for (let list = 0; list < 4; list++) {
        if (left[list] <= 0) continue;
        const batch = Math.min(left[list], SWAP_CLUSTER_MAX);
        left[list] -= batch;
        const kind = (list >> 1) as Kind;
        if ((list & 1) === 0) {
          yield* this.#shrinkInactive(lruvec, kind, batch, sc);
          left[list] -= sc.batchCharged;
          sc.batchCharged = 0;
        } else if (isInactiveLow(memory, lruvec, kind))
          yield* this.shrinkActive(lruvec, kind, batch);
      }
      if (sc.reclaimed >= sc.goal && sc.priority < DEF_PRIORITY) break;
    }
    this.#amounts.push(left);
    if (memory.canSwap && isInactiveLow(memory, lruvec, Kind.anon)) {
      yield* this.shrinkActive(lruvec, Kind.anon, SWAP_CLUSTER_MAX);
    }
  }

  /** shrink_active_list: the oldest active pages become inactive; used program text stays. */
  *shrinkActive(lruvec: LruVec, kind: Kind, count: number): Sleeping<void> {
    const { memory } = this;
    const { table } = memory;
    const from = lruvec.lists[kind * 2 + 1];
    const to = lruvec.lists[kind * 2];
    let moved = 0;
    let rotated = 0;
    for (; moved < count; moved++) {
      const frame = from.tail();
      if (frame < 0) break;
      from.remove(frame);
      const flags = table.flags[frame];
      const young = Page.mapped | Page.pteYoung;
      const isUsed = (flags & young) === young;
      if (isUsed) rotated++;
      if (isUsed && (flags & Page.executable) !== 0 && kind === Kind.file) {
        table.flags[frame] = flags & ~(Page.pteYoung | Page.referenced);
        from.addHead(frame);
        continue;
      }
      table.flags[frame] = flags & ~(Page.active | Page.pteYoung | Page.referenced);
      to.addHead(frame);
      memory.stat.pgdeactivate++;
    }
    lruvec.recentScanned[kind] += moved;
    lruvec.recentRotated[kind] += rotated;
    if (moved > 0) yield* memory.useCpu(moved * memory.options.cpu.scanPageNs);
  }

  *#shrinkInactive(lruvec: LruVec, kind: Kind, count: number, sc: ScanControl): Sleeping<void> {
    const { memory } = this;
    const { stat, rules } = memory;
    const who = sc.isKswapd ? Reclaimer.kswapd : Reclaimer.direct;
    while (who === Reclaimer.direct && sc.group < 0 && isTooMuchIsolated(lruvec, kind)) {
      yield* this.naps.tooManyIsolated();
    }
    const batch = this.#batches.pop() ?? new Int32Array(2048);
    const isLumpy =
      rules.isLumpy &&
      (sc.order > COSTLY_ORDER || (sc.order > 0 && sc.priority < DEF_PRIORITY - 2));
    const taken = isolate(memory, lruvec, kind, batch, count, isLumpy ? sc.order : 0);
    if (taken > 0) {
      if (sc.group < 0) sc.domain.pagesScanned += taken;
      stat.pgscan[who] += taken;
      stat.pgscanKind[kind] += taken;
      yield* memory.useCpu(taken * memory.options.cpu.scanPageNs);
      let freed = yield* this.#shrinker.shrink(batch, taken, sc, false);
      const isWanted = (isLumpy || sc.group >= 0) && freed < taken && !sc.isKswapd;
      if (isWanted && rules.cleanRounds > 0) {
        freed += yield* this.#whileDirty(batch, taken, freed, sc);
      } else if (isWanted && isLumpy) {
        yield* this.naps.timed();
        freed += yield* this.#shrinker.shrink(batch, taken, sc, true);
      }
      this.#putBack(batch, taken);
      sc.reclaimed += freed;
      stat.pgsteal[who] += freed;
      stat.pgstealKind[kind] += freed;
      yield* this.way.afterBatch(this, sc);
      yield* this.naps.afterBatch(sc);
    }
    this.#batches.push(batch);
  }

  /**
   * For pages of one place, without writing: wakes the flusher for the dirty ones that the batch had and
   * tries again, while there are such ("vmscan: Do not writeback filesystem pages in direct reclaim", V6).
   * @returns pages freed
   */
  *#whileDirty(batch: Int32Array, taken: number, freed: number, sc: ScanControl): Sleeping<number> {
    const { flags } = this.memory.table;
    const still = taken - freed;
    let more = 0;
    for (let left = this.memory.rules.cleanRounds; left > 0; left--) {
      if (more >= still || sc.batchDirty === 0) break;
      // What is clean and was not freed is of no use here.
      for (let i = 0; i < taken; i++) {
        if (batch[i] < 0 || (flags[batch[i]] & (Page.dirty | Page.writeback)) !== 0) continue;
        this.#putBackPage(batch[i]);
        batch[i] = -1;
      }
      this.flusher.wake(sc.batchDirty);
      yield* this.naps.timed();
      more += yield* this.#shrinker.shrink(batch, taken, sc, true);
    }
    return more;
  }

  /** putback_lru_page: to the young end, unless its file dropped it while it was off the list. */
  #putBack(batch: Int32Array, taken: number): void {
    for (let i = 0; i < taken; i++) if (batch[i] >= 0) this.#putBackPage(batch[i]);
  }

  #putBackPage(frame: number): void {
    const { memory } = this;
    const lruvec = memory.lruvecOf(frame);
    const flags = memory.table.flags[frame];
    const kind = (flags & Page.swapBacked) !== 0 ? Kind.anon : Kind.file;
    lruvec.isolated[kind]--;
    if (memory.table.inode[frame] < 0) {
      memory.free(frame);
      return;
    }
    if ((flags & Page.active) !== 0) lruvec.recentRotated[kind]++;
    memory.putOnLru(frame);
  }

  /** throttle_vm_writeout: while more than 1.1 x the dirty limit is under write-back. */
  *#throttleVmWriteout(): Sleeping<void> {
    while (this.#isTooMuchWritten()) yield* this.naps.timed();
  }

  #isTooMuchWritten(): boolean {
    const { memory } = this;
    return memory.nrWriteback > 0 && memory.nrWriteback > memory.dirtyLimits()[1] * 1.1;
  }
}

/** balance_pgdat's test of whether a laptop's disk has to wake: little comes of much scanning. */
function isHard(sc: ScanControl): boolean {
  return sc.scanned > 2 * SWAP_CLUSTER_MAX && sc.scanned > sc.reclaimed * 1.5;
}

/** too_many_isolated: more pages of a kind are off the inactive list than on it. */
function isTooMuchIsolated(lruvec: LruVec, kind: Kind): boolean {
  return lruvec.isolated[kind] > lruvec.lists[kind * 2].size;
}

// oxlint-disable-next-line require-yield
function* nothing(): Sleeping<void> {}

/**
 * Page reclaim as mm/vmscan.c of 2.6.34 does it: batches off the tail of the inactive list, page
 * by page tests, and for dirty pages whatever way out of memory the machine is set to.
 *
 * Not here yet: anonymous pages are never swapped, mapped pages are treated as unmapped ones.
 */

import { MS } from '../sim/units.ts';
import type { Sleeping } from '../sim/task.ts';
import type { Eviction } from './eviction.ts';
import type { Flusher } from './flusher.ts';
import type { Memory } from './memory.ts';
import { LockPlace, Page } from './page-table.ts';
import { type PageoutWay, type ScanControl, Verdict } from './pageout/way.ts';
import { COSTLY_ORDER, DEF_PRIORITY, SWAP_CLUSTER_MAX } from './vm-options.ts';
import { Reclaimer } from './vm-stat.ts';

/** Pages scanned by one direct reclaim from which on 2.6.34 wakes the flusher: 1.5 x its goal. */
const WRITEBACK_THRESHOLD = SWAP_CLUSTER_MAX + (SWAP_CLUSTER_MAX >> 1);

export class Reclaim {
  readonly memory: Memory;
  readonly flusher: Flusher;
  readonly eviction: Eviction;
  readonly way: PageoutWay;
  readonly #batches: Int32Array[] = [];

  constructor(memory: Memory, flusher: Flusher, eviction: Eviction, way: PageoutWay) {
    this.memory = memory;
    this.flusher = flusher;
    this.eviction = eviction;
    this.way = way;
  }

  /** try_to_free_pages: an allocation of 2^order pages reclaims for itself. Pages it freed. */
  *direct(order: number): Sleeping<number> {
    const { memory } = this;
    const started = memory.events.nowNs;
    const sc = scanControl(false, order);
    memory.stat.allocstall++;
    for (sc.priority = DEF_PRIORITY; sc.priority >= 0; sc.priority--) {
      if (memory.zone.allUnreclaimable && sc.priority !== DEF_PRIORITY) continue;
      const before = sc.scanned;
      yield* this.shrinkZone(sc);
      if (sc.reclaimed >= SWAP_CLUSTER_MAX) break;
      if (this.way.directWakesFlusher && sc.scanned > WRITEBACK_THRESHOLD) {
        this.flusher.wake(sc.scanned);
      }
      if (sc.scanned > before && sc.priority < DEF_PRIORITY - 2) {
        yield* memory.congestionWait(false, 100 * MS);
      }
    }
    if (sc.reclaimed === 0) memory.stat.noProgress++;
    memory.stat.stalledDirectNs += memory.events.nowNs - started;
    return sc.reclaimed;
  }

  /** shrink_zone: one pass over the zone's lists at the control's priority. */
  *shrinkZone(sc: ScanControl): Sleeping<void> {
    const { memory } = this;
    const { zone } = memory;
    const task = memory.scheduler.current.id;
    // Since 3.2 reclaim plugs around a zone; before 3.x there are no such plugs.
    memory.fs.queue.startPlug(task);
    const wanted = sc.isKswapd ? Infinity : SWAP_CLUSTER_MAX;
    let inactive = this.#scanTarget(0, zone.inactiveFile.size, sc.priority);
    let active = this.#scanTarget(1, zone.activeFile.size, sc.priority);
    while (inactive > 0 || active > 0) {
      if (active > 0) {
        const batch = Math.min(active, SWAP_CLUSTER_MAX);
        active -= batch;
        // The active list gives up pages only while it is the longer one.
        if (zone.activeFile.size > zone.inactiveFile.size) yield* this.#shrinkActive(batch);
      }
      if (inactive > 0) {
        const batch = Math.min(inactive, SWAP_CLUSTER_MAX);
        inactive -= batch;
        yield* this.#shrinkInactive(batch, sc);
      }
      if (sc.reclaimed >= wanted && sc.priority < DEF_PRIORITY) break;
    }
    memory.fs.queue.finishPlug(task);
    yield* this.#throttleVmWriteout();
  }

  /** list size >> priority; amounts under a batch are carried over (nr_scan_try_batch). */
  #scanTarget(list: 0 | 1, size: number, priority: number): number {
    const { savedScan } = this.memory.zone;
    savedScan[list] += Math.floor(size / 2 ** priority);
    if (savedScan[list] < SWAP_CLUSTER_MAX) return 0;
    const amount = savedScan[list];
    savedScan[list] = 0;
    return amount;
  }

  *#shrinkActive(count: number): Sleeping<void> {
    const { memory } = this;
    const { table, zone } = memory;
    for (let i = 0; i < count; i++) {
      const frame = zone.activeFile.tail();
      if (frame < 0) break;
      memory.takeOffLru(frame);
      table.clear(frame, Page.active | Page.referenced);
      memory.putOnLru(frame);
      memory.stat.pgdeactivate++;
    }
    yield* memory.useCpu(count * memory.options.cpu.scanPageNs);
  }

  *#shrinkInactive(count: number, sc: ScanControl): Sleeping<void> {
    const { memory } = this;
    const batch = this.#batches.pop() ?? new Int32Array(2048);
    const lumpy = sc.order > COSTLY_ORDER || (sc.order > 0 && sc.priority < DEF_PRIORITY - 2);
    const taken = this.#isolate(batch, count, lumpy ? sc.order : 0, sc);
    if (taken > 0) {
      yield* memory.useCpu(taken * memory.options.cpu.scanPageNs);
      let freed = yield* this.#shrinkPageList(batch, taken, sc, false);
      if (lumpy && freed < taken && !sc.isKswapd) {
        yield* memory.congestionWait(false, 100 * MS);
        freed += yield* this.#shrinkPageList(batch, taken, sc, true);
      }
      for (let i = 0; i < taken; i++) {
        if (batch[i] >= 0) this.#putBack(batch[i]);
      }
      memory.nrIsolated -= taken;
      sc.reclaimed += freed;
      memory.stat.pgsteal[sc.isKswapd ? Reclaimer.kswapd : Reclaimer.direct] += freed;
      memory.stat.pgstealKind[1] += freed;
    }
    this.#batches.push(batch);
  }

  /** putback_lru_page: to the young end, unless its file dropped it while it was off the list. */
  #putBack(frame: number): void {
    const { memory } = this;
    if (memory.table.inode[frame] < 0) memory.free(frame);
    else memory.putOnLru(frame);
  }

  /**
   * isolate_lru_pages: takes up to `count` pages off the tail of the inactive list, oldest first;
   * lumpy, with each all pages of the aligned block of 2^order frames around it.
   */
  #isolate(batch: Int32Array, count: number, order: number, sc: ScanControl): number {
    const { memory } = this;
    const { table, zone } = memory;
    let taken = 0;
    for (let scan = 0; scan < count; scan++) {
      const tail = zone.inactiveFile.tail();
      if (tail < 0) break;
      memory.takeOffLru(tail);
      batch[taken++] = tail;
      if (order === 0) continue;
      const first = tail & ~((1 << order) - 1);
      const end = Math.min(first + (1 << order), table.frames);
      for (let frame = first; frame < end && taken < batch.length; frame++) {
        if (!table.has(frame, Page.lru)) continue;
        memory.takeOffLru(frame);
        table.clear(frame, Page.active);
        batch[taken++] = frame;
        scan++;
      }
    }
    // All of a batch's dirty pages are asked for, whichever of them is written first.
    for (let i = 0; i < taken; i++) {
      if (table.has(batch[i], Page.dirty)) table.set(batch[i], Page.wanted);
    }
    memory.nrIsolated += taken;
    sc.scanned += taken;
    zone.pagesScanned += taken;
    memory.stat.pgscan[sc.isKswapd ? Reclaimer.kswapd : Reclaimer.direct] += taken;
    memory.stat.pgscanKind[1] += taken;
    return taken;
  }

  /**
   * shrink_page_list. Freed pages become -1 in `batch`, the others stay for putting back.
   * @param sync PAGEOUT_IO_SYNC: wait for pages under write-back
   * @returns how many were freed
   */
  *#shrinkPageList(
    batch: Int32Array,
    count: number,
    sc: ScanControl,
    sync: boolean,
  ): Sleeping<number> {
    const { memory, way } = this;
    const { table } = memory;
    let freed = 0;
    sc.deferredCount = 0;
    sc.batchTaken = count;
    sc.batchDirty = 0;
    sc.batchWriteback = 0;
    for (let i = 0; i < count; i++) {
      const frame = batch[i];
      if (frame < 0 || table.inode[frame] < 0 || !memory.tryLock(frame, LockPlace.shrinkPageList))
        continue;
      if (table.has(frame, Page.writeback)) {
        sc.batchWriteback++;
        if (!sync) {
          memory.unlock(frame);
          continue;
        }
        const inode = memory.inodes[table.inode[frame]];
        yield* memory.waitOnPage(inode, table.index[frame], Page.writeback, 'shrink_page_list');
      }
      const referenced = table.has(frame, Page.referenced);
      table.clear(frame, Page.referenced);
      if (!table.has(frame, Page.dirty)) {
        this.#free(frame);
        batch[i] = -1;
        freed++;
        continue;
      }
      // A dirty page that was touched since the last lap gets another one.
      if (referenced && sc.order <= COSTLY_ORDER) {
        memory.unlock(frame);
        continue;
      }
      sc.batchDirty++;
      if (way.deferred) {
        table.set(frame, Page.deferred);
        sc.deferred[sc.deferredCount++] = frame;
        continue;
      }
      const verdict = yield* way.pageout(this, frame, sc);
      if (this.#settle(frame, verdict) || (sync && (yield* this.#waitAndFree(frame)))) {
        batch[i] = -1;
        freed++;
      }
    }
    if (way.deferred && sc.deferredCount > 0) {
      yield* way.cleanList(this, sc);
      freed += yield* this.#secondPass(batch, count, sc);
    }
    yield* way.afterBatch(this, sc);
    return freed;
  }

  /** After a deferring way has cleaned its list: what is clean now is freed, the rest is kept. */
  *#secondPass(batch: Int32Array, count: number, sc: ScanControl): Sleeping<number> {
    const { memory, way } = this;
    const { table } = memory;
    let freed = 0;
    for (let i = 0; i < count; i++) {
      const frame = batch[i];
      if (frame < 0 || !table.has(frame, Page.deferred)) continue;
      table.clear(frame, Page.deferred);
      if (table.inode[frame] < 0 || !memory.tryLock(frame, LockPlace.shrinkPageList)) continue;
      if (table.has(frame, Page.writeback)) {
        memory.unlock(frame);
        continue;
      }
      const verdict: Verdict = table.has(frame, Page.dirty)
        ? yield* way.pageout(this, frame, sc)
        : Verdict.clean;
      if (this.#settle(frame, verdict)) {
        batch[i] = -1;
        freed++;
      }
    }
    return freed;
  }

  /** PAGEOUT_IO_SYNC: waits for the write just begun, and frees the page if it is clean then. */
  *#waitAndFree(frame: number): Sleeping<boolean> {
    const { memory } = this;
    const { table } = memory;
    if (!table.has(frame, Page.writeback)) return false;
    const inode = memory.inodes[table.inode[frame]];
    yield* memory.waitOnPage(inode, table.index[frame], Page.writeback, 'shrink_page_list');
    const isGone = table.inode[frame] < 0;
    if (isGone || table.has(frame, Page.dirty | Page.writeback)) return false;
    if (!memory.tryLock(frame, LockPlace.shrinkPageList)) return false;
    this.#free(frame);
    return true;
  }

  /** Does what a verdict says; true when the page was freed. */
  #settle(frame: number, verdict: Verdict): boolean {
    const { memory } = this;
    switch (verdict) {
      case Verdict.keep:
        memory.unlock(frame);
        return false;
      case Verdict.activate:
        memory.table.set(frame, Page.active);
        memory.stat.pgactivate++;
        memory.unlock(frame);
        return false;
      case Verdict.clean:
        this.#free(frame);
        return true;
      default:
        // Written: the file system has unlocked it; it comes back by rotation when it is clean.
        return false;
    }
  }

  /** __remove_mapping and free, for a clean, locked page off the LRU. */
  #free(frame: number): void {
    this.memory.removeFromCache(frame);
  }

  /** throttle_vm_writeout: while more than 1.1 x the dirty limit is under write-back. */
  *#throttleVmWriteout(): Sleeping<void> {
    const { memory } = this;
    while (memory.nrWriteback > memory.dirtyLimits()[1] * 1.1) {
      yield* memory.congestionWait(false, 100 * MS);
    }
  }
}

/** A fresh scan control (struct scan_control). */
export function scanControl(isKswapd: boolean, order: number): ScanControl {
  return {
    isKswapd,
    order,
    priority: DEF_PRIORITY,
    scanned: 0,
    reclaimed: 0,
    batchTaken: 0,
    batchDirty: 0,
    batchWriteback: 0,
    deferred: [],
    deferredCount: 0,
  };
}

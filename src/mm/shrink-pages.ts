/**
 * shrink_page_list: a batch of pages off the LRU, each tested in the kernel's order
 * (WRITEOUT.md 2.4), freed if it can be, else kept for putting back.
 */

import type { Sleeping } from '../sim/task.ts';
import { Kind } from './lru.ts';
import type { Memory } from './memory.ts';
import { LockPlace, Page } from './page-table.ts';
import { Verdict, verdictOf } from './pageout/way.ts';
import type { Reclaim } from './reclaim.ts';
import { addToSwap, moveToSwapper, writeToSwap } from './swap-cache.ts';
import { startBatch, type ScanControl } from './scan-control.ts';
import { COSTLY_ORDER } from './vm-options.ts';

/** What page_check_references says of a page. */
const Reference = { reclaim: 0, reclaimIfClean: 1, keep: 2, activate: 3 } as const;
type Reference = (typeof Reference)[keyof typeof Reference];

export class PageShrinker {
  readonly #reclaim: Reclaim;
  readonly #memory: Memory;

  constructor(reclaim: Reclaim) {
    this.#reclaim = reclaim;
    this.#memory = reclaim.memory;
  }

  /**
   * Freed pages become -1 in `batch`, the others stay for putting back.
   * @param sync PAGEOUT_IO_SYNC: wait for pages under write-back
   * @returns how many were freed
   */
  *shrink(batch: Int32Array, count: number, sc: ScanControl, sync: boolean): Sleeping<number> {
    const memory = this.#memory;
    const { table } = memory;
    const { way } = this.#reclaim;
    let freed = 0;
    sc.isSync = sync;
    startBatch(sc, count, countFile(table.flags, batch, count));
    for (let i = 0; i < count; i++) {
      const frame = batch[i];
      if (frame < 0 || table.inode[frame] < 0) continue;
      if (!memory.tryLock(frame, LockPlace.shrinkPageList)) continue;
      const flags = table.flags[frame];
      const looked = (flags & (Page.mapped | Page.swapCache)) !== 0 ? 2 : 1;
      sc.scanned += looked;
      sc.passScanned += looked;
      const isBusy = (flags & (Page.dirty | Page.writeback)) !== 0;
      // Only files' pages: the flushers know no others.
      if (isBusy && (flags & Page.swapBacked) === 0) this.#note(frame, flags, sc);
      if ((flags & Page.writeback) !== 0) {
        const verdict = this.#underWriteback(frame, flags, sc, sync);
        if (verdict !== Verdict.clean) {
          this.#settle(frame, verdict);
          continue;
        }
        const inode = memory.inodes[table.inode[frame]];
        yield* memory.waitOnPage(inode, table.index[frame], Page.writeback, 'shrink_page_list');
        if (table.inode[frame] < 0) continue;
      }
      const reference = this.#references(frame, sc);
      if (reference >= Reference.keep) {
        this.#settle(frame, reference === Reference.keep ? Verdict.keep : Verdict.activate);
        continue;
      }
      if (!this.#unmap(frame)) {
        this.#settle(frame, Verdict.activate);
        continue;
      }
      if ((table.flags[frame] & Page.dirty) === 0) {
        this.free(frame);
        batch[i] = -1;
        freed++;
        continue;
      }
      if ((flags & Page.swapBacked) === 0) {
        sc.batchDirty++;
        if (way.defersUntested === true) {
          this.#setAside(frame, sc);
          continue;
        }
      }
      if (reference === Reference.reclaimIfClean || !sc.mayEnterFs || !sc.mayWritepage) {
        memory.unlock(frame);
        continue;
      }
      if ((flags & Page.swapBacked) !== 0) {
        const verdict = yield* this.#swapOut(frame, sc);
        if (this.#settle(frame, verdict) || (sync && (yield* this.#waitAndFree(frame)))) {
          batch[i] = -1;
          freed++;
        }
        continue;
      }
      if (way.deferred) {
        this.#setAside(frame, sc);
        continue;
      }
      const outcome = way.pageout(this.#reclaim, frame, sc);
      const verdict = typeof outcome === 'number' ? outcome : yield* outcome;
      if (this.#settle(frame, verdict) || (sync && (yield* this.#waitAndFree(frame)))) {
        batch[i] = -1;
        freed++;
      }
    }
    if (way.deferred && sc.deferredCount > 0) {
      yield* way.cleanList(this.#reclaim, sc);
      freed += yield* this.#secondPass(batch, count, sc);
    }
    return freed;
  }

  #setAside(frame: number, sc: ScanControl): void {
    this.#memory.table.flags[frame] |= Page.deferred;
    sc.deferred[sc.deferredCount++] = frame;
  }

  /** page_check_dirty_writeback and what 3.11 counts of it. */
  #note(frame: number, flags: number, sc: ScanControl): void {
    sc.batchBusy++;
    const isWriteback = (flags & Page.writeback) !== 0;
    if (!isWriteback) sc.batchUnqueued++;
    if (!this.#memory.rules.hasFlags) return;
    const isRound = isWriteback && (flags & Page.reclaim) !== 0;
    if (isRound || this.#memory.isCongestedFor(frame)) sc.batchCongested++;
  }

  /** A page under write-back: `clean` means that it is worth waiting for. */
  #underWriteback(frame: number, flags: number, sc: ScanControl, sync: boolean): Verdict {
    const { rules, table } = this.#memory;
    const kept = rules.activatesBusy ? Verdict.activate : Verdict.keep;
    if (!rules.hasFlags) {
      sc.batchWriteback++;
      if (sync && sc.mayEnterFs) return Verdict.clean;
      const waits = rules.groupsWait && sc.group >= 0 && (flags & Page.reclaim) !== 0;
      if (rules.groupsWait && !waits) table.flags[frame] |= Page.reclaim;
      return waits ? Verdict.clean : Verdict.keep;
    }
    const isMarked = (flags & Page.reclaim) !== 0;
    if (sc.isKswapd && isMarked && sc.domain.isUnderWriteback) {
      sc.batchImmediate++;
      return kept;
    }
    if (sc.group < 0 || !isMarked || !sc.mayEnterFs) {
      table.flags[frame] |= Page.reclaim;
      sc.batchWriteback++;
      return kept;
    }
    return Verdict.clean;
  }

  /** page_check_references. */
  #references(frame: number, sc: ScanControl): Reference {
    const { table, rules } = this.#memory;
    const flags = table.flags[frame];
    if ((flags & (Page.referenced | Page.pteYoung)) === 0) return Reference.reclaim;
    table.flags[frame] = flags & ~(Page.referenced | Page.pteYoung);
    if (rules.isLumpy && sc.order > COSTLY_ORDER) return Reference.reclaim;
    const wasReferenced = (flags & Page.referenced) !== 0;
    if ((flags & Page.mapped) !== 0 && (flags & Page.pteYoung) !== 0) {
      if ((flags & Page.anon) !== 0) return Reference.activate;
      table.flags[frame] |= Page.referenced;
      const isText = rules.keepsExecutables && (flags & Page.executable) !== 0;
      return wasReferenced || isText ? Reference.activate : Reference.keep;
    }
    return wasReferenced ? Reference.reclaimIfClean : Reference.reclaim;
  }

  /**
   * Gives an anonymous page a place in swap, and takes the page out of the page tables; what was
   * stored through them since makes it dirty. False when it has to stay in memory.
   */
  #unmap(frame: number): boolean {
    const memory = this.#memory;
    const { flags } = memory.table;
    const isAnon = (flags[frame] & Page.anon) !== 0;
    if (isAnon && (flags[frame] & Page.swapCache) === 0) {
      if (!memory.canSwap || !addToSwap(memory, frame)) return false;
    }
    if ((flags[frame] & Page.mapped) === 0) return true;
    if (isAnon) {
      if ((flags[frame] & Page.pteDirty) !== 0) flags[frame] |= Page.dirty;
      moveToSwapper(memory, frame);
    }
    flags[frame] &= ~(Page.mapped | Page.pteYoung | Page.pteDirty | Page.anon);
    return true;
  }

  /** shmem_writepage: a page of tmpfs moves to the swap cache. False when it has to stay. */
  #moveFromTmpfs(frame: number): boolean {
    const memory = this.#memory;
    if (memory.table.has(frame, Page.swapCache)) return true;
    if (!memory.canSwap || !addToSwap(memory, frame)) return false;
    moveToSwapper(memory, frame);
    return true;
  }

  /** pageout() of an anonymous or tmpfs page: each by itself, whatever the way. */
  *#swapOut(frame: number, sc: ScanControl): Sleeping<Verdict> {
    if (!this.#moveFromTmpfs(frame)) return Verdict.activate;
    return yield* writeToSwap(this.#memory, frame, sc);
  }

  /** After a deferring way has cleaned its list: what is clean now is freed, the rest is kept. */
  *#secondPass(batch: Int32Array, count: number, sc: ScanControl): Sleeping<number> {
    const memory = this.#memory;
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
        ? yield* verdictOf(this.#reclaim.way.pageout(this.#reclaim, frame, sc))
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
    const memory = this.#memory;
    const { table } = memory;
    if (!table.has(frame, Page.writeback)) return false;
    const inode = memory.inodes[table.inode[frame]];
    yield* memory.waitOnPage(inode, table.index[frame], Page.writeback, 'shrink_page_list');
    const isGone = table.inode[frame] < 0;
    if (isGone || table.has(frame, Page.dirty | Page.writeback)) return false;
    if (!memory.tryLock(frame, LockPlace.shrinkPageList)) return false;
    this.free(frame);
    return true;
  }

  /** Does what a verdict says; true when the page was freed. */
  #settle(frame: number, verdict: Verdict): boolean {
    const memory = this.#memory;
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
        this.free(frame);
        return true;
      default:
        // Written: the file system has unlocked it; it comes back by rotation when it is clean.
        return false;
    }
  }

  /** __remove_mapping and free, for a clean, locked page off the LRU. */
  free(frame: number): void {
    const memory = this.#memory;
    const isAnon = (memory.table.flags[frame] & Page.swapBacked) !== 0;
    memory.lruvecOf(frame).isolated[isAnon ? Kind.anon : Kind.file]--;
    memory.removeFromCache(frame);
  }
}

function countFile(flags: Uint32Array, batch: Int32Array, count: number): number {
  let file = 0;
  for (let i = 0; i < count; i++) {
    if (batch[i] >= 0 && (flags[batch[i]] & Page.swapBacked) === 0) file++;
  }
  return file;
}

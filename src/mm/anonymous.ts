/**
 * Anonymous memory: private regions of programs, filled page by page as they are touched, and the
 * faults that bring pages back from swap (mm/memory.c, do_anonymous_page, do_swap_page and
 * do_wp_page).
 *
 * A region counts as an inode without a file, so that its pages are found as a file's are. A page
 * has one owner: pages shared between processes are not modelled.
 */

import type { Sleeping } from '../sim/task.ts';
import { PAGE_BYTES } from '../sim/units.ts';
import { Inode } from './inode.ts';
import type { Memory } from './memory.ts';
import type { PageAllocator } from './page-allocator.ts';
import { Page } from './page-table.ts';
import { leaveSwapCache, swapIn } from './swap-cache.ts';

/** Pages touched between two uses of the processor: the clock goes on at least that often. */
const PAGES_A_TURN = 16;

export class Anonymous {
  readonly #memory: Memory;
  readonly #allocator: PageAllocator;
  readonly #regions: (Inode | undefined)[] = [];
  /** Task that mapped each region. */
  readonly #owners: number[] = [];
  readonly #spare: Inode[] = [];

  constructor(memory: Memory, allocator: PageAllocator) {
    this.#memory = memory;
    this.#allocator = allocator;
  }

  /** mmap(2) of private memory: nothing is allocated before it is touched. Returns a region. */
  map(bytes: number): number {
    const memory = this.#memory;
    let inode = this.#spare.pop();
    if (inode === undefined) {
      inode = memory.newInode('anonymous', 0);
      inode.isSwapBacked = true;
    }
    inode.sizeBytes = bytes;
    this.#owners.push(memory.scheduler.currentOrNone?.id ?? -1);
    return this.#regions.push(inode) - 1;
  }

  /** Loads from, or stores into, the pages of a region. */
  *touch(region: number, offsetBytes: number, bytes: number, isWrite: boolean): Sleeping<void> {
    const memory = this.#memory;
    const { allocatePageNs } = memory.options.cpu;
    const size = this.#regions[region]?.sizeBytes ?? 0;
    const end = Math.ceil(Math.min(size, offsetBytes + bytes) / PAGE_BYTES);
    let faults = 0;
    for (let index = Math.floor(offsetBytes / PAGE_BYTES); index < end; index++) {
      memory.dieIfKilled();
      const inode = this.#regions[region];
      if (inode === undefined) break;
      if (this.#use(inode, index, isWrite)) continue;
      yield* this.#fault(region, index);
      if (++faults < PAGES_A_TURN) continue;
      yield* memory.useCpu(faults * allocatePageNs);
      faults = 0;
    }
    if (faults > 0) yield* memory.useCpu(faults * allocatePageNs);
  }

  /** munmap(2), or the end of the process. */
  unmap(region: number): void {
    const inode = this.#regions[region];
    if (inode === undefined) return;
    this.#regions[region] = undefined;
    const { mapping } = inode;
    for (let index = 0; mapping.pageCount + mapping.swappedCount > 0; index++) {
      if (mapping.frameAt(index) >= 0) this.#zap(inode, index);
      else if (mapping.slotAt(index) >= 0) this.#memory.forgetSwapped(inode, index);
    }
    this.#spare.push(inode);
  }

  /** Pages of a task's regions, in memory or out in swap: what the OOM killer goes by. */
  pagesOf(task: number): number {
    let pages = 0;
    for (const [region, inode] of this.#regions.entries()) {
      if (inode === undefined || this.#owners[region] !== task) continue;
      pages += inode.mapping.pageCount + inode.mapping.swappedCount;
    }
    return pages;
  }

  /** Ends every region of a task. */
  exit(task: number): void {
    for (const [region, owner] of this.#owners.entries()) if (owner === task) this.unmap(region);
  }

  /** A touch of a page that is mapped; false when it is not. */
  #use(inode: Inode, index: number, isWrite: boolean): boolean {
    const memory = this.#memory;
    const frame = inode.mapping.frameAt(index);
    if (frame < 0) return false;
    const { flags } = memory.table;
    flags[frame] |= Page.pteYoung;
    if (!isWrite || (flags[frame] & Page.pteDirty) !== 0) return true;
    flags[frame] |= Page.pteDirty;
    // The first store since it was read back: its copy in swap is out of date (do_wp_page).
    const inSwap = flags[frame] & (Page.swapCache | Page.writeback | Page.locked);
    if (inSwap === Page.swapCache) leaveSwapCache(memory, frame);
    return true;
  }

  *#fault(region: number, index: number): Sleeping<void> {
    const memory = this.#memory;
    const inode = this.#regions[region] as Inode;
    const { table, rules } = memory;
    memory.stat.pgfault++;
    if (inode.mapping.slotAt(index) >= 0) {
      const frame = yield* swapIn(memory, this.#allocator, inode, index);
      if (frame < 0) return;
      if (this.#regions[region] !== inode) return;
      // Back into the page table; its copy in swap stays good until it is stored to.
      inode.mapping.insert(index, frame);
      memory.swap?.disown(table.slot[frame]);
      table.inode[frame] = inode.number;
      table.index[frame] = index;
      table.flags[frame] |= Page.anon | Page.mapped | Page.pteYoung;
      memory.markAccessed(frame);
      this.#giveSlotBack(frame);
      return;
    }
    const frame = yield* this.#allocator.take(0);
    if (inode.mapping.frameAt(index) >= 0 || this.#regions[region] !== inode) {
      memory.free(frame);
      return;
    }
    const young = rules.anonStartsInactive ? 0 : Page.active;
    table.flags[frame] |=
      Page.anon |
      Page.swapBacked |
      Page.mapped |
      Page.pteYoung |
      Page.pteDirty |
      Page.uptodate |
      young;
    memory.addToCache(frame, inode, index);
  }

  /** With swap over half full, a page that came back keeps no slot. */
  #giveSlotBack(frame: number): void {
    const memory = this.#memory;
    if (memory.swap?.isHalfFull !== true) return;
    const busy = Page.writeback | Page.locked;
    if ((memory.table.flags[frame] & busy) === 0) leaveSwapCache(memory, frame);
  }

  /** zap_pte_range: a mapped page goes, at once or when whoever has it in hand lets go of it. */
  #zap(inode: Inode, index: number): void {
    const memory = this.#memory;
    const { table, swap } = memory;
    const frame = inode.mapping.frameAt(index);
    inode.mapping.remove(index);
    let flags = table.flags[frame];
    table.flags[frame] &= ~(Page.mapped | Page.pteYoung | Page.pteDirty | Page.anon);
    if ((flags & Page.swapCache) !== 0 && swap !== undefined) {
      if ((flags & Page.writeback) !== 0) {
        // Its write goes on; it belongs to no one, and reclaim finds it clean.
        table.inode[frame] = swap.inode.number;
        table.index[frame] = table.slot[frame];
        table.flags[frame] &= ~Page.dirty;
        return;
      }
      leaveSwapCache(memory, frame);
    }
    flags = table.flags[frame] & ~Page.dirty;
    table.flags[frame] = flags;
    table.inode[frame] = -1;
    // A page that reclaim has in hand is freed when it is put back.
    if ((flags & Page.lru) === 0) return;
    memory.takeOffLru(frame);
    memory.free(frame);
  }
}

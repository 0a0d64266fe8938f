/**
 * The LRU lists, and the domain they are scanned as: a zone before 4.8, a node from then on. Each
 * memory cgroup has lists of its own in every domain; number 0 is the rest of the machine.
 */

import type { PageList, PageTable } from './page-table.ts';
import { Page } from './page-table.ts';
import type { Zone } from './zone.ts';

/** Which list: the kernel's enum lru_list. `active` and `file` are added to the base. */
export const Lru = { inactiveAnon: 0, activeAnon: 1, inactiveFile: 2, activeFile: 3 } as const;
export type Lru = (typeof Lru)[keyof typeof Lru];

/** List heads that lists of one owner in one domain take. */
export const LRU_LISTS = 4;

/** Index of what is kept apart for anonymous and for file pages. */
export const Kind = { anon: 0, file: 1 } as const;
export type Kind = (typeof Kind)[keyof typeof Kind];

/** The list that a page with these flags belongs on. */
export function lruOf(flags: number): Lru {
  const active = (flags & Page.active) !== 0 ? 1 : 0;
  return (((flags & Page.swapBacked) !== 0 ? 0 : 2) + active) as Lru;
}

/** struct lruvec. */
export class LruVec {
  readonly lists: readonly PageList[];
  /** struct zone_reclaim_stat, by `Kind`: how worth scanning a kind was lately. */
  readonly recentScanned: [number, number] = [0, 0];
  readonly recentRotated: [number, number] = [0, 0];
  /** Scan amounts too small to be worth a batch, carried over, by list. */
  readonly savedScan: [number, number, number, number] = [0, 0, 0, 0];
  /** NR_ISOLATED_ANON and _FILE: pages that reclaim has off the lists, by `Kind`. */
  readonly isolated: [number, number] = [0, 0];

  constructor(table: PageTable) {
    this.lists = Array.from({ length: LRU_LISTS }, () => table.newList());
  }

  get anonPages(): number {
    return this.lists[Lru.inactiveAnon].size + this.lists[Lru.activeAnon].size;
  }

  get filePages(): number {
    return this.lists[Lru.inactiveFile].size + this.lists[Lru.activeFile].size;
  }

  add(frame: number, flags: number): void {
    this.lists[lruOf(flags)].addHead(frame);
  }

  /** A page comes to the lists or is activated there: a sign of use (update_page_reclaim_stat). */
  note(kind: Kind, isRotated: boolean): void {
    this.recentScanned[kind]++;
    if (isRotated) this.recentRotated[kind]++;
  }
}

/** What is reclaimed together, with the marks that reclaim leaves there. */
export class Domain {
  /** By number of the memory cgroup. */
  readonly lruvecs: readonly LruVec[];
  /** The zones whose pages they are. */
  readonly zones: Zone[] = [];
  /** Pages scanned since one was last freed here; given up at 6 x what can be reclaimed. */
  pagesScanned = 0;
  allUnreclaimable = false;
  /** ZONE_DIRTY / PGDAT_DIRTY: a batch was all dirty, and none of it queued. */
  isDirty = false;
  /** ZONE_WRITEBACK / PGDAT_WRITEBACK: a batch was all under write-back. */
  isUnderWriteback = false;
  /** ZONE_CONGESTED: every dirty page of a batch was of a congested device. */
  isCongested = false;

  constructor(table: PageTable, groups: number) {
    this.lruvecs = Array.from({ length: groups }, () => new LruVec(table));
  }

  get filePages(): number {
    let pages = 0;
    for (const lruvec of this.lruvecs) pages += lruvec.filePages;
    return pages;
  }

  get anonPages(): number {
    let pages = 0;
    for (const lruvec of this.lruvecs) pages += lruvec.anonPages;
    return pages;
  }

  get freePages(): number {
    let pages = 0;
    for (const { buddy } of this.zones) pages += buddy.freePages;
    return pages;
  }

  /** Its zones' high watermarks together, pages. */
  get highMark(): number {
    let pages = 0;
    for (const { high } of this.zones) pages += high;
    return pages;
  }

  /** Dirty pages and such under write-back. */
  get busyPages(): number {
    let pages = 0;
    for (const { nrDirty, nrWriteback } of this.zones) pages += nrDirty + nrWriteback;
    return pages;
  }

  /** A page was freed here: what was given up is looked at again. */
  freed(): void {
    this.pagesScanned = 0;
    this.allUnreclaimable = false;
  }

  /** It is balanced: what the last batches met no longer says anything. */
  clearMarks(): void {
    this.isDirty = false;
    this.isCongested = false;
    this.isUnderWriteback = false;
  }
}

/** A zone: a stretch of page frames with its watermarks, its free blocks and its LRU lists. */

import { Buddy, MAX_ORDER } from './buddy.ts';
import type { PageList, PageTable } from './page-table.ts';
import { minFreeKbytes } from './vm-options.ts';

/** List heads a zone takes from the page table. */
export const ZONE_LISTS = MAX_ORDER + 2;

export class Zone {
  readonly buddy: Buddy;
  readonly inactiveFile: PageList;
  readonly activeFile: PageList;
  /** Watermarks, pages (WRITEOUT.md 2.1): share, share + 1/4, share + 1/2. */
  readonly min: number;
  readonly low: number;
  readonly high: number;
  /** Scan amounts too small to be worth a batch, carried over: inactive, active. */
  readonly savedScan: [number, number] = [0, 0];
  /** Pages scanned since one was last freed here; the zone is given up at 6 x reclaimable. */
  pagesScanned = 0;
  allUnreclaimable = false;
  /** PGDAT_DIRTY: reclaim met a batch of nothing but dirty pages; until the zone is balanced. */
  isDirty = false;

  constructor(table: PageTable, first: number, end: number) {
    this.buddy = new Buddy(table, first, end);
    this.inactiveFile = table.newList();
    this.activeFile = table.newList();
    const share = Math.floor(minFreeKbytes(end - first) / 4);
    this.min = share;
    this.low = share + (share >> 2);
    this.high = share + (share >> 1);
  }

  get reclaimable(): number {
    return this.inactiveFile.size + this.activeFile.size;
  }

  /** zone_watermark_ok: after taking 2^order pages, is `mark` kept, at every order below too? */
  watermarkOk(order: number, mark: number): boolean {
    let free = this.buddy.freePages - (1 << order) + 1;
    let min = mark;
    if (free <= min) return false;
    for (let o = 0; o < order; o++) {
      free -= this.buddy.blocksOf(o) << o;
      min >>= 1;
      if (free <= min) return false;
    }
    return true;
  }
}

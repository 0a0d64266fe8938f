/** A zone: a stretch of page frames of one node, with its watermarks and its free blocks. */

import { Buddy, MAX_ORDER } from './buddy.ts';
import type { Domain } from './lru.ts';
import type { PageTable } from './page-table.ts';

/** List heads a zone takes from the page table for its free blocks. */
export const ZONE_LISTS = MAX_ORDER;

/** Zone types, lowest first; an allocation may use its own type and those below. */
export const ZoneType = { dma: 0, dma32: 1, normal: 2, highmem: 3 } as const;
export type ZoneType = (typeof ZoneType)[keyof typeof ZoneType];
export const ZONE_NAMES = ['DMA', 'DMA32', 'Normal', 'HighMem'] as const;

/** Watermarks, pages. */
export interface Watermarks {
  readonly min: number;
  readonly low: number;
  readonly high: number;
}

/** A zone's share of `min_free_kbytes`: share, share + 1/4, share + 1/2 (setup_per_zone_wmarks). */
export function watermarks(pagesMin: number, zonePages: number, lowmemPages: number): Watermarks {
  const share = Math.floor((pagesMin * zonePages) / lowmemPages);
  return { min: share, low: share + (share >> 2), high: share + (share >> 1) };
}

/** The same for high memory: the kernel itself cannot use it, so it keeps little of it back. */
export function highmemWatermarks(
  pagesMin: number,
  zonePages: number,
  lowmemPages: number,
): Watermarks {
  const share = Math.floor((pagesMin * zonePages) / lowmemPages);
  const min = Math.max(32, Math.min(128, Math.floor(zonePages / 1024)));
  return { min, low: min + (share >> 2), high: min + (share >> 1) };
}

export class Zone {
  readonly number: number;
  readonly type: ZoneType;
  readonly node: number;
  /** Frames `first`..`end - 1`. */
  readonly first: number;
  readonly end: number;
  readonly buddy: Buddy;
  /** What its pages are reclaimed with. */
  readonly domain: Domain;
  readonly min: number;
  readonly low: number;
  readonly high: number;
  /** lowmem_reserve: pages kept back from allocations that could have had a higher zone, by type. */
  readonly reserve: readonly number[];
  /** NR_FILE_DIRTY and NR_WRITEBACK of the zone. */
  nrDirty = 0;
  nrWriteback = 0;

  constructor(
    table: PageTable,
    place: { number: number; type: ZoneType; node: number; first: number; end: number },
    domain: Domain,
    marks: Watermarks,
    reserve: readonly number[],
  ) {
    this.number = place.number;
    this.type = place.type;
    this.node = place.node;
    this.first = place.first;
    this.end = place.end;
    table.zone.fill(place.number, place.first, place.end);
    this.buddy = new Buddy(table, place.first, place.end);
    this.domain = domain;
    domain.zones.push(this);
    this.min = marks.min;
    this.low = marks.low;
    this.high = marks.high;
    this.reserve = reserve;
  }

  get name(): string {
    return ZONE_NAMES[this.type];
  }

  /** Pages in it. */
  get pages(): number {
    return this.end - this.first;
  }

  /**
   * zone_watermark_ok: after taking 2^order pages, is `mark` kept, at every order below too?
   * @param type the zone type the allocation wanted first: what is reserved from it stays free
   */
  watermarkOk(order: number, mark: number, type: ZoneType): boolean {
    let free = this.buddy.freePages - (1 << order) + 1;
    let min = mark;
    if (free <= min + this.reserve[type]) return false;
    for (let o = 0; o < order; o++) {
      free -= this.buddy.blocksOf(o) << o;
      min >>= 1;
      if (free <= min) return false;
    }
    return true;
  }
}

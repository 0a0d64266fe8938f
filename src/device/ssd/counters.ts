/** What a flash drive counts. */

import type { DeviceCounters } from '../device.ts';
import type { BusyClock } from './busy.ts';
import type { Blocks } from './blocks.ts';
import type { CachedMap } from './cached-map.ts';
import type { Collector } from './collector.ts';
import type { Destager } from './destager.ts';
import type { WearLevelling } from './wear.ts';

/** The counters of every device, and what flash adds. */
export interface SsdCounters extends DeviceCounters {
  /** Program commands, for the host and for collection. */
  programs: number;
  erases: number;
  /** Mapping units the host's writes have had programmed. */
  hostUnits: number;
  /** Mapping units collection has moved; write amplification is (hostUnits + gcUnits) / hostUnits. */
  gcUnits: number;
  /** Erases of the least and of the most erased block. */
  erasesLeast: number;
  erasesMost: number;
  /** Blocks emptied for their wear alone. */
  wearSwaps: number;
  /** Look-ups in a cached map: found in memory, and not; translation pages read for these, and written. */
  mapHits: number;
  mapMisses: number;
  mapReads: number;
  mapWrites: number;
  /** Of `gcUnits`, those that were in the single-level cache. */
  foldedUnits: number;
}

/** Counts requests as they come; what the drive's parts count is theirs, seen from here. */
export class Counters implements SsdCounters {
  reads = 0;
  writes = 0;
  flushes = 0;
  discards = 0;
  sectorsRead = 0;
  sectorsWritten = 0;
  readonly seeks = 0;
  readonly seekCylinders = 0;
  readonly #busy: BusyClock;
  readonly #destager: Destager;
  readonly #collector: Collector;
  readonly #blocks: Blocks;
  readonly #wear: WearLevelling | undefined;
  readonly #map: CachedMap | undefined;

  constructor(
    busy: BusyClock,
    destager: Destager,
    collector: Collector,
    blocks: Blocks,
    wear: WearLevelling | undefined,
    map: CachedMap | undefined,
  ) {
    this.#busy = busy;
    this.#destager = destager;
    this.#collector = collector;
    this.#blocks = blocks;
    this.#wear = wear;
    this.#map = map;
  }

  get busyNs(): number {
    return this.#busy.totalNs();
  }

  get programs(): number {
    this.#collector.catchUp();
    return this.#destager.programs + this.#collector.programs;
  }

  get erases(): number {
    return this.#collector.erases;
  }

  get hostUnits(): number {
    return this.#destager.units;
  }

  get gcUnits(): number {
    this.#collector.catchUp();
    return this.#collector.unitsMoved;
  }

  get erasesLeast(): number {
    return this.#blocks.erases.reduce((least, erases) => Math.min(least, erases), Infinity);
  }

  get erasesMost(): number {
    return this.#blocks.erases.reduce((most, erases) => Math.max(most, erases), 0);
  }

  get mapHits(): number {
    return this.#map?.hits ?? 0;
  }

  get mapMisses(): number {
    return this.#map?.misses ?? 0;
  }

  get mapReads(): number {
    return this.#map?.reads ?? 0;
  }

  get mapWrites(): number {
    return this.#destager.mapUnits;
  }

  get foldedUnits(): number {
    return this.#blocks.slc?.unitsFolded ?? 0;
  }

  get wearSwaps(): number {
    return this.#wear?.swaps ?? 0;
  }
}

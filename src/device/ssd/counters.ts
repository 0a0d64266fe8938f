/** What a flash drive counts. */

import type { DeviceCounters } from '../device.ts';
import type { BusyClock } from './busy.ts';
import type { Collector } from './collector.ts';
import type { Destager } from './destager.ts';
import type { EventQueue } from '../../sim/events.ts';

/** The counters of every device, and what flash adds. */
export interface SsdCounters extends DeviceCounters {
  /** Program commands, for the host and for collection. */
  programs: number;
  erases: number;
  /** Mapping units the host's writes have had programmed. */
  hostUnits: number;
  /** Mapping units collection has moved; write amplification is (hostUnits + gcUnits) / hostUnits. */
  gcUnits: number;
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
  readonly #events: EventQueue;
  readonly #busy: BusyClock;
  readonly #destager: Destager;
  readonly #collector: Collector;

  constructor(events: EventQueue, busy: BusyClock, destager: Destager, collector: Collector) {
    this.#events = events;
    this.#busy = busy;
    this.#destager = destager;
    this.#collector = collector;
  }

  get busyNs(): number {
    return this.#busy.totalNs(this.#events.nowNs);
  }

  get programs(): number {
    return this.#destager.programs + this.#collector.programs;
  }

  get erases(): number {
    return this.#collector.erases;
  }

  get hostUnits(): number {
    return this.#destager.units;
  }

  get gcUnits(): number {
    return this.#collector.unitsMoved;
  }
}

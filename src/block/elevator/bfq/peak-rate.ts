/**
 * The drive's rate at its best, as far as it can be told from what is given to it (bfq_update_peak_rate):
 * sectors over time, in stretches of up to a second in which it was never idle for long. Only a rate that
 * came of sequential requests lowers the estimate.
 */

import type { EventQueue } from '../../../sim/events.ts';
import { MS, SECOND } from '../../../sim/units.ts';
import type { RequestTable } from '../../request.ts';
import { SEEK_SECTORS, SMALL_SECTORS } from './queue.ts';

/** What the rate is taken for until it is known, sectors a ns (two thirds of ref_rate). */
const REFERENCE = { rotational: 14_000 / 65_536 / 1000, flash: 33_000 / 65_536 / 1000 } as const;
/** Fewer requests say nothing (BFQ_RATE_MIN_SAMPLES), nor does a shorter time (BFQ_RATE_MIN_INTERVAL). */
const LEAST_SAMPLES = 32;
const LEAST_NS = 300 * MS;
/** A stretch lasts so long (BFQ_RATE_REF_INTERVAL), unless the drive was idle for this. */
const STRETCH_NS = SECOND;
const IDLE_NS = 100 * MS;
/** A request that comes so soon after a completion still follows it (BFQ_MIN_TT). */
const SOON_NS = 2 * MS;
/** A rate beyond this is none, sectors a ns. */
const MOST = 20 / 1000;
/** Below this a completion was surely slow, sectors a ns (1M sectors a second). */
const SLOW = 1 / 1024 / 1000;

export class PeakRate {
  /** Sectors a ns. */
  rate: number;
  /** Its first value's base: what times are given for (`ref_rate`), sectors a ns. */
  readonly reference: number;
  /** When the drive was last done with a request, ns. */
  lastDoneNs = 0;
  /** Where the last request that it was given ended. */
  lastSector = 0;

  readonly #events: EventQueue;
  readonly #requests: RequestTable;
  readonly #rotational: boolean;
  #samples = 0;
  #sequential = 0;
  #sectors = 0;
  #largest = 0;
  #firstNs = 0;
  #lastNs = 0;
  #tookNs = 0;

  constructor(events: EventQueue, requests: RequestTable, rotational: boolean) {
    this.#events = events;
    this.#requests = requests;
    this.#rotational = rotational;
    this.reference = rotational ? REFERENCE.rotational : REFERENCE.flash;
    this.rate = (this.reference * 2) / 3;
  }

  /** The drive is given a request. @returns whether the rate is another one now */
  issued(request: number, inDriver: number): boolean {
    const { nowNs } = this.#events;
    let isNew = false;
    if (this.#samples === 0) this.#begin(request);
    else if (nowNs - this.#lastNs > IDLE_NS && inDriver === 0) {
      isNew = this.#judge();
      this.#begin(request);
    } else {
      this.#count(request, inDriver);
      if (this.#tookNs >= STRETCH_NS) {
        isNew = this.#judge();
        this.#begin(request);
      }
    }
    this.lastSector = this.#requests.end(request);
    this.#lastNs = nowNs;
    return isNew;
  }

  #count(request: number, inDriver: number): void {
    const { nowNs } = this.#events;
    const { sectors } = this.#requests;
    this.#samples++;
    const follows = inDriver > 0 || nowNs - this.lastDoneNs < SOON_NS;
    if (follows && !this.#isSeek(request)) this.#sequential++;
    this.#sectors += sectors[request];
    const isFresh = this.#samples % 32 === 0;
    this.#largest = isFresh ? sectors[request] : Math.max(this.#largest, sectors[request]);
    this.#tookNs = nowNs - this.#firstNs;
  }

  #isSeek(request: number): boolean {
    const { sector, sectors } = this.#requests;
    if (this.lastSector === 0) return false;
    if (Math.abs(sector[request] - this.lastSector) <= SEEK_SECTORS) return false;
    return this.#rotational || sectors[request] < SMALL_SECTORS;
  }

  /** The drive is done with a request. @returns whether the rate is another one now */
  done(): boolean {
    const { nowNs } = this.#events;
    const tookNs = nowNs - this.lastDoneNs;
    let isNew = false;
    // It took too long for the stretch to tell of the best rate: it ends before this request.
    if (tookNs > SOON_NS && this.#largest / tookNs < SLOW) {
      isNew = this.#judge();
      this.#samples = 0;
    }
    this.lastDoneNs = nowNs;
    return isNew;
  }

  #begin(request: number): void {
    const { nowNs } = this.#events;
    this.#firstNs = nowNs;
    this.#samples = 1;
    this.#sequential = 0;
    this.#sectors = this.#requests.sectors[request];
    this.#largest = this.#sectors;
    this.#tookNs = 0;
  }

  /** A stretch is over (bfq_update_rate_reset). */
  #judge(): boolean {
    if (this.#samples < LEAST_SAMPLES || this.#tookNs < LEAST_NS) return false;
    const tookNs = Math.max(this.#tookNs, this.lastDoneNs - this.#firstNs);
    const rate = this.#sectors / tookNs;
    const isSequential = this.#sequential >= Math.floor((3 * this.#samples) / 4);
    if ((!isSequential && rate <= this.rate) || rate > MOST) return false;
    // The more sequential and the longer, the more it counts: from a tenth to a half.
    const share = Math.floor((9 * this.#sequential) / this.#samples);
    const weight = Math.min(8, Math.floor((share * tookNs) / STRETCH_NS));
    this.rate += (rate - this.rate) / (10 - weight);
    return true;
  }
}

/**
 * What a queue counts. The fields of /proc/diskstats are kept as the kernel defines them
 * (Documentation/iostats.txt; drive_stat_acct, part_round_stats), only in ns instead of ms: a
 * request counts from its allocation, and is "in flight" from then until it is complete, whether
 * it waits in the elevator or is with the drive.
 */

import { Op } from '../device/device.ts';
import type { EventQueue } from '../sim/events.ts';
import type { RequestTable } from './request.ts';

/** The groups that /proc/diskstats tells apart. */
export const StatGroup = { read: 0, write: 1, discard: 2, flush: 3 } as const;
export type StatGroup = (typeof StatGroup)[keyof typeof StatGroup];

/** Why a queue was unplugged. */
export const Unplug = { requests: 0, timer: 1, waiter: 2, completion: 3, finish: 4 } as const;
export type Unplug = (typeof Unplug)[keyof typeof Unplug];

/** Cumulative since creation, so that differences make sense. */
export interface BlockCounters {
  /** Requests completed, by `StatGroup`. */
  readonly ios: Float64Array;
  /** Bios merged into a request, by `StatGroup`. */
  readonly merges: Float64Array;
  /** Sectors of completed requests, by `StatGroup`. */
  readonly sectors: Float64Array;
  /** Sum over completed requests of the time from allocation to completion, ns, by `StatGroup`. */
  readonly ticksNs: Float64Array;
  /** Requests in being now. */
  inFlight: number;
  /** Time during which at least one request was in being, ns. */
  ioTicksNs: number;
  /** Integral of `inFlight` over time, ns. */
  timeInQueueNs: number;

  /** Bios submitted. */
  bios: number;
  /** Requests allocated. */
  requests: number;
  backMerges: number;
  frontMerges: number;
  /** Requests joined to another one after a bio merge. */
  joins: number;
  plugs: number;
  /** By `Unplug`. */
  readonly unplugs: Float64Array;
  /** Bios whose submitter had to sleep for a request, and how long they slept in all, ns. */
  sleeps: number;
  sleptNs: number;
  /** Time the queue was congested, ns: [async, sync]. */
  readonly congestedNs: Float64Array;
}

export class Accounting implements BlockCounters {
  readonly ios = new Float64Array(4);
  readonly merges = new Float64Array(4);
  readonly sectors = new Float64Array(4);
  readonly ticksNs = new Float64Array(4);
  inFlight = 0;
  ioTicksNs = 0;
  timeInQueueNs = 0;

  bios = 0;
  requests = 0;
  backMerges = 0;
  frontMerges = 0;
  joins = 0;
  plugs = 0;
  readonly unplugs = new Float64Array(5);
  sleeps = 0;
  sleptNs = 0;
  readonly congestedNs = new Float64Array(2);

  readonly #events: EventQueue;
  readonly #requests: RequestTable;
  #stampNs = 0;

  constructor(events: EventQueue, requests: RequestTable) {
    this.#events = events;
    this.#requests = requests;
  }

  /** Brings the integrals over time up to now; due before `inFlight` changes and before a reading. */
  round(): void {
    const { nowNs } = this.#events;
    const passed = nowNs - this.#stampNs;
    if (passed === 0) return;
    this.#stampNs = nowNs;
    if (this.inFlight === 0) return;
    this.ioTicksNs += passed;
    this.timeInQueueNs += passed * this.inFlight;
  }

  started(): void {
    this.round();
    this.inFlight++;
    this.requests++;
  }

  done(group: StatGroup, request: number): void {
    const { sectors, startNs } = this.#requests;
    this.ios[group]++;
    this.sectors[group] += sectors[request];
    this.ticksNs[group] += this.#events.nowNs - startNs[request];
    this.gone();
  }

  /** A request is gone without having been one of its own to the drive: it was joined to another. */
  gone(): void {
    this.round();
    this.inFlight--;
  }
}

/** 2.6.34 knows two groups: whatever is not a read is a write. */
export function readOrWrite(op: number): StatGroup {
  return op === Op.read ? StatGroup.read : StatGroup.write;
}

/** From 4.19 on discards stand apart; flushes are counted where they are made. */
export function readWriteOrDiscard(op: number): StatGroup {
  return op === Op.discard ? StatGroup.discard : readOrWrite(op);
}

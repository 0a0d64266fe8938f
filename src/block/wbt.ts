/**
 * Write-back throttling (block/blk-wbt.c, blk-rq-qos.c; 4.10 on): buffered writes have only so many
 * requests in being, and fewer when reads get slow. After CoDel: in each window the shortest read
 * latency is held against a target; missed, the depth is halved, and otherwise it comes back.
 *
 * Writes for memory reclaim are counted apart and have the whole depth, as have writes that
 * someone waits for. Direct writes, which the kernel exempts, cannot be told from those here.
 */

import { Op } from '../device/device.ts';
import { MS } from '../sim/units.ts';
import { Alarm, type EventQueue } from '../sim/events.ts';
import type { BioTable } from './bio-table.ts';
import { BioFlag } from './bio.ts';
import { RequestFlag, type RequestTable } from './request.ts';

/** What is counted apart (enum wbt_flags); reads are not counted. */
export const Throttled = { none: -1, write: 0, reclaim: 1, discard: 2 } as const;
export type Throttled = (typeof Throttled)[keyof typeof Throttled];

/** Depth to begin with, at most the drive's (RWB_DEF_DEPTH). */
const DEFAULT_DEPTH = 16;
const WINDOW_NS = 100 * MS;
/** Other IO within this makes writes hold back (close_io). */
const CLOSE_NS = 100 * MS;
/** Writes in a window that make it worth judging (RWB_MIN_WRITE_SAMPLES). */
const LEAST_WRITES = 3;
/** Windows without anything to judge by, until the depth goes back to where it began. */
const UNKNOWN_WINDOWS = 5;
/** `wbt_lat_usec` by default. */
const TARGET_NS = { rotational: 75 * MS, flash: 2 * MS } as const;

export class WriteBackThrottle {
  /** Requests that each class may have now: `wb_background`, `wb_normal`, `wb_max`. */
  background = 0;
  normal = 0;
  max = 0;
  readonly inBeing = new Int32Array(3);

  readonly #events: EventQueue;
  readonly #bios: BioTable;
  readonly #requests: RequestTable;
  readonly #queueDepth: number;
  readonly #hasWriteCache: boolean;
  readonly #targetNs: number;
  readonly #first = new Int32Array(3).fill(-1);
  readonly #last = new Int32Array(3).fill(-1);
  readonly #window: Alarm;
  /** Above 0 the depth is halved so often, below it is doubled. */
  #step = 0;
  #isAtMost = false;
  #unknown = 0;
  #windowNs = WINDOW_NS;
  #reads = 0;
  #leastReadNs = Infinity;
  #writes = 0;
  /** Requests with the drive. */
  #withDrive = 0;
  #readIssueNs = -Infinity;
  #readDoneNs = -Infinity;
  /** The read whose progress is watched, and since when. */
  #watched = -1;
  #watchedSinceNs = 0;

  constructor(
    events: EventQueue,
    bios: BioTable,
    requests: RequestTable,
    drive: { queueDepth: number; rotational: boolean; volatileCache: boolean },
  ) {
    this.#events = events;
    this.#bios = bios;
    this.#requests = requests;
    this.#queueDepth = drive.queueDepth;
    this.#hasWriteCache = drive.volatileCache;
    this.#targetNs = drive.rotational ? TARGET_NS.rotational : TARGET_NS.flash;
    this.#window = new Alarm(events, () => this.#judge());
    this.#setDepth();
  }

  /** Lets a bio pass; false when it has to sleep. Whoever passed is given back by `give`. */
  tryPass(bio: number): boolean {
    const kind = this.kindOfBio(bio);
    if (kind === Throttled.none) return true;
    return this.#first[kind] < 0 && this.#tryTake(kind, bio);
  }

  #tryTake(kind: Throttled, bio: number): boolean {
    if (this.inBeing[kind] >= this.#limit(kind, bio)) return false;
    this.inBeing[kind]++;
    return true;
  }

  /** get_limit. */
  #limit(kind: Throttled, bio: number): number {
    if (kind === Throttled.discard) return this.background;
    const isUrgent = (this.#bios.flags[bio] & BioFlag.sync) !== 0 || kind === Throttled.reclaim;
    if (isUrgent) return this.max;
    const lastNs = Math.max(this.#readIssueNs, this.#readDoneNs);
    return this.#events.nowNs < lastNs + CLOSE_NS ? this.background : this.normal;
  }

  sleep(bio: number): void {
    const kind = this.kindOfBio(bio);
    if (this.#last[kind] < 0) this.#first[kind] = bio;
    else this.#bios.next[this.#last[kind]] = bio;
    this.#last[kind] = bio;
  }

  /** A request is gone. Returns whether sleepers of its kind are to be woken (wbt_rqw_done). */
  give(kind: Throttled): boolean {
    if (kind === Throttled.none) return false;
    const left = --this.inBeing[kind];
    let limit = this.normal;
    if (kind === Throttled.discard) limit = this.background;
    else if (this.#hasWriteCache) limit = 0;
    if (left > 0 && left >= limit) return false;
    return left === 0 || limit - left >= this.background / 2;
  }

  /** The next sleeper of a kind that may pass now; -1 when there is none. */
  takeSleeper(kind: Throttled): number {
    const bio = this.#first[kind];
    if (bio < 0 || !this.#tryTake(kind, bio)) return -1;
    const next = this.#bios.next[bio];
    this.#first[kind] = next;
    if (next < 0) this.#last[kind] = -1;
    this.#bios.next[bio] = -1;
    return bio;
  }

  kindOfBio(bio: number): Throttled {
    return kindOf(this.#bios.op[bio], (this.#bios.flags[bio] & BioFlag.reclaim) !== 0);
  }

  kindOfRequest(request: number): Throttled {
    const requests = this.#requests;
    return kindOf(requests.op[request], requests.has(request, RequestFlag.reclaim));
  }

  /** A request went to the drive. */
  issued(request: number): void {
    this.#withDrive++;
    if (this.#window.dueNs === Infinity) this.#arm();
    if (this.#requests.op[request] !== Op.read) return;
    this.#readIssueNs = this.#events.nowNs;
    if (this.#watched >= 0) return;
    this.#watched = request;
    this.#watchedSinceNs = this.#events.nowNs;
  }

  /** The drive is done with it. */
  completed(request: number): void {
    const { op, issueNs } = this.#requests;
    this.#withDrive--;
    if (request === this.#watched) this.#watched = -1;
    if (op[request] === Op.read) {
      const { nowNs } = this.#events;
      this.#readDoneNs = nowNs;
      this.#reads++;
      this.#leastReadNs = Math.min(this.#leastReadNs, nowNs - issueNs[request]);
    } else if (op[request] === Op.write) this.#writes++;
  }

  /** The window is over: what does it say? (wb_timer_fn) */
  #judge(): void {
    const isBusy = this.#withDrive > 0 && this.inBeing[0] + this.inBeing[1] + this.inBeing[2] > 0;
    if (this.#isExceeded()) this.#down(true);
    else if (this.#isValid) this.#up();
    else if (this.#writes > 0 || isBusy) this.#up();
    else if (++this.#unknown >= UNKNOWN_WINDOWS) {
      if (this.#step > 0) this.#up();
      else if (this.#step < 0) this.#down(false);
    }
    // Not for ever: windows follow each other only while the drive is at work.
    if (this.#step !== 0 || this.#withDrive > 0) this.#arm();
  }

  get #isValid(): boolean {
    return this.#reads > 0 && this.#writes >= LEAST_WRITES;
  }

  #isExceeded(): boolean {
    const waitNs = this.#watched < 0 ? 0 : this.#events.nowNs - this.#watchedSinceNs;
    if (waitNs > this.#windowNs || (waitNs > this.#targetNs && this.#reads === 0)) return true;
    return this.#isValid && this.#leastReadNs > this.#targetNs;
  }

  #up(): void {
    this.#unknown = 0;
    if (this.#isAtMost) return;
    this.#step--;
    this.#setDepth();
  }

  #down(isHard: boolean): void {
    this.#unknown = 0;
    // Below 0 it always goes back: a depth of 1 may come of a drive that takes two commands.
    if (this.max === 1 && this.#step >= 0) return;
    this.#step = isHard && this.#step < 0 ? 0 : this.#step + 1;
    this.#isAtMost = false;
    this.#setDepth();
  }

  #arm(): void {
    this.#reads = 0;
    this.#leastReadNs = Infinity;
    this.#writes = 0;
    // As in CoDel, windows shorten with the square root of how often it was missed.
    this.#windowNs = WINDOW_NS / Math.sqrt(Math.max(this.#step, 0) + 1);
    this.#window.atNs = this.#events.nowNs + Math.floor(this.#windowNs);
    this.#window.arm();
  }

  /** rq_depth_calc_max_depth, calc_wb_limits. */
  #setDepth(): void {
    const step = this.#step;
    if (this.#queueDepth === 1) {
      this.max = step > 0 ? 1 : 2;
      this.#isAtMost = step <= 0;
    } else {
      const base = Math.min(DEFAULT_DEPTH, this.#queueDepth) - 1;
      const most = Math.floor((3 * this.#queueDepth) / 4);
      this.max = 1 + Math.floor(base * 2 ** -step);
      this.#isAtMost = step < 0 && this.max > most;
      if (this.#isAtMost) this.max = most;
    }
    this.normal = this.max <= 2 ? this.max : Math.floor((this.max + 1) / 2);
    this.background = this.max <= 2 ? 1 : Math.floor((this.max + 3) / 4);
  }
}

function kindOf(op: number, isReclaim: boolean): Throttled {
  if (op === Op.discard) return Throttled.discard;
  if (op !== Op.write) return Throttled.none;
  return isReclaim ? Throttled.reclaim : Throttled.write;
}

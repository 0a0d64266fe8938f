/**
 * The flash array: dies that do one thing at a time, on channels that carry one transfer at a time.
 *
 * A die serves its reads in the order in which they came. Programs, erases and collection's reads
 * are *jobs*: one is started when the die is free and no read waits, or after a burst of reads, so
 * that they do not starve. A read costs one event (its sense ends, so the channel can be booked in
 * the order of readiness), a job one or two; everything else is arithmetic on the times at which
 * dies and channels get free.
 *
 * An event says only "look at this die": it counts when the die's operation ends right then. An
 * operation that is put off (suspended) just moves its end.
 */

import type { EventQueue } from '../../sim/events.ts';
import type { Geometry } from './geometry.ts';
import type { Stream } from './blocks.ts';
import type { SsdProfile } from './profile.ts';

export const DieWork = { none: 0, read: 1, program: 2, erase: 3, gcRead: 4 } as const;
export type DieWork = (typeof DieWork)[keyof typeof DieWork];

/** Who gives the array its jobs and hears what is done. */
export interface ArrayClient {
  /** A read's page is sensed; its data crosses the channel from `startNs` to `endNs`. */
  sensed(op: number, startNs: number, endNs: number): void;
  /** A read of the drive's own (`who` below zero) has come over the channel. */
  fetched(who: number): void;
  /** Whether a job waits for this die. */
  hasJob(die: number): boolean;
  /** Starts the die's next job now, through one of the `start` methods; false when there is none. */
  startJob(die: number): boolean;
  /** A job is done. */
  jobDone(work: DieWork, lane: number, stream: Stream): void;
}

const NONE = -1;

export class FlashArray {
  /** By read: who wants it (a number of the client's), and the bytes that go on to the host. */
  opWho = new Int32Array(64);
  opHostBytes = new Int32Array(64);
  opChannelBytes = new Int32Array(64);
  /** By read: when the die may start on it, when it did, ns. */
  opReadyNs = new Float64Array(64);
  opStartNs = new Float64Array(64);
  #opSenseNs = new Float64Array(64);
  /** By read of the drive's own: when it is across the channel; -1 while it is not yet sensed. */
  #opAcrossNs = new Float64Array(64).fill(-1);
  #opNext = Int32Array.from({ length: 64 }, (_, i) => (i < 63 ? i + 1 : NONE));
  #firstFreeOp = 0;

  readonly #geometry: Geometry;
  readonly #events: EventQueue;
  readonly #client: ArrayClient;
  readonly #hold: boolean;
  readonly #burst: number;
  readonly #onEnd: number;
  readonly #onFree: number;
  readonly #onAcross: number;

  readonly #work: Uint8Array;
  /** What the work is about: a read's handle, or a job's lane. */
  readonly #subject: Int32Array;
  readonly #stream: Uint8Array;
  readonly #bytes: Int32Array;
  /** When the work's cell phase ends; when the die is free after what is booked. */
  readonly #endNs: Float64Array;
  readonly #freeNs: Float64Array;
  readonly #wakeNs: Float64Array;
  /** Numbers of the pending events, in the order in which they were scheduled. */
  readonly #endOrder: Float64Array;
  readonly #wakeOrder: Float64Array;
  #opAcrossOrder = new Float64Array(64);
  #lastOrder = 0;
  readonly #firstRead: Int32Array;
  readonly #lastRead: Int32Array;
  readonly #readsInRow: Int32Array;
  readonly #channelFreeNs: Float64Array;

  constructor(geometry: Geometry, profile: SsdProfile, events: EventQueue, client: ArrayClient) {
    this.#geometry = geometry;
    this.#events = events;
    this.#client = client;
    this.#hold = profile.array.hold_during_transfer;
    this.#burst = profile.array.read_burst;
    this.#onEnd = events.register((die) => this.#ended(die));
    this.#onFree = events.register((die) => this.kick(die));
    this.#onAcross = events.register((op) => this.#across(op));
    const { dies } = geometry;
    this.#work = new Uint8Array(dies);
    this.#subject = new Int32Array(dies);
    this.#stream = new Uint8Array(dies);
    this.#bytes = new Int32Array(dies);
    this.#endNs = new Float64Array(dies).fill(-1);
    this.#freeNs = new Float64Array(dies);
    this.#wakeNs = new Float64Array(dies).fill(-1);
    this.#endOrder = new Float64Array(dies);
    this.#wakeOrder = new Float64Array(dies);
    this.#firstRead = new Int32Array(dies).fill(NONE);
    this.#lastRead = new Int32Array(dies).fill(NONE);
    this.#readsInRow = new Int32Array(dies);
    this.#channelFreeNs = new Float64Array(geometry.channels);
  }

  /**
   * Asks for a page (or a row of pages) to be read.
   * @param who comes back in `opWho`; below zero for a read of the drive's own
   * @param readyNs when the die may start, ns
   * @param physical a unit of the row
   * @param channelBytes what leaves the die
   * @param hostBytes what of it goes on to the host
   */
  read(
    who: number,
    readyNs: number,
    physical: number,
    channelBytes: number,
    hostBytes: number,
  ): void {
    const geometry = this.#geometry;
    const die = geometry.dieOfLane((physical / geometry.unitsPerLane) | 0);
    if (this.#firstFreeOp === NONE) this.#growOps();
    const op = this.#firstFreeOp;
    this.#firstFreeOp = this.#opNext[op];
    this.opWho[op] = who;
    this.opReadyNs[op] = readyNs;
    this.opHostBytes[op] = hostBytes;
    this.opChannelBytes[op] = channelBytes;
    this.#opSenseNs[op] = geometry.senseTime(physical, channelBytes);
    this.#opNext[op] = NONE;
    if (this.#firstRead[die] === NONE) this.#firstRead[die] = op;
    else this.#opNext[this.#lastRead[die]] = op;
    this.#lastRead[die] = op;
    this.kick(die);
  }

  isWorking(die: number): boolean {
    return this.#work[die] !== DieWork.none;
  }

  /** Lets a die that does nothing start on what waits for it. */
  kick(die: number): void {
    if (this.#work[die] !== DieWork.none) return;
    const hasRead = this.#firstRead[die] !== NONE;
    const hasJob = this.#client.hasJob(die);
    if (hasRead && (!hasJob || this.#readsInRow[die] < this.#burst)) {
      this.#startRead(die, hasJob);
    } else if (hasJob) {
      const now = this.#events.nowNs;
      const free = this.#freeNs[die];
      if (free > now) {
        // Not committed before the die is free: a read may yet come.
        if (this.#wakeNs[die] !== free) this.#wakeAt(die, free);
      } else {
        this.#readsInRow[die] = 0;
        if (!this.#client.startJob(die) && hasRead) this.#startRead(die, false);
      }
    }
  }

  /** Starts a program on a free die: the data crosses the channel, then the cells are programmed. */
  startProgram(lane: number, stream: Stream, physical: number): void {
    const geometry = this.#geometry;
    const bytes = geometry.unitsPerProgram * geometry.unitBytes;
    const end = this.#bookChannel(geometry.dieOfLane(lane), bytes);
    this.#startJob(DieWork.program, lane, stream, end + geometry.programTime(physical));
  }

  startErase(lane: number, stream: Stream): void {
    this.#startJob(DieWork.erase, lane, stream, this.#events.nowNs + this.#geometry.eraseNs);
  }

  /** Starts a page read of collection's, `bytes` of which leave the die. */
  startGcRead(lane: number, stream: Stream, physical: number, bytes: number): void {
    this.#bytes[this.#geometry.dieOfLane(lane)] = bytes;
    const sense = this.#geometry.senseTime(physical, bytes);
    this.#startJob(DieWork.gcRead, lane, stream, this.#events.nowNs + sense);
  }

  #startRead(die: number, jobWaits: boolean): void {
    const op = this.#firstRead[die];
    this.#firstRead[die] = this.#opNext[op];
    this.#readsInRow[die] = jobWaits ? this.#readsInRow[die] + 1 : 0;
    const start = Math.max(this.#events.nowNs, this.#freeNs[die], this.opReadyNs[op]);
    this.opStartNs[op] = start;
    this.#work[die] = DieWork.read;
    this.#subject[die] = op;
    this.#endAt(die, start + this.#opSenseNs[op]);
  }

  #startJob(work: DieWork, lane: number, stream: Stream, endNs: number): void {
    const die = this.#geometry.dieOfLane(lane);
    this.#work[die] = work;
    this.#subject[die] = lane;
    this.#stream[die] = stream;
    this.#endAt(die, endNs);
  }

  #endAt(die: number, ns: number): void {
    this.#endNs[die] = ns;
    this.#endOrder[die] = this.#lastOrder++;
    this.#events.schedule(ns, this.#onEnd, die);
  }

  #wakeAt(die: number, ns: number): void {
    this.#wakeNs[die] = ns;
    this.#wakeOrder[die] = this.#lastOrder++;
    this.#events.schedule(ns, this.#onFree, die);
  }

  #acrossAt(op: number, ns: number): void {
    this.#opAcrossNs[op] = ns;
    this.#opAcrossOrder[op] = this.#lastOrder++;
    this.#events.schedule(ns, this.#onAcross, op);
  }

  #across(op: number): void {
    // Not this read's: the drive was set back to a snapshot meanwhile.
    if (this.#opAcrossNs[op] !== this.#events.nowNs) return;
    this.#opAcrossNs[op] = -1;
    const who = this.opWho[op];
    this.#freeOp(op);
    this.#client.fetched(who);
  }

  #freeOp(op: number): void {
    this.#opNext[op] = this.#firstFreeOp;
    this.#firstFreeOp = op;
  }

  #ended(die: number): void {
    const now = this.#events.nowNs;
    const work = this.#work[die] as DieWork;
    if (work === DieWork.none || this.#endNs[die] !== now) return;
    this.#work[die] = DieWork.none;
    this.#freeNs[die] = now;
    if (work === DieWork.read) {
      const op = this.#subject[die];
      const bytes = this.opChannelBytes[op];
      const end = this.#bookChannel(die, bytes);
      if (this.#hold) this.#freeNs[die] = end;
      if (this.opWho[op] < 0) {
        this.#acrossAt(op, end);
      } else {
        this.#client.sensed(op, end - this.#geometry.channelTime(bytes), end);
        this.#freeOp(op);
      }
    } else {
      if (work === DieWork.gcRead) this.#freeNs[die] = this.#bookChannel(die, this.#bytes[die]);
      this.#client.jobDone(work, this.#subject[die], this.#stream[die] as Stream);
    }
    this.kick(die);
  }

  /** Books the die's channel for a command and its data from now on; returns the end, ns. */
  #bookChannel(die: number, bytes: number): number {
    const geometry = this.#geometry;
    const channel = geometry.channelOfDie(die);
    const start = Math.max(this.#events.nowNs, this.#channelFreeNs[channel]);
    const end = start + geometry.channelCommandNs + geometry.channelTime(bytes);
    this.#channelFreeNs[channel] = end;
    return end;
  }

  #growOps(): void {
    const from = this.opWho.length;
    const grown = <T extends Int32Array | Float64Array>(old: T, to: T): T => {
      to.set(old);
      return to;
    };
    this.opWho = grown(this.opWho, new Int32Array(2 * from));
    this.opHostBytes = grown(this.opHostBytes, new Int32Array(2 * from));
    this.opChannelBytes = grown(this.opChannelBytes, new Int32Array(2 * from));
    this.opReadyNs = grown(this.opReadyNs, new Float64Array(2 * from));
    this.opStartNs = grown(this.opStartNs, new Float64Array(2 * from));
    this.#opSenseNs = grown(this.#opSenseNs, new Float64Array(2 * from));
    this.#opAcrossNs = grown(this.#opAcrossNs, new Float64Array(2 * from).fill(-1));
    this.#opAcrossOrder = grown(this.#opAcrossOrder, new Float64Array(2 * from));
    this.#opNext = grown(this.#opNext, new Int32Array(2 * from));
    for (let op = from; op < 2 * from; op++) this.#opNext[op] = op + 1 < 2 * from ? op + 1 : NONE;
    this.#firstFreeOp = from;
  }

  get jobsUnderWay(): number {
    return this.#work.reduce((n, work) => n + Number(work > DieWork.read), 0);
  }

  /**
   * All that is under way, reads of the drive's own included (no request is outstanding, so there
   * are no others), its times relative to the present.
   */
  save() {
    const now = this.#events.nowNs;
    const relative = (times: Float64Array) => times.map((ns) => ns - now);
    return {
      work: this.#work.slice(),
      subject: this.#subject.slice(),
      stream: this.#stream.slice(),
      bytes: this.#bytes.slice(),
      endNs: relative(this.#endNs),
      endOrder: this.#endOrder.slice(),
      freeNs: relative(this.#freeNs),
      wakeNs: relative(this.#wakeNs),
      wakeOrder: this.#wakeOrder.slice(),
      firstRead: this.#firstRead.slice(),
      lastRead: this.#lastRead.slice(),
      readsInRow: this.#readsInRow.slice(),
      channelFreeNs: relative(this.#channelFreeNs),
      opWho: this.opWho.slice(),
      opHostBytes: this.opHostBytes.slice(),
      opChannelBytes: this.opChannelBytes.slice(),
      opReadyNs: relative(this.opReadyNs),
      opStartNs: relative(this.opStartNs),
      opSenseNs: this.#opSenseNs.slice(),
      opIsAcross: this.#opAcrossNs.map((ns) => Number(ns >= 0)),
      opAcrossNs: relative(this.#opAcrossNs),
      opAcrossOrder: this.#opAcrossOrder.slice(),
      opNext: this.#opNext.slice(),
      firstFreeOp: this.#firstFreeOp,
    };
  }

  /** Goes on from there, from the present on. */
  load(saved: ReturnType<FlashArray['save']>): void {
    const now = this.#events.nowNs;
    const absolute = (times: Float64Array) => times.map((ns) => ns + now);
    this.#work.set(saved.work);
    this.#subject.set(saved.subject);
    this.#stream.set(saved.stream);
    this.#bytes.set(saved.bytes);
    this.#freeNs.set(absolute(saved.freeNs));
    this.#firstRead.set(saved.firstRead);
    this.#lastRead.set(saved.lastRead);
    this.#readsInRow.set(saved.readsInRow);
    this.#channelFreeNs.set(absolute(saved.channelFreeNs));
    this.opWho = saved.opWho.slice();
    this.opHostBytes = saved.opHostBytes.slice();
    this.opChannelBytes = saved.opChannelBytes.slice();
    this.opReadyNs = absolute(saved.opReadyNs);
    this.opStartNs = absolute(saved.opStartNs);
    this.#opSenseNs = saved.opSenseNs.slice();
    this.#opAcrossNs = new Float64Array(saved.opWho.length).fill(-1);
    this.#opAcrossOrder = saved.opAcrossOrder.slice();
    this.#opNext = saved.opNext.slice();
    this.#firstFreeOp = saved.firstFreeOp;
    this.#endNs.fill(-1);
    this.#wakeNs.fill(-1);
    // In the order in which they were scheduled, so that ties fall as they would have.
    const pending: { order: number; schedule: () => void }[] = [];
    saved.work.forEach((work, die) => {
      const end = saved.endNs[die] + now;
      const wake = saved.wakeNs[die] + now;
      if (work !== DieWork.none) {
        pending.push({ order: saved.endOrder[die], schedule: () => this.#endAt(die, end) });
      }
      if (saved.wakeNs[die] >= 0) {
        pending.push({ order: saved.wakeOrder[die], schedule: () => this.#wakeAt(die, wake) });
      }
    });
    saved.opIsAcross.forEach((isAcross, op) => {
      const end = saved.opAcrossNs[op] + now;
      if (isAcross === 1) {
        pending.push({ order: saved.opAcrossOrder[op], schedule: () => this.#acrossAt(op, end) });
      }
    });
    pending.sort((a, b) => a.order - b.order);
    for (const { schedule } of pending) schedule();
  }
}

/**
 * A queue over queues: what md and dm are. A bio is split into pieces for the members and is done
 * when all of its pieces are. There is no elevator up here; each member has its own.
 *
 * All pieces are handed down at once. Where one has to sleep for a request, the kernel would hand
 * down the rest only afterwards.
 */

import { Op, Status } from '../../device/device.ts';
import type { IoClass } from '../io-priority.ts';
import { Admission, BioFlag, type BioSink, type BlockQueue } from '../bio.ts';

export interface StackCounters {
  /** Pieces handed to members. */
  pieces: number;
  /** What parity cost: reads of old data and parity before a write, and parity written. */
  parityReads: number;
  parityReadSectors: number;
  parityWrites: number;
  parityWriteSectors: number;
}

const { preflush, barrier, fua } = BioFlag;

export abstract class StackedQueue implements BlockQueue {
  readonly members: readonly BlockQueue[];
  readonly counters: StackCounters = {
    pieces: 0,
    parityReads: 0,
    parityReadSectors: 0,
    parityWrites: 0,
    parityWriteSectors: 0,
  };
  abstract readonly capacitySectors: number;
  readonly rotational: boolean;
  readonly maxSectors: number;
  outstandingBios = 0;
  sector = NaN;
  /** Operand of `piece`: where it begins on the member, a sector. */
  protected pieceSector = 0;

  #sink: BioSink | undefined;

  // Bios under way, a row each.
  protected op = new Uint8Array(64);
  /** The first sector. */
  protected at = new Float64Array(64);
  protected sectors = new Uint32Array(64);
  protected flags = new Uint16Array(64);
  protected task = new Uint16Array(64);
  #cookie = new Int32Array(64);
  #pending = new Int32Array(64);
  #asleep = new Int32Array(64);
  #status = new Uint8Array(64);
  /** A flush of all members comes before the data. */
  #flushes = new Uint8Array(64);
  /** A row handed back to free, or -1. */
  #next = new Int32Array(64);
  #free = -1;
  #rows = 0;
  /** When a piece was last done, ns. */
  #lastDoneNs = 0;

  constructor(members: readonly BlockQueue[]) {
    this.members = members;
    this.rotational = members.some(({ rotational }) => rotational);
    this.maxSectors = Math.min(...members.map(({ maxSectors }) => maxSectors));
    for (const member of members) {
      member.attach({
        bioDone: (row, timeNs, status) => {
          this.#lastDoneNs = timeNs;
          this.#pieceDone(row, status);
        },
        bioAdmitted: (row, timeNs) => {
          if (--this.#asleep[row] === 0) this.#sink?.bioAdmitted(this.#cookie[row], timeNs);
        },
        congestionCleared: (sync) => {
          if (!this.isCongested(sync)) this.#sink?.congestionCleared(sync);
        },
      });
    }
  }

  attach(sink: BioSink): void {
    this.#sink = sink;
  }

  submitBio(
    op: number,
    sector: number,
    sectors: number,
    flags: number,
    task: number,
    cookie: number,
  ): Admission {
    this.sector = sector;
    return this.submit(op, sectors, flags, task, cookie);
  }

  submit(op: number, sectors: number, flags: number, task: number, cookie: number): Admission {
    const { sector } = this;
    const row = this.#take();
    this.op[row] = op;
    this.at[row] = sector;
    this.sectors[row] = sectors;
    this.flags[row] = flags;
    this.task[row] = task;
    this.#cookie[row] = cookie;
    this.#status[row] = Status.ok;
    this.#asleep[row] = 0;
    this.#flushes[row] = 0;
    this.outstandingBios++;
    // The row itself counts as a piece while pieces are handed out.
    this.#pending[row] = 1;
    if (op === Op.flush) this.#flushAll(row);
    else if ((flags & (preflush | barrier)) !== 0) {
      this.flags[row] &= ~preflush;
      this.#flushes[row] = 1;
      this.#flushAll(row);
    } else if (sector + sectors > this.capacitySectors) {
      this.pieceSector = Infinity;
      this.piece(row, 0, op, sectors);
    } else this.send(row);
    const isAsleep = this.#asleep[row] > 0;
    this.#pieceDone(row, Status.ok);
    return isAsleep ? Admission.sleeping : Admission.admitted;
  }

  /** Hands a read, write or discard to the members, by `piece`. */
  protected abstract send(row: number): void;

  /** All pieces handed out so far are done: a subclass may hand out more. */
  protected goOn(_row: number): void {}

  /** Hands one piece to a member, where `pieceSector` says. */
  protected piece(row: number, member: number, op: number, sectors: number): void {
    this.counters.pieces++;
    this.#pending[row]++;
    const queue = this.members[member];
    queue.sector = this.pieceSector;
    // What is read to compute parity needs no forced access.
    const flags = op === Op.read ? this.flags[row] & ~fua : this.flags[row];
    const admission = queue.submit(op, sectors, flags, this.task[row], row);
    if (admission === Admission.sleeping) this.#asleep[row]++;
  }

  #flushAll(row: number): void {
    for (let i = 0; i < this.members.length; i++) {
      this.pieceSector = 0;
      this.piece(row, i, Op.flush, 0);
    }
  }

  #pieceDone(row: number, status: Status): void {
    if (status !== Status.ok) this.#status[row] = status;
    if (--this.#pending[row] > 0) return;
    if (this.#status[row] === Status.ok) {
      this.#pending[row]++;
      if (this.#flushes[row] !== 0) {
        this.#flushes[row] = 0;
        this.send(row);
      } else this.goOn(row);
      if (--this.#pending[row] > 0) return;
    }
    this.outstandingBios--;
    this.#next[row] = this.#free;
    this.#free = row;
    this.#sink?.bioDone(this.#cookie[row], this.#lastDoneNs, this.#status[row] as Status);
  }

  setIoPriority(task: number, ioClass: IoClass, level?: number): void {
    for (const member of this.members) member.setIoPriority(task, ioClass, level);
  }

  taskSleeps(task: number): void {
    for (const member of this.members) member.taskSleeps(task);
  }

  startPlug(task: number): void {
    for (const member of this.members) member.startPlug(task);
  }

  finishPlug(task: number): void {
    for (const member of this.members) member.finishPlug(task);
  }

  unplug(): void {
    for (const member of this.members) member.unplug();
  }

  /** Any congested member makes the whole congested (raid0_congested and its like). */
  isCongested(sync: boolean): boolean {
    return this.members.some((member) => member.isCongested(sync));
  }

  nextEventNs(): number {
    let next = Infinity;
    for (const member of this.members) next = Math.min(next, member.nextEventNs());
    return next;
  }

  advanceTo(ns: number): void {
    for (const member of this.members) member.advanceTo(ns);
  }

  #take(): number {
    if (this.#free < 0) {
      if (this.#rows === this.op.length) this.grow(2 * this.#rows);
      return this.#rows++;
    }
    const row = this.#free;
    this.#free = this.#next[row];
    return row;
  }

  /** Makes room for more bios under way. */
  protected grow(rows: number): void {
    const grown = <T extends Uint8Array | Uint16Array | Uint32Array | Int32Array | Float64Array>(
      column: T,
    ): T => {
      const copy = new (column.constructor as new (length: number) => T)(rows);
      copy.set(column);
      return copy;
    };
    this.op = grown(this.op);
    this.at = grown(this.at);
    this.sectors = grown(this.sectors);
    this.flags = grown(this.flags);
    this.task = grown(this.task);
    this.#cookie = grown(this.#cookie);
    this.#pending = grown(this.#pending);
    this.#asleep = grown(this.#asleep);
    this.#status = grown(this.#status);
    this.#flushes = grown(this.#flushes);
    this.#next = grown(this.#next);
  }
}

/**
 * The flash array: dies that do one thing at a time, on channels that carry one transfer at a time.
 *
 * A die serves its reads in the order in which they came. Programs, erases and collection's reads
 * are *jobs*: one is started when the die is free and no read waits, or after a burst of reads, so
 * that they do not starve. A read costs one event (its sense ends, so the channel can be booked in
 * the order of readiness), a job one or two; everything else is arithmetic on the times at which
 * dies and channels get free.
 *
 * An event says only "look at this die": it counts when the die's operation ends right then. A job
 * that is suspended for a read gets a new end when it goes on.
 */

import { NO_BYTES, NO_FLOATS, NO_INTS } from '../../sim/columns.ts';
import type { EventQueue } from '../../sim/events.ts';
import type { Geometry } from './geometry.ts';
import { Stream } from './blocks.ts';
import type { SsdProfile } from './profile.ts';
import { CollectionRuns, Phase } from './collection-runs.ts';
import type { Collector } from './collector.ts';
import { ChannelTurns } from './channel-turns.ts';
import { IdleArray } from './idle.ts';
import type { Pending } from './idle-work.ts';
import { ReadRetry } from './read-retry.ts';
import { ReadRounds } from './read-rounds.ts';
import { ReadTable } from './read-table.ts';
import type { SlcCache } from './slc-cache.ts';
import { Suspension } from './suspension.ts';

export const DieWork = { none: 0, read: 1, program: 2, erase: 3, gcRead: 4 } as const;
export type DieWork = (typeof DieWork)[keyof typeof DieWork];

/** Who gives the array its jobs and hears what is done. */
export interface ArrayClient {
  /** A read's page is sensed; its data crosses the channel from `acrossFromNs` to `acrossNs`. */
  sensed(op: number): void;
  /** A read of the drive's own (`who` below zero) has come over the channel. */
  fetched(who: number): void;
  /** Whether the host's reads have to wait for what this die does. */
  holdsReads(die: number): boolean;
  /** Whether a job waits for this die; some do not count while a read waits for it as well. */
  hasJob(die: number, readWaits: boolean): boolean;
  /** Starts the die's next job now, through one of the `start` methods; false when there is none. */
  startJob(die: number, readWaits: boolean): boolean;
  /** A job is done. */
  jobDone(work: DieWork, lane: number, stream: Stream): void;
}

const NONE = -1;

/** Whether what a die collects follows from what it collected before, until somebody else wants it. */
function mayRun(profile: SsdProfile, geometry: Geometry): boolean {
  const { array, gc } = profile;
  return (
    geometry.lanes === geometry.dies &&
    array.commands_yield !== true &&
    array.shared_ready !== true &&
    array.read_retry === undefined &&
    array.idle === undefined &&
    profile.slc === undefined &&
    profile.ftl.cached_map === undefined &&
    gc.idle === undefined &&
    (gc.soft_free_blocks ?? 0) <= gc.start_free_blocks
  );
}

/** Times are handed over in fields (docs/HOT-PATH.md). */
export class FlashArray {
  readonly reads = new ReadTable();
  /** Operand of `read`: when the die may start, ns. */
  readyNs = NaN;
  /** For `sensed`: when the read's data begins to cross the channel, and when it is across, ns. */
  acrossFromNs = NaN;
  acrossNs = NaN;
  /** Result of booking a channel: when the transfer ends, ns. */
  #bookedNs = NaN;
  /** Operand of `#wakeAt`, ns. */
  #wakeAtNs = NaN;
  /** Operand of `#use`, ns. */
  #busyUntilNs = NaN;

  readonly #geometry: Geometry;
  readonly #events: EventQueue;
  readonly #client: ArrayClient;
  readonly #slc: SlcCache | undefined;
  readonly #hold: boolean;
  readonly #burst: number = 0;
  readonly #sendsPadding: boolean;
  readonly #copyback: boolean;
  readonly #restNs: number = NaN;
  readonly #idle: IdleArray | undefined;
  readonly #runs: CollectionRuns | undefined;
  readonly #turns: ChannelTurns | undefined;
  readonly #rounds: ReadRounds | undefined;
  readonly #pairs: boolean;
  readonly #onEnd: number = 0;
  readonly #onFree: number = 0;
  readonly #onAcross: number = 0;

  readonly #work: Uint8Array = NO_BYTES;
  /** The lane of the job, and the read; a suspended job keeps its lane while the die reads. */
  readonly #lane: Int32Array = NO_INTS;
  readonly #reading: Int32Array = NO_INTS;
  readonly #stream: Uint8Array = NO_BYTES;
  /** Planes beyond the job's own whose lanes' programs the same command does, as bits from the job's plane on. */
  readonly #joined: Int32Array = NO_INTS;
  readonly #bytes: Int32Array = NO_INTS;
  /** When the work's cell phase ends; when the die is free after what is booked. */
  readonly #endNs: Float64Array = NO_FLOATS;
  readonly #freeNs: Float64Array = NO_FLOATS;
  readonly #wakeNs: Float64Array = NO_FLOATS;
  /** Numbers of the pending events, in the order in which they were scheduled. */
  readonly #endOrder: Float64Array = NO_FLOATS;
  readonly #wakeOrder: Float64Array = NO_FLOATS;
  /** How often the page being read has to be read again, and how long its sense takes, ns. */
  readonly #again: Uint8Array = NO_BYTES;
  readonly #senseNs: Float64Array = NO_FLOATS;
  readonly #retry: ReadRetry | undefined;
  readonly #firstRead: Int32Array = NO_INTS;
  readonly #lastRead: Int32Array = NO_INTS;
  readonly #readsInRow: Int32Array = NO_INTS;
  /** When the job's cells began; the job that is suspended (none: 0), and what it has left, ns. */
  readonly #cellNs: Float64Array = NO_FLOATS;
  readonly #suspended: Uint8Array = NO_BYTES;
  readonly #leftNs: Float64Array = NO_FLOATS;
  /** How often the job has been suspended. */
  readonly #suspends: Int32Array = NO_INTS;
  readonly #suspension: Suspension;
  readonly #channelFreeNs: Float64Array = NO_FLOATS;

  /** @param seed of the random streams */
  constructor(
    geometry: Geometry,
    profile: SsdProfile,
    events: EventQueue,
    client: ArrayClient,
    seed: number,
    slc?: SlcCache,
  ) {
    this.#geometry = geometry;
    this.#events = events;
    this.#client = client;
    this.#slc = slc;
    this.#hold = profile.array.hold_during_transfer;
    this.#burst = profile.array.read_burst;
    this.#sendsPadding = profile.array.sends_padding ?? true;
    this.#copyback = profile.gc.copyback ?? false;
    this.#restNs = Math.round((profile.array.rest_after_program_us ?? 0) * 1000);
    this.#idle = profile.array.idle && new IdleArray(profile.array.idle);
    this.#onEnd = events.register((die) => this.#ended(die));
    this.#onFree = events.register((die) => this.#woken(die));
    this.#onAcross = events.register((op) => this.#across(op));
    const { dies } = geometry;
    this.#work = new Uint8Array(dies);
    this.#lane = new Int32Array(dies);
    this.#reading = new Int32Array(dies);
    this.#stream = new Uint8Array(dies);
    this.#joined = new Int32Array(dies);
    this.#bytes = new Int32Array(dies);
    this.#endNs = new Float64Array(dies).fill(-1);
    this.#freeNs = new Float64Array(dies);
    this.#wakeNs = new Float64Array(dies).fill(-1);
    this.#endOrder = new Float64Array(dies);
    this.#wakeOrder = new Float64Array(dies);
    this.#again = new Uint8Array(dies);
    this.#senseNs = new Float64Array(dies);
    const retry = profile.array.read_retry;
    this.#retry = retry === undefined ? undefined : new ReadRetry(retry, seed, profile.name);
    this.#firstRead = new Int32Array(dies).fill(NONE);
    this.#lastRead = new Int32Array(dies).fill(NONE);
    this.#readsInRow = new Int32Array(dies);
    this.#cellNs = new Float64Array(dies);
    this.#suspended = new Uint8Array(dies);
    this.#leftNs = new Float64Array(dies);
    this.#suspends = new Int32Array(dies);
    this.#suspension = new Suspension(profile);
    this.#channelFreeNs = new Float64Array(geometry.channels);
    this.#pairs = (profile.array.pairs_planes ?? false) !== false;
    if (mayRun(profile, geometry)) {
      this.#runs = new CollectionRuns(geometry, events, {
        channelFreeNs: this.#channelFreeNs,
        copyback: this.#copyback,
        restNs: this.#restNs,
        leave: (die) => this.#leaveRun(die),
      });
    }
    if (profile.array.commands_yield === true) {
      this.#turns = new ChannelTurns(geometry, events, this.#channelFreeNs, (die) =>
        this.kick(die),
      );
    }
    if (profile.array.shared_ready === true) {
      this.#rounds = new ReadRounds(geometry, events, (die) => this.kick(die));
    }
  }

  /** Whose runs it works off; set once. */
  attach(collector: Collector): void {
    this.#runs?.attach(collector);
  }

  /**
   * Asks for a page (or a row of pages) to be read, from `readyNs` on.
   * @param who comes back in `opWho`; below zero for a read of the drive's own
   * @param physical a unit of the row
   * @param channelBytes what leaves the die
   * @param hostBytes what of it goes on to the host
   */
  read(who: number, physical: number, channelBytes: number, hostBytes: number): void {
    const geometry = this.#geometry;
    const die = geometry.dieOfLane((physical / geometry.unitsPerLane) | 0);
    const op = this.reads.take(who, channelBytes, hostBytes);
    this.reads.readyNs[op] = this.readyNs;
    this.reads.senseNs[op] = this.#senseTime(physical, channelBytes);
    if (this.#pairs) this.#setPage(op, physical);
    if (this.#firstRead[die] === NONE) this.#firstRead[die] = op;
    else this.reads.next[this.#lastRead[die]] = op;
    this.#lastRead[die] = op;
    this.#runs?.end(die);
    const work = this.#work[die] as DieWork;
    const isJob = work === DieWork.program || work === DieWork.erase;
    if (isJob && !this.#client.holdsReads(die)) this.#suspend(die, work);
    this.kick(die);
  }

  #senseTime(physical: number, bytes: number): number {
    const slc = this.#slc;
    return slc !== undefined && slc.holds[this.#geometry.blockOf(physical)] === 1
      ? slc.senseNs
      : this.#geometry.senseTime(physical, bytes);
  }

  /** Stops the die's job for a read that may start at `readyNs`, if the profile lets it and it is worth it. */
  #suspend(die: number, work: DieWork): void {
    const suspension = this.#suspension;
    const end = this.#endNs[die];
    suspension.cellNs = this.#cellNs[die];
    suspension.fromNs = this.readyNs;
    suspension.find(work, this.#suspends[die]);
    const point = suspension.pointNs;
    const stopped = suspension.stoppedNs;
    if (!(stopped < end)) return;
    this.#suspended[die] = work;
    this.#leftNs[die] = end - point;
    this.#suspends[die]++;
    this.#work[die] = DieWork.none;
    this.#endNs[die] = -1;
    this.#freeNs[die] = stopped;
    this.#readsInRow[die] = 0;
  }

  /** Goes on with the job that was suspended. */
  #resume(die: number): void {
    const start = this.#events.nowNs + this.#suspension.resumeNs;
    this.#work[die] = this.#suspended[die];
    this.#suspended[die] = DieWork.none;
    this.#cellNs[die] = start;
    this.#readsInRow[die] = 0;
    this.#endNs[die] = start + this.#leftNs[die];
    this.#end(die);
  }

  /** Whether the die is at something, be it at a job that is suspended for a read. */
  isWorking(die: number): boolean {
    return this.#work[die] !== DieWork.none || this.#suspended[die] !== DieWork.none;
  }

  /** Lets a die that does nothing start on what waits for it. */
  kick(die: number): void {
    if (this.#work[die] !== DieWork.none) return;
    const hasRead = this.#firstRead[die] !== NONE && !this.#client.holdsReads(die);
    const isSuspended = this.#suspended[die] !== DieWork.none;
    const hasJob = isSuspended || this.#client.hasJob(die, hasRead);
    if (this.#turns !== undefined && (hasRead || hasJob) && !this.#mayCommand(die, this.#turns)) {
      return;
    }
    if (hasRead && (!hasJob || this.#readsInRow[die] < this.#burst)) {
      this.#startRead(die, hasJob);
    } else if (hasJob) {
      const now = this.#events.nowNs;
      const free = this.#freeNs[die];
      if (free > now) {
        // Not committed before the die is free: a read may yet come.
        this.#wakeAtNs = free;
        this.#wakeAt(die);
      } else if (isSuspended) {
        this.#resume(die);
      } else {
        this.#readsInRow[die] = 0;
        const isStarted = this.#client.startJob(die, hasRead);
        if (isStarted || this.#firstRead[die] === NONE) return;
        // One that was held up until now may not be there yet.
        if (this.#turns === undefined || this.#mayCommand(die, this.#turns)) {
          this.#startRead(die, false);
        }
      }
    }
  }

  /** Whether the die is free and its channel idle; if not, it is kicked when that changes. */
  #mayCommand(die: number, turns: ChannelTurns): boolean {
    const read = this.#client.holdsReads(die) ? NONE : this.#firstRead[die];
    const ready = read === NONE ? 0 : this.reads.readyNs[read];
    const at = Math.max(this.#freeNs[die], ready);
    if (at <= this.#events.nowNs) return turns.mayStart(die);
    this.#wakeAtNs = at;
    this.#wakeAt(die);
    return false;
  }

  /** Whether the die is free, the read there and its chip between two rounds; if not, it is kicked when that changes. */
  #mayBegin(die: number, rounds: ReadRounds): boolean {
    const at = Math.max(this.#freeNs[die], this.reads.readyNs[this.#firstRead[die]]);
    if (at <= this.#events.nowNs) return rounds.mayBegin(die);
    this.#wakeAtNs = at;
    this.#wakeAt(die);
    return false;
  }

  /** Starts a program of `held` bytes and padding on a free die: the data crosses the channel, then the cells are programmed. */
  startProgram(lane: number, stream: Stream, physical: number, held: number): void {
    const geometry = this.#geometry;
    const slc = stream === this.#slc?.stream ? this.#slc : undefined;
    const isInside = this.#copyback && stream === Stream.gc;
    const die = geometry.dieOfLane(lane);
    this.#bookChannel(die, isInside ? 0 : this.#sentFor(stream, held), true);
    this.#cellNs[die] = this.#bookedNs;
    const cells = slc === undefined ? geometry.programTime(physical) : slc.programNs;
    this.#startJob(die, DieWork.program, lane, stream, cells);
  }

  /** What of a program that holds so much crosses the channel, bytes. */
  #sentFor(stream: Stream, held: number): number {
    if (!this.#sendsPadding) return held;
    const slc = stream === this.#slc?.stream ? this.#slc : undefined;
    const units = slc === undefined ? this.#geometry.unitsPerProgram : slc.unitsPerProgram;
    return units * this.#geometry.unitBytes;
  }

  /** Puts another plane's program, of the page of the same number, into the command just started. */
  joinProgram(lane: number, held: number): void {
    const geometry = this.#geometry;
    const die = geometry.dieOfLane(lane);
    const bytes = this.#sentFor(this.#stream[die], held);
    this.#bookChannel(die, bytes, false);
    const added = this.#bookedNs - this.#cellNs[die];
    const planes = (lane - this.#lane[die] + geometry.lanes) % geometry.lanes;
    this.#joined[die] |= 1 << (planes / geometry.planeStride);
    this.#cellNs[die] += added;
    this.#endNs[die] += added;
    this.#end(die);
  }

  startErase(lane: number, stream: Stream): void {
    const die = this.#geometry.dieOfLane(lane);
    this.#cellNs[die] = this.#turns === undefined ? this.#events.nowNs : this.#command(die);
    this.#startJob(die, DieWork.erase, lane, stream, this.#geometry.eraseNs);
  }

  /** Starts a page read of collection's, `bytes` of which leave the die. */
  startGcRead(lane: number, stream: Stream, physical: number, bytes: number): void {
    const die = this.#geometry.dieOfLane(lane);
    this.#bytes[die] = this.#copyback ? 0 : bytes;
    let sense = this.#senseTime(physical, bytes);
    const retry = this.#retry;
    if (retry !== undefined) sense = this.#drawRetries(die, sense, retry);
    this.#cellNs[die] = this.#turns === undefined ? this.#events.nowNs : this.#command(die);
    this.#startJob(die, DieWork.gcRead, lane, stream, sense);
  }

  /** Has a lane of a free die collect without the event queue, if no read waits and it is worth it. */
  startRun(lane: number): boolean {
    const die = this.#geometry.dieOfLane(lane);
    if (this.#runs === undefined || this.#firstRead[die] !== NONE) return false;
    if (!this.#runs.begin(die)) return false;
    // Whatever the run is at; `#leaveRun` tells.
    this.#work[die] = DieWork.gcRead;
    return true;
  }

  /** A die comes back from a run, at whatever it is doing. */
  #leaveRun(die: number): void {
    const runs = this.#runs!;
    const until = runs.stepNs[die];
    const phase = runs.phase[die] as Phase;
    this.#lane[die] = die;
    this.#stream[die] = Stream.gc;
    this.#cellNs[die] = runs.cellNs[die];
    this.#readsInRow[die] = 0;
    this.#suspends[die] = 0;
    this.#joined[die] = 0;
    if (phase === Phase.sensing || phase === Phase.programming) {
      this.#work[die] = phase === Phase.sensing ? DieWork.gcRead : DieWork.program;
      this.#bytes[die] = runs.bytesOut(die);
      this.#endNs[die] = until;
      this.#endOrder[die] = runs.order[die];
      this.#postStep(runs, die, this.#onEnd);
      return;
    }
    // What it did is done, and told; it is free when that has come over the channel, or after its rest.
    this.#work[die] = DieWork.none;
    this.#client.jobDone(DieWork.gcRead, this.#lane[die], Stream.gc);
    this.#freeNs[die] = until;
    this.#wakeNs[die] = until;
    this.#wakeOrder[die] = runs.order[die];
    this.#postStep(runs, die, this.#onFree);
  }

  /** The event queue takes the next step of a run in its place. */
  #postStep(runs: CollectionRuns, die: number, handler: number): void {
    this.#events.atNs = runs.stepNs[die];
    this.#events.sequence = runs.order[die];
    this.#events.postReserved(handler, die);
  }

  /** A unit of what a lane empties has gone stale: a run may end sooner than was known. */
  victimLost(lane: number): void {
    this.#runs?.end(this.#geometry.dieOfLane(lane));
  }

  /** What runs have moved by now is told. */
  catchUp(): void {
    this.#runs?.catchUp();
  }

  #startRead(die: number, jobWaits: boolean): void {
    if (this.#rounds !== undefined && !this.#mayBegin(die, this.#rounds)) return;
    const op = this.#firstRead[die];
    this.#firstRead[die] = this.reads.next[op];
    this.#readsInRow[die] = jobWaits ? this.#readsInRow[die] + 1 : 0;
    let start = Math.max(this.#events.nowNs, this.#freeNs[die], this.reads.readyNs[op]);
    const idle = this.#idle;
    if (idle !== undefined) {
      idle.startNs = start;
      idle.begin();
      start = idle.startNs;
    }
    if (this.#turns !== undefined) start = this.#command(die);
    this.reads.startNs[op] = start;
    if (this.#pairs) this.#pairReads(die, op);
    this.#work[die] = DieWork.read;
    this.#reading[die] = op;
    let sense = this.reads.senseNs[op];
    const retry = this.#retry;
    if (retry !== undefined) sense = this.#drawRetries(die, sense, retry);
    this.#endNs[die] = start + sense;
    this.#end(die);
  }

  /** Sends a command that has no data, where commands yield to data; returns when it is in, ns. */
  #command(die: number): number {
    const end = this.#events.nowNs + this.#geometry.channelCommandNs;
    this.#channelFreeNs[this.#geometry.channelOfDie(die)] = end;
    return end;
  }

  #setPage(op: number, physical: number): void {
    const geometry = this.#geometry;
    const lane = (physical / geometry.unitsPerLane) | 0;
    const die = geometry.trueDieOfLane(lane);
    this.reads.pageKey[op] = die * geometry.unitsPerBlock + geometry.pageOf(physical);
    this.reads.plane[op] = (lane / geometry.planeStride) | 0;
  }

  /** Takes reads of the same page number in the die's other planes out of the line, into one command. */
  #pairReads(die: number, op: number): void {
    const { next, pair, pageKey, plane, readyNs, startNs } = this.reads;
    let planes = 1 << plane[op];
    let last = op;
    let before = NONE;
    for (let at = this.#firstRead[die]; at !== NONE; at = next[at]) {
      const isSame = pageKey[at] === pageKey[op] && (planes & (1 << plane[at])) === 0;
      if (!isSame || readyNs[at] > startNs[op]) {
        before = at;
        continue;
      }
      planes |= 1 << plane[at];
      if (before === NONE) this.#firstRead[die] = next[at];
      else next[before] = next[at];
      if (this.#lastRead[die] === at) this.#lastRead[die] = before;
      startNs[at] = startNs[op];
      pair[last] = at;
      last = at;
    }
  }

  /** Draws a sense's retries; returns what the first sense takes, ns. */
  #drawRetries(die: number, senseNs: number, retry: ReadRetry): number {
    retry.draw();
    this.#again[die] = retry.extraReads;
    this.#senseNs[die] = senseNs;
    return senseNs + retry.addedNs;
  }

  /** What was read has to cross the channel before it is known to be no good; then it is sensed again. */
  #readAgain(die: number, work: DieWork): void {
    const bytes =
      work === DieWork.read ? this.reads.channelBytes[this.#reading[die]] : this.#bytes[die];
    this.#again[die]--;
    this.#bookChannel(die, bytes, true);
    this.#endNs[die] = this.#bookedNs + this.#senseNs[die];
    this.#end(die);
  }

  /** Starts a job whose cells begin at `#cellNs`, the data being in the die's register, and take `cellsNs`. */
  #startJob(die: number, work: DieWork, lane: number, stream: Stream, cellsNs: number): void {
    this.#endNs[die] = this.#cellNs[die] + cellsNs;
    if (this.#idle !== undefined) {
      this.#busyUntilNs = this.#endNs[die];
      this.#use(this.#idle);
    }
    this.#work[die] = work;
    this.#lane[die] = lane;
    this.#stream[die] = stream;
    this.#suspends[die] = 0;
    this.#joined[die] = 0;
    this.#end(die);
  }

  /** The array is at work until `#busyUntilNs`. */
  #use(idle: IdleArray): void {
    idle.untilNs = Math.max(idle.untilNs, this.#events.nowNs, this.#busyUntilNs);
  }

  /** The die's work ends at `#endNs`. */
  #end(die: number): void {
    this.#runs?.schedules(die);
    this.#endOrder[die] = this.#events.nextSequence;
    this.#events.atNs = this.#endNs[die];
    this.#events.post(this.#onEnd, die);
  }

  #wakeAt(die: number): void {
    if (this.#wakeNs[die] === this.#wakeAtNs) return;
    this.#wakeNs[die] = this.#wakeAtNs;
    this.#wake(die);
  }

  /** The die is to be looked at again at `#wakeNs`. */
  #wake(die: number): void {
    this.#runs?.schedules(die);
    this.#wakeOrder[die] = this.#events.nextSequence;
    this.#events.atNs = this.#wakeNs[die];
    this.#events.post(this.#onFree, die);
  }

  #woken(die: number): void {
    // Else a snapshot taken now would have it happen again.
    if (this.#wakeNs[die] === this.#events.nowNs) {
      this.#wakeNs[die] = -1;
      this.#runs?.comes(die, this.#wakeOrder);
    }
    this.kick(die);
  }

  /** A read of the drive's own is across the channel at its `acrossNs`. */
  #arrives(op: number): void {
    this.reads.acrossOrder[op] = this.#events.nextSequence;
    this.#events.atNs = this.reads.acrossNs[op];
    this.#events.post(this.#onAcross, op);
  }

  #across(op: number): void {
    // Not this read's: the drive was set back to a snapshot meanwhile.
    if (this.reads.acrossNs[op] !== this.#events.nowNs) return;
    this.reads.acrossNs[op] = -1;
    const who = this.reads.who[op];
    this.reads.free(op);
    this.#client.fetched(who);
  }

  #ended(die: number): void {
    const now = this.#events.nowNs;
    const work = this.#work[die] as DieWork;
    if (work === DieWork.none || this.#endNs[die] !== now) return;
    this.#runs?.comes(die, this.#endOrder);
    if (this.#again[die] > 0 && (work === DieWork.read || work === DieWork.gcRead)) {
      this.#readAgain(die, work);
      return;
    }
    if (work === DieWork.read && this.#rounds !== undefined) {
      // A job's end that was given up may fall on the same moment.
      if (!this.#rounds.isWaiting(die) && this.#rounds.isLast(die))
        this.#endRound(die % this.#geometry.chips, this.#rounds);
      return;
    }
    this.#work[die] = DieWork.none;
    this.#freeNs[die] = work === DieWork.program ? now + this.#restNs : now;
    if (work === DieWork.read) {
      this.#sendReads(die);
    } else {
      if (work === DieWork.gcRead) {
        this.#bookChannel(die, this.#bytes[die], this.#turns === undefined);
        this.#freeNs[die] = this.#bookedNs;
      }
      this.#finishJob(die, work);
    }
    this.kick(die);
  }

  /** All of a chip's dies that read have sensed: their data crosses the channel, and then it reads on. */
  #endRound(chip: number, rounds: ReadRounds): void {
    const { dies, chips } = this.#geometry;
    for (let die = chip; die < dies; die += chips) {
      if (!rounds.isWaiting(die)) continue;
      rounds.sent(die);
      this.#work[die] = DieWork.none;
      this.#freeNs[die] = this.#events.nowNs;
      this.#sendReads(die);
    }
    rounds.endNs = this.#bookedNs;
    rounds.endsAt(chip);
    // Jobs need not wait for that.
    for (let die = chip; die < dies; die += chips) this.kick(die);
  }

  /** Sends what the die's read sensed, of one plane or several. */
  #sendReads(die: number): void {
    for (let op = this.#reading[die]; op !== NONE;) {
      const next = this.reads.pair[op];
      this.#sendRead(die, op);
      op = next;
    }
  }

  /** A read's page is sensed: its data crosses the channel. */
  #sendRead(die: number, op: number): void {
    const bytes = this.reads.channelBytes[op];
    this.#bookChannel(die, bytes, this.#turns === undefined);
    const end = this.#bookedNs;
    if (this.#idle !== undefined) {
      this.#busyUntilNs = end;
      this.#use(this.#idle);
    }
    if (this.#hold) this.#freeNs[die] = end;
    if (this.reads.who[op] < 0) {
      this.reads.acrossNs[op] = end;
      this.#arrives(op);
    } else {
      this.acrossFromNs = end - this.#geometry.channelTime(bytes);
      this.acrossNs = end;
      this.#client.sensed(op);
      this.reads.free(op);
    }
  }

  #finishJob(die: number, work: DieWork): void {
    const lane = this.#lane[die];
    const stream = this.#stream[die];
    const joined = this.#joined[die];
    if (joined === 0) {
      this.#client.jobDone(work, lane, stream);
      return;
    }
    // Nothing new is begun before all of its planes are through, or one might be begun again.
    const { lanes, planeStride } = this.#geometry;
    this.#work[die] = work;
    this.#client.jobDone(work, lane, stream);
    for (let bits = joined, plane = 0; bits !== 0; bits >>= 1, plane++) {
      if ((bits & 1) === 0) continue;
      this.#client.jobDone(work, (lane + plane * planeStride) % lanes, stream);
    }
    this.#work[die] = DieWork.none;
  }

  /** Books the die's channel for data, and the command before it, from now on; `#bookedNs` is the end. */
  #bookChannel(die: number, bytes: number, hasCommand: boolean): void {
    const geometry = this.#geometry;
    const channel = geometry.channelOfDie(die);
    this.#runs?.settle(channel);
    const start = Math.max(this.#events.nowNs, this.#channelFreeNs[channel]);
    const command = hasCommand ? geometry.channelCommandNs : 0;
    const end = start + command + geometry.channelTime(bytes);
    this.#channelFreeNs[channel] = end;
    this.#bookedNs = end;
  }

  get jobsUnderWay(): number {
    let jobs = 0;
    this.#work.forEach((work, die) => {
      if (work <= DieWork.read && this.#suspended[die] === DieWork.none) return;
      for (let bits = this.#joined[die]; bits !== 0; bits &= bits - 1) jobs++;
    });
    jobs += this.#work.reduce((n, work) => n + Number(work > DieWork.read), 0);
    return this.#suspended.reduce((n, work) => n + Number(work !== DieWork.none), jobs);
  }

  /**
   * All that is under way, reads of the drive's own included (no request is outstanding, so there
   * are no others), its times relative to the present.
   */
  save() {
    const now = this.#events.nowNs;
    this.catchUp();
    const relative = (times: Float64Array) => times.map((ns) => ns - now);
    return {
      runs: this.#runs?.save(),
      work: this.#work.slice(),
      lane: this.#lane.slice(),
      reading: this.#reading.slice(),
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
      reads: this.reads.save(now),
      suspended: this.#suspended.slice(),
      leftNs: this.#leftNs.slice(),
      cellNs: relative(this.#cellNs),
      suspends: this.#suspends.slice(),
      again: this.#again.slice(),
      senseNs: this.#senseNs.slice(),
      retry: this.#retry?.save(),
      idleSinceNs: this.#idle?.save(now),
      joined: this.#joined.slice(),
      turns: this.#turns?.save(),
      ...(this.#rounds && { rounds: this.#rounds.save() }),
    };
  }

  /**
   * Goes on from there, from the present on.
   * @param others events of the drive's that it schedules among its own
   */
  load(saved: ReturnType<FlashArray['save']>, others: readonly Pending[] = []): void {
    const now = this.#events.nowNs;
    const absolute = (times: Float64Array) => times.map((ns) => ns + now);
    this.#work.set(saved.work);
    this.#lane.set(saved.lane);
    this.#reading.set(saved.reading);
    this.#stream.set(saved.stream);
    this.#bytes.set(saved.bytes);
    this.#freeNs.set(absolute(saved.freeNs));
    this.#firstRead.set(saved.firstRead);
    this.#lastRead.set(saved.lastRead);
    this.#readsInRow.set(saved.readsInRow);
    this.#channelFreeNs.set(absolute(saved.channelFreeNs));
    this.reads.load(saved.reads, now);
    this.#suspended.set(saved.suspended);
    this.#leftNs.set(saved.leftNs);
    this.#cellNs.set(absolute(saved.cellNs));
    this.#suspends.set(saved.suspends);
    this.#again.set(saved.again);
    this.#senseNs.set(saved.senseNs);
    if (saved.retry !== undefined) this.#retry?.load(saved.retry);
    if (saved.idleSinceNs !== undefined) this.#idle?.load(saved.idleSinceNs, now);
    this.#joined.set(saved.joined);
    this.#endNs.fill(-1);
    this.#wakeNs.fill(-1);
    // In the order in which they were scheduled, so that ties fall as they would have.
    const turns = saved.turns === undefined ? undefined : this.#turns?.load(saved.turns);
    const rounds = saved.rounds === undefined ? undefined : this.#rounds?.load(saved.rounds);
    const runs = saved.runs === undefined ? undefined : this.#runs?.load(saved.runs);
    const pending: Pending[] = [...others, ...(turns ?? []), ...(rounds ?? []), ...(runs ?? [])];
    saved.work.forEach((work, die) => {
      const isElsewhere =
        this.#rounds?.isWaiting(die) === true ||
        (saved.runs?.phase[die] ?? Phase.none) !== Phase.none;
      if (work !== DieWork.none && !isElsewhere) {
        this.#endNs[die] = saved.endNs[die] + now;
        pending.push({ order: saved.endOrder[die], schedule: () => this.#end(die) });
      }
      if (saved.wakeNs[die] >= 0) {
        this.#wakeNs[die] = saved.wakeNs[die] + now;
        pending.push({ order: saved.wakeOrder[die], schedule: () => this.#wake(die) });
      }
    });
    saved.reads.isAcross.forEach((isAcross, op) => {
      if (isAcross === 1) {
        this.reads.acrossNs[op] = saved.reads.acrossNs[op] + now;
        pending.push({ order: saved.reads.acrossOrder[op], schedule: () => this.#arrives(op) });
      }
    });
    pending.sort((a, b) => a.order - b.order);
    for (const { schedule } of pending) schedule();
  }
}

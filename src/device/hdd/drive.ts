/**
 * The rotational drive: command in, completion time out.
 *
 * A request costs one event, its completion: overhead, seek, rotation, transfer and link are one time
 * in closed form. Here commands are taken up, in turn with flushes, which are not queued, and reads are
 * served from the buffer. Who has the medium is in `arbiter.ts`, what a request does there in `medium.ts`.
 */

import type { CompletionSink, Device, DeviceCounters, DeviceOptions } from '../device.ts';
import { timeless, type TimelessSink } from '../sink.ts';
import type { DeviceSnapshot } from '../device.ts';
import { DeviceFlag, Op, Status } from '../device.ts';
import { Arbiter } from './arbiter.ts';
import type { Counting } from './counting.ts';
import type { Destage } from './destage.ts';
import type { Durability, SectorRow } from './durability.ts';
import { Part, PARTS, type Explanation } from './explanation.ts';
import type { Link } from './link.ts';
import type { Overhead } from './overhead.ts';
import { makeParts, type Parts } from './parts.ts';
import type { HddProfile } from './profile.ts';
import type { ReadCache } from './read-cache.ts';
import type { Requests } from './requests.ts';
import { loadState, saveState } from './state.ts';
import { TagFifo } from './tag-fifo.ts';
import { WriteBuffer } from './write-buffer.ts';
import type { EventQueue } from '../../sim/events.ts';

export class HddDrive implements Device {
  sector = NaN;
  readonly name: string;
  readonly capacitySectors: number = NaN;
  readonly queueDepth: number = 0;
  readonly rotational = true;
  readonly volatileCache: boolean;
  readonly supportsFua: boolean;
  readonly supportsDiscard = false;
  readonly explainParts = PARTS;

  readonly #events: EventQueue;
  readonly #parts: Parts;
  readonly #requests: Requests;
  readonly #readCache: ReadCache;
  readonly #destage: Destage;
  readonly #link: Link;
  readonly #overhead: Overhead;
  readonly #buffer: WriteBuffer;
  readonly #arbiter: Arbiter;
  readonly #counting: Counting;
  readonly #explanation: Explanation | undefined;
  readonly #durability: Durability | undefined;
  readonly #isWatched: boolean;
  readonly #hitsOnWrites: boolean;
  #sink: TimelessSink | undefined;

  /** Outstanding requests the drive is at work on: all but the flush and what waits behind it. */
  #working = 0;
  /** Commands that wait behind a flush. */
  readonly #held: TagFifo;
  #flushTag = -1;
  /** Of a read that the buffer serves: when the command is understood, and its data there, ns. */
  #hitNs = NaN;
  #readyNs = NaN;

  constructor(profile: HddProfile, events: EventQueue, options: DeviceOptions) {
    this.name = profile.name;
    this.queueDepth = profile.queue.depth;
    this.volatileCache = profile.writeCache.acknowledge === 'buffer';
    this.supportsFua = profile.fua;
    this.#events = events;
    const finish = events.register((tag) => this.#finished(tag));
    const parts = makeParts(profile, events, options, finish);
    this.capacitySectors = parts.mechanism.geometry.capacitySectors;
    this.#parts = parts;
    this.#requests = parts.requests;
    this.#readCache = parts.readCache;
    this.#destage = parts.destage;
    this.#link = parts.link;
    this.#overhead = parts.overhead;
    this.#counting = parts.counting;
    this.#explanation = parts.explanation;
    this.#durability = parts.durability;
    this.#isWatched = this.#explanation !== undefined || this.#durability !== undefined;
    this.#buffer = new WriteBuffer(this.queueDepth, parts);
    this.#arbiter = new Arbiter(profile, parts, this.#buffer);
    this.#hitsOnWrites = profile.cache.hitsOnWrites;
    this.#held = new TagFifo(this.queueDepth);
  }

  attach(sink: CompletionSink): void {
    this.#sink = timeless(sink, this.#events);
  }

  get counters(): Readonly<DeviceCounters> {
    this.#arbiter.catchUp();
    this.#counting.update();
    const { counted } = this.#counting;
    counted.seeks = this.#parts.mechanism.seeks;
    counted.seekCylinders = this.#parts.mechanism.seekCylinders;
    return counted;
  }

  nextEventNs(): number {
    return this.#events.nextEventNs();
  }

  advanceTo(ns: number): void {
    this.#events.advanceTo(ns);
  }

  submit(tag: number, op: Op, sector: number, sectors: number, flags: number): void {
    // No more than this, so that V8 inlines it and `sector` is not boxed.
    this.sector = sector;
    this.start(tag, op, sectors, flags);
  }

  start(tag: number, op: Op, sectors: number, flags: number): void {
    const requests = this.#requests;
    // Undefined for what is no tag.
    if (requests.isOutstanding[tag] !== 0) throw this.#refused(tag);
    requests.isOutstanding[tag] = 1;
    requests.op[tag] = op;
    requests.lbn[tag] = this.sector;
    requests.sectors[tag] = sectors;
    requests.flags[tag] = flags;
    requests.arrivedNs[tag] = this.#events.nowNs;
    requests.status[tag] = Status.ok;
    if (this.#isWatched) this.#explanation?.begin(tag);
    this.#counting.begin();
    if (this.#flushTag >= 0) this.#held.push(tag);
    else this.#begin(tag);
  }

  #refused(tag: number): RangeError {
    if (this.#requests.isOutstanding[tag] === 1) return new RangeError(`tag ${tag} is outstanding`);
    return new RangeError(`tag ${tag}: expected 0..${this.queueDepth - 1}`);
  }

  /** Takes up a command. */
  #begin(tag: number): void {
    const requests = this.#requests;
    const { counted } = this.#counting;
    const { nowNs } = this.#events;
    this.#arbiter.catchUp();
    this.#buffer.lastCommandNs = nowNs;
    const op = requests.op[tag] as Op;
    const lbn = requests.lbn[tag];
    const sectors = requests.sectors[tag];
    if (op === Op.flush) {
      counted.flushes++;
      this.#flushTag = tag;
      if (this.#working === 0) this.#startFlush();
      return;
    }
    this.#working++;
    requests.readyNs[tag] = nowNs;
    this.#explanation?.add(tag, Part.queue, nowNs - requests.arrivedNs[tag]);
    if (!(lbn >= 0 && sectors > 0 && lbn + sectors <= this.capacitySectors)) {
      requests.status[tag] = Status.outOfRange;
      this.#takeNote(tag);
      return;
    }
    switch (op) {
      case Op.read:
        counted.reads++;
        counted.sectorsRead += sectors;
        this.#read(tag);
        break;
      case Op.discard:
        // The drive knows no discard: it takes note of the command, and of nothing else.
        counted.discards++;
        this.#takeNote(tag);
        break;
      default:
        if (op === Op.writeZeroes) counted.discards++;
        else counted.writes++;
        counted.sectorsWritten += sectors;
        this.#write(tag);
    }
  }

  /** A command that there is nothing to do for. */
  #takeNote(tag: number): void {
    const overhead = this.#overhead;
    this.#requests.doneNs = this.#events.nowNs + overhead.commandNs[overhead.kind(false, false)];
    this.#requests.complete(tag);
  }

  #read(tag: number): void {
    const requests = this.#requests;
    const readCache = this.#readCache;
    const destage = this.#destage;
    const overhead = this.#overhead;
    const arbiter = this.#arbiter;
    const { nowNs } = this.#events;
    const lbn = requests.lbn[tag];
    const endLbn = lbn + requests.sectors[tag];
    this.#hitNs = nowNs + overhead.commandNs[overhead.kind(false, false)] + overhead.dataNs;
    if (this.#hitsOnWrites) {
      destage.lbn = lbn;
      destage.endLbn = endLbn;
      if (destage.holds()) {
        this.#readyNs = this.#hitNs;
        this.#serveHit(tag);
        return;
      }
    }
    readCache.lbn = lbn;
    readCache.endLbn = endLbn;
    readCache.atNs = nowNs;
    const segment = readCache.hit();
    if (segment >= 0) {
      this.#readyNs = readCache.readyNs[segment];
      this.#serveHit(tag);
      return;
    }
    // The head may be on its way there: the request is served as the sectors come by.
    if (arbiter.pending.length === 0 && readCache.joins()) {
      this.#readyNs = readCache.reachedNs;
      if (this.#readyNs > arbiter.freeNs) arbiter.freeNs = this.#readyNs;
      this.#serveHit(tag);
      return;
    }
    arbiter.enqueue(tag, false);
  }

  /** Completes a read from the buffer, where its data is from `#readyNs` on. */
  #serveHit(tag: number): void {
    const requests = this.#requests;
    const overhead = this.#overhead;
    const link = this.#link;
    const sectors = requests.sectors[tag];
    const hitNs = this.#hitNs;
    const readyNs = this.#readyNs;
    overhead.afterWrite = 0;
    link.fromNs = Math.max(hitNs, readyNs - sectors * link.sectorNs);
    link.mediaEndNs = readyNs;
    link.transfer(sectors, false);
    if (this.#explanation !== undefined) {
      this.#explanation.add(tag, Part.overhead, hitNs - this.#events.nowNs);
      this.#explanation.add(tag, Part.transfer, Math.max(0, readyNs - hitNs));
    }
    requests.doneNs = link.doneNs + overhead.readCompletionNs;
    requests.complete(tag);
  }

  #write(tag: number): void {
    const { flags, sectors } = this.#requests;
    const fua = (flags[tag] & DeviceFlag.fua) !== 0;
    if (fua || !this.#destage.takes(sectors[tag])) this.#arbiter.enqueue(tag, true);
    else if (!this.#buffer.takes(tag)) this.#arbiter.pump();
  }

  #startFlush(): void {
    this.#working++;
    this.#arbiter.flush(this.#flushTag);
  }

  #finished(tag: number): void {
    const requests = this.#requests;
    requests.isOutstanding[tag] = 0;
    if (this.#isWatched) this.#note(tag);
    this.#working--;
    this.#counting.end();
    if (this.#flushTag >= 0 && this.#working === 0) this.#passFlush(tag);
    this.#sink?.ended(tag, requests.status[tag] as Status);
  }

  /** The drive has finished with all it was at work on: the flush is next, or it was that. */
  #passFlush(tag: number): void {
    if (tag !== this.#flushTag) {
      this.#startFlush();
      return;
    }
    this.#flushTag = -1;
    while (this.#held.length > 0 && this.#flushTag < 0) this.#begin(this.#held.shift());
  }

  /** For `explain` and `atRisk`: a request is done. */
  #note(tag: number): void {
    const { nowNs } = this.#events;
    const { arrivedNs, op, lbn, sectors, status } = this.#requests;
    this.#explanation?.end(tag, nowNs - arrivedNs[tag]);
    if (this.#durability === undefined) return;
    const isWrite = op[tag] === Op.write || op[tag] === Op.writeZeroes;
    if (!isWrite || (status[tag] as Status) !== Status.ok) return;
    this.#arbiter.catchUp();
    this.#durability.acknowledged(lbn[tag], lbn[tag] + sectors[tag], nowNs);
  }

  atRisk(): readonly SectorRow[] {
    if (this.#durability === undefined) {
      throw new Error('atRisk: the drive was created without powerCut: true');
    }
    this.#arbiter.catchUp();
    return this.#durability.rows(this.#events.nowNs);
  }

  explain(tag: number): Readonly<Record<string, number>> {
    if (this.#explanation === undefined) {
      throw new Error('explain: the drive was created without explain: true');
    }
    return this.#explanation.row(tag);
  }

  snapshot(): DeviceSnapshot {
    if (this.#counting.outstanding > 0) throw new Error('snapshot: requests are outstanding');
    this.#arbiter.catchUp();
    return saveState(this.name, this.#parts, this.#arbiter, this.#buffer);
  }

  restore(snapshot: DeviceSnapshot): void {
    if (this.#counting.outstanding > 0) throw new Error('restore: requests are outstanding');
    loadState(this.name, snapshot, this.#parts, this.#arbiter, this.#buffer);
  }
}

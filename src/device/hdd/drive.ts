/**
 * The rotational drive: command in, completion time out.
 *
 * A request that finds the medium idle costs one event, its completion: seek, rotation, transfer
 * and link are one time in closed form. Only while something waits for the medium is there a second
 * event, when the medium becomes free. What the drive does unasked (reading ahead, writing out dirty
 * sectors) has no events: `#catchUp` computes it up to the present whenever somebody looks, and
 * since it depends only on what was there before, looking late gives the same answer.
 */

import type { CompletionSink, Device, DeviceCounters, DeviceOptions } from '../device.ts';
import type { DeviceSnapshot } from '../device.ts';
import { DeviceFlag, Op, Status } from '../device.ts';
import { Counting } from './counting.ts';
import { Destage } from './destage.ts';
import { Durability, type SectorRow } from './durability.ts';
import { Explanation, Part, PARTS } from './explanation.ts';
import { Geometry } from './geometry.ts';
import { Link } from './link.ts';
import { Mechanism } from './mechanism.ts';
import { Medium } from './medium.ts';
import { Overhead } from './overhead.ts';
import { PendingQueue } from './queue.ts';
import type { HddProfile } from './profile.ts';
import { ReadCache } from './read-cache.ts';
import { Requests } from './requests.ts';
import { TagFifo } from './tag-fifo.ts';
import { Alarm, type EventQueue } from '../../sim/events.ts';

const MODEL = 'hdd/1';

export class HddDrive implements Device {
  readonly name: string;
  readonly capacitySectors: number;
  readonly queueDepth: number;
  readonly rotational = true;
  readonly volatileCache: boolean;
  readonly supportsFua: boolean;
  readonly supportsDiscard = false;
  readonly explainParts = PARTS;

  readonly #events: EventQueue;
  readonly #mechanism: Mechanism;
  readonly #readCache: ReadCache;
  readonly #medium: Medium;
  readonly #destage: Destage;
  readonly #pending: PendingQueue;
  readonly #overhead: Overhead;
  readonly #link: Link;
  readonly #explanation: Explanation | undefined;
  readonly #durability: Durability | undefined;
  readonly #hitsOnWrites: boolean;
  readonly #finish: number;
  readonly #mediaFree: Alarm;
  #sink: CompletionSink | undefined;

  readonly #requests: Requests;

  #outstanding = 0;
  /** Outstanding requests the drive is at work on: all but the flush and what waits behind it. */
  #working = 0;
  /** Writes that wait for room in the buffer. */
  readonly #waiting: TagFifo;
  /** Commands that wait behind a flush, which is not queued. */
  readonly #held: TagFifo;
  #flushTag = -1;
  #flushing = false;
  /** The medium is taken until then, ns, not rounded. */
  #freeNs = 0;
  #lastWasDestage = false;
  #lastCommandNs = 0;

  readonly #counting = new Counting();
  #outstandingSinceNs = 0;

  constructor(profile: HddProfile, events: EventQueue, options: DeviceOptions) {
    this.name = profile.name;
    this.queueDepth = profile.queue.depth;
    this.volatileCache = profile.writeCache.acknowledge === 'buffer';
    this.supportsFua = profile.fua;
    this.#events = events;
    const geometry = new Geometry(profile);
    this.capacitySectors = geometry.capacitySectors;
    this.#mechanism = new Mechanism(profile, geometry);
    this.#readCache = new ReadCache(profile, this.#mechanism);
    this.#destage = new Destage(profile, this.#mechanism);
    this.#pending = new PendingQueue(profile, this.#mechanism);
    this.#overhead = new Overhead(profile);
    this.#link = new Link(profile);
    this.#medium = new Medium(
      profile,
      this.#mechanism,
      this.#readCache,
      this.#link,
      this.#overhead,
    );
    this.#hitsOnWrites = profile.cache.hitsOnWrites;
    const depth = this.queueDepth;
    this.#explanation = options.explain === true ? new Explanation(depth) : undefined;
    this.#durability = options.powerCut === true ? new Durability(this.#destage.dirty) : undefined;
    this.#requests = new Requests(depth);
    this.#waiting = new TagFifo(depth);
    this.#held = new TagFifo(depth);
    this.#finish = events.register((tag) => this.#finished(tag));
    this.#mediaFree = new Alarm(events, () => this.#pump());
    this.#freeNs = events.nowNs;
  }

  attach(sink: CompletionSink): void {
    this.#sink = sink;
  }

  get counters(): Readonly<DeviceCounters> {
    const { nowNs } = this.#events;
    this.#catchUp(nowNs);
    if (this.#outstanding > 0) {
      this.#counting.busy(this.#outstandingSinceNs, nowNs);
      this.#outstandingSinceNs = nowNs;
    }
    this.#counting.counted.seeks = this.#mechanism.seeks;
    this.#counting.counted.seekCylinders = this.#mechanism.seekCylinders;
    return this.#counting.counted;
  }

  nextEventNs(): number {
    return this.#events.nextEventNs();
  }

  advanceTo(ns: number): void {
    this.#events.advanceTo(ns);
  }

  submit(tag: number, op: Op, sector: number, sectors: number, flags: number): void {
    if (!(tag >= 0 && tag < this.queueDepth)) {
      throw new RangeError(`tag ${tag}: expected 0..${this.queueDepth - 1}`);
    }
    if (this.#requests.isOutstanding[tag] === 1) throw new RangeError(`tag ${tag} is outstanding`);
    const { nowNs } = this.#events;
    this.#requests.enter(tag, op, sector, sectors, flags, nowNs);
    this.#explanation?.begin(tag);
    if (this.#outstanding++ === 0) this.#outstandingSinceNs = nowNs;
    if (this.#flushTag >= 0) this.#held.push(tag);
    else this.#begin(tag, nowNs);
  }

  /** Takes up a command. */
  #begin(tag: number, nowNs: number): void {
    this.#catchUp(nowNs);
    this.#lastCommandNs = nowNs;
    const op = this.#requests.op[tag];
    const lbn = this.#requests.lbn[tag];
    const sectors = this.#requests.sectors[tag];
    if (op === Op.flush) {
      this.#counting.counted.flushes++;
      this.#flushTag = tag;
      if (this.#working === 0) this.#startFlush(nowNs);
      return;
    }
    this.#working++;
    this.#requests.readyNs[tag] = nowNs;
    this.#explanation?.add(tag, Part.queue, nowNs - this.#requests.arrivedNs[tag]);
    if (!(lbn >= 0 && sectors > 0 && lbn + sectors <= this.capacitySectors)) {
      this.#requests.status[tag] = Status.outOfRange;
      this.#completeAt(tag, nowNs + this.#overhead.of(false, false));
      return;
    }
    switch (op) {
      case Op.read:
        this.#counting.counted.reads++;
        this.#counting.counted.sectorsRead += sectors;
        this.#read(tag, lbn, sectors, nowNs);
        break;
      case Op.discard:
        // The drive knows no discard: it takes note of the command, and of nothing else.
        this.#counting.counted.discards++;
        this.#completeAt(tag, nowNs + this.#overhead.of(false, false));
        break;
      default:
        if (op === Op.writeZeroes) this.#counting.counted.discards++;
        else this.#counting.counted.writes++;
        this.#counting.counted.sectorsWritten += sectors;
        this.#write(tag, lbn, sectors, nowNs);
    }
  }

  #read(tag: number, lbn: number, sectors: number, nowNs: number): void {
    const end = lbn + sectors;
    const hitNs = nowNs + this.#overhead.of(false, false) + this.#overhead.dataNs;
    if (this.#hitsOnWrites && this.#destage.holds(lbn, end, nowNs)) {
      this.#serveHit(tag, sectors, nowNs, hitNs, hitNs);
      return;
    }
    const readCache = this.#readCache;
    const segment = readCache.hit(lbn, end, nowNs);
    if (segment >= 0) {
      this.#serveHit(tag, sectors, nowNs, hitNs, readCache.readyNs[segment]);
      return;
    }
    // The head may be on its way there: the request is served as the sectors come by.
    const reachedNs = this.#pending.length === 0 ? readCache.joins(lbn, end) : -1;
    if (reachedNs >= 0) {
      if (reachedNs > this.#freeNs) this.#freeNs = reachedNs;
      this.#serveHit(tag, sectors, nowNs, hitNs, reachedNs);
      return;
    }
    this.#enqueue(tag, lbn, false, nowNs);
  }

  /** Completes a read from the buffer, where its data is from `readyNs` on. */
  #serveHit(tag: number, sectors: number, nowNs: number, hitNs: number, readyNs: number): void {
    this.#overhead.afterWrite = false;
    const first = Math.max(hitNs, readyNs - sectors * this.#link.sectorNs);
    const doneNs = this.#link.send(sectors, first, readyNs);
    if (this.#explanation !== undefined) {
      this.#explanation.add(tag, Part.overhead, hitNs - nowNs);
      this.#explanation.add(tag, Part.transfer, Math.max(0, readyNs - hitNs));
    }
    this.#completeAt(tag, doneNs + this.#overhead.readCompletionNs);
  }

  #write(tag: number, lbn: number, sectors: number, nowNs: number): void {
    const fua = (this.#requests.flags[tag] & DeviceFlag.fua) !== 0;
    if (fua || !this.#destage.takes(sectors)) {
      this.#enqueue(tag, lbn, true, nowNs);
    } else if (this.#waiting.length === 0 && this.#destage.hasRoom(sectors, nowNs)) {
      this.#buffer(tag, nowNs);
    } else {
      this.#waiting.push(tag);
      this.#pump();
    }
  }

  /** Takes a write's data into the buffer, which has room for it, and acknowledges it. */
  #buffer(tag: number, nowNs: number): void {
    const lbn = this.#requests.lbn[tag];
    const sectors = this.#requests.sectors[tag];
    // Writes follow on a write, as the overheads mean it, only until that one is on the medium:
    // measured back to back they differ; seconds apart real drives take the time after a read.
    if (!this.#destage.isBusy(nowNs)) this.#overhead.afterWrite = false;
    const overheadNs = this.#overhead.of(true, false) + this.#overhead.dataNs;
    this.#overhead.afterWrite = true;
    this.#readCache.forget(lbn, lbn + sectors);
    const linked = this.#requests.linked(tag);
    const { writeSectorNs } = this.#link;
    const doneNs = this.#link.send(linked, nowNs + overheadNs, 0, writeSectorNs);
    this.#readCache.keepWritten(lbn, lbn + sectors, doneNs);
    this.#destage.add(lbn, sectors, nowNs);
    this.#lastCommandNs = doneNs;
    if (this.#explanation !== undefined) {
      this.#explanation.add(tag, Part.overhead, overheadNs);
      this.#explanation.add(tag, Part.destage, nowNs - this.#requests.readyNs[tag]);
    }
    this.#completeAt(tag, doneNs + this.#overhead.writeCompletionNs);
  }

  /** Puts a request before the medium. */
  #enqueue(tag: number, lbn: number, isWrite: boolean, nowNs: number): void {
    const { extra, afterWrite } = this.#overhead;
    // A write behind a write gives up the link before its data. DiskSim exempts one that goes on from
    // the write before; the HP C2247A's trace shows that it takes as long.
    const isExtra = extra !== undefined && isWrite && afterWrite;
    this.#requests.isExtra[tag] = isExtra ? 1 : 0;
    const overheadNs = isExtra ? extra.command + extra.seekDelta : this.#overhead.of(isWrite, true);
    const readyNs = nowNs + overheadNs;
    this.#overhead.afterWrite = isWrite;
    this.#requests.readyNs[tag] = readyNs;
    if (this.#explanation !== undefined) {
      this.#explanation.add(tag, Part.overhead, readyNs - nowNs);
    }
    if (this.#isIdle(nowNs)) {
      // Nothing to wait for and nothing to choose from: the short way to what #pump would do.
      this.#lastWasDestage = false;
      this.#access(tag, nowNs - this.#freeNs < 1 ? this.#freeNs : nowNs);
      return;
    }
    this.#pending.push(tag, lbn, isWrite, nowNs, readyNs);
    this.#pump();
  }

  /** Whether the medium is free and nothing but a new request could want it. */
  #isIdle(nowNs: number): boolean {
    return (
      this.#freeNs < nowNs + 1 &&
      this.#pending.length === 0 &&
      this.#waiting.length === 0 &&
      !this.#flushing &&
      this.#destage.dirty.count === 0
    );
  }

  /** Gives the medium its next work, if it is free; rings again when it is while work remains. */
  #pump(): void {
    const { nowNs } = this.#events;
    // Completions are rounded to whole ns: a medium free within the same one is free.
    while (this.#freeNs < nowNs + 1) {
      if (this.#waiting.length > 0) this.#admit(nowNs);
      const forced = this.#waiting.length > 0 || this.#flushing;
      // The time of the alarm is rounded up; the medium goes on from the true one.
      const startNs = nowNs - this.#freeNs < 1 ? this.#freeNs : nowNs;
      if (this.#pending.length === 0) {
        if (!forced || this.#destage.dirty.count === 0) break;
        this.#writeOut(startNs);
      } else if (
        !this.#lastWasDestage &&
        this.#destage.dirty.count > 0 &&
        (forced || this.#destage.presses(nowNs))
      ) {
        this.#writeOut(startNs);
      } else {
        this.#lastWasDestage = false;
        this.#readCache.seeAhead(startNs);
        this.#access(this.#pending.take(startNs), startNs);
      }
    }
    if (this.#flushing && this.#destage.dirty.count === 0) this.#endFlush(nowNs);
    if (this.#pending.length > 0 || this.#waiting.length > 0 || this.#flushing) {
      this.#mediaFree.set(Math.ceil(this.#freeNs));
    }
  }

  /** Buffers the writes that there is room for by now. */
  #admit(nowNs: number): void {
    while (this.#waiting.length > 0) {
      const tag = this.#waiting.peek();
      if (!this.#destage.hasRoom(this.#requests.sectors[tag], nowNs)) return;
      this.#waiting.shift();
      this.#buffer(tag, nowNs);
    }
  }

  /** Serves a request from the medium, which is free from `freeNs` on. */
  #access(tag: number, freeNs: number): void {
    const startNs = Math.max(freeNs, this.#requests.readyNs[tag]);
    const isWrite = this.#requests.op[tag] !== Op.read;
    const lbn = this.#requests.lbn[tag];
    const sectors = this.#requests.sectors[tag];
    const readCache = this.#readCache;
    readCache.seeAhead(startNs);
    if (!isWrite && this.#readMeanwhile(tag, lbn, startNs)) return;
    readCache.readAhead.stop();
    const doneNs = isWrite
      ? this.#mediaWrite(tag, lbn, sectors, startNs)
      : this.#medium.read(lbn, sectors, startNs);
    this.#freeNs = this.#medium.freeNs;
    if (isWrite) this.#durability?.writes(lbn, lbn + sectors, this.#freeNs);
    if (this.#explanation !== undefined) {
      const mechanism = this.#mechanism;
      this.#explanation.add(tag, Part.queue, startNs - this.#requests.readyNs[tag]);
      this.#explanation.add(tag, Part.seek, mechanism.seekNs);
      this.#explanation.add(tag, Part.settle, mechanism.settleNs);
      this.#explanation.add(tag, Part.rotation, mechanism.rotationNs);
      this.#explanation.add(tag, Part.transfer, mechanism.transferNs);
    }
    // Read-ahead that is not to be interrupted comes after the parts were noted.
    if (!isWrite) this.#freeNs = readCache.heldUntilNs(lbn + sectors, this.#freeNs);
    this.#completeAt(tag, doneNs);
  }

  #mediaWrite(tag: number, lbn: number, sectors: number, startNs: number): number {
    this.#destage.dirty.remove(lbn, lbn + sectors);
    const requests = this.#requests;
    const isExtra = requests.isExtra[tag] === 1;
    const readyNs = requests.readyNs[tag];
    return this.#medium.write(lbn, sectors, requests.linked(tag), isExtra, readyNs, startNs);
  }

  /** Serves a read that came to be in the buffer while it waited; false when it did not. */
  #readMeanwhile(tag: number, lbn: number, startNs: number): boolean {
    const sectors = this.#requests.sectors[tag];
    const { segments, readyNs } = this.#readCache;
    const segment = segments.find(lbn);
    if (segment < 0 || lbn + sectors > segments.ends[segment]) return false;
    segments.touch(segment);
    this.#explanation?.add(tag, Part.queue, startNs - this.#requests.readyNs[tag]);
    const doneNs = this.#link.send(sectors, startNs, readyNs[segment]);
    this.#completeAt(tag, doneNs + this.#overhead.readCompletionNs);
    return true;
  }

  /** Writes a dirty range from `startNs` on. */
  #writeOut(startNs: number): void {
    this.#readCache.seeAhead(startNs);
    this.#readCache.readAhead.stop();
    this.#lastWasDestage = true;
    this.#freeNs = this.#destage.write(startNs);
    this.#durability?.writes(this.#destage.startLbn, this.#destage.endLbn, this.#freeNs);
    if (this.#outstanding > 0) this.#counting.busy(this.#outstandingSinceNs, startNs);
    this.#counting.busy(startNs, this.#freeNs);
  }

  /** What the drive does unasked, up to `ns`: whatever begins before then is begun. */
  #catchUp(ns: number): void {
    if (this.#freeNs >= ns) return;
    if (this.#pending.length === 0 && this.#destage.dirty.count > 0) {
      for (;;) {
        const startNs = this.#destage.beginsNs(this.#freeNs, this.#lastCommandNs);
        if (startNs >= ns) break;
        this.#writeOut(startNs);
      }
    }
    if (this.#freeNs < ns) this.#readCache.seeAhead(ns);
  }

  #startFlush(nowNs: number): void {
    this.#flushing = true;
    this.#catchUp(nowNs);
    this.#pump();
  }

  #endFlush(nowNs: number): void {
    const tag = this.#flushTag;
    this.#flushing = false;
    const doneNs = Math.max(nowNs, this.#destage.untilNs);
    if (this.#explanation !== undefined) {
      this.#explanation.add(tag, Part.overhead, this.#overhead.flushNs);
      this.#explanation.add(tag, Part.destage, doneNs - this.#requests.arrivedNs[tag]);
    }
    this.#working++;
    this.#completeAt(tag, doneNs + this.#overhead.flushNs);
  }

  #completeAt(tag: number, ns: number): void {
    this.#events.schedule(Math.max(Math.round(ns), this.#events.nowNs), this.#finish, tag);
  }

  #finished(tag: number): void {
    const { nowNs } = this.#events;
    this.#requests.isOutstanding[tag] = 0;
    this.#explanation?.end(tag, nowNs - this.#requests.arrivedNs[tag]);
    if (this.#durability !== undefined) this.#noteAcknowledged(this.#durability, tag, nowNs);
    this.#working--;
    if (--this.#outstanding === 0) {
      this.#counting.busy(this.#outstandingSinceNs, nowNs);
    }
    if (this.#flushTag >= 0 && this.#working === 0) {
      if (tag !== this.#flushTag) this.#startFlush(nowNs);
      else {
        this.#flushTag = -1;
        while (this.#held.length > 0 && this.#flushTag < 0) this.#begin(this.#held.shift(), nowNs);
      }
    }
    this.#sink?.complete(tag, nowNs, this.#requests.status[tag] as Status);
  }

  #noteAcknowledged(durability: Durability, tag: number, nowNs: number): void {
    const { op, lbn, sectors, status } = this.#requests;
    const isWrite = op[tag] === Op.write || op[tag] === Op.writeZeroes;
    if (!isWrite || (status[tag] as Status) !== Status.ok) return;
    this.#catchUp(nowNs);
    durability.acknowledged(lbn[tag], lbn[tag] + sectors[tag], nowNs);
  }

  atRisk(): readonly SectorRow[] {
    if (this.#durability === undefined) {
      throw new Error('atRisk: the drive was created without powerCut: true');
    }
    const { nowNs } = this.#events;
    this.#catchUp(nowNs);
    return this.#durability.rows(nowNs);
  }

  explain(tag: number): Readonly<Record<string, number>> {
    if (this.#explanation === undefined) {
      throw new Error('explain: the drive was created without explain: true');
    }
    return this.#explanation.row(tag);
  }

  snapshot(): DeviceSnapshot {
    if (this.#outstanding > 0) throw new Error('snapshot: requests are outstanding');
    const { nowNs } = this.#events;
    this.#catchUp(nowNs);
    const mechanism = this.#mechanism;
    const { readAhead, readyNs, segments } = this.#readCache;
    return {
      model: MODEL,
      state: {
        name: this.name,
        phaseNs: mechanism.phaseNs(nowNs),
        arm: [mechanism.cylinder, mechanism.head],
        segments: segments.save(),
        segmentReady: Array.from(readyNs, (ns) => ns - nowNs),
        readAhead: readAhead.save(nowNs),
        destage: this.#destage.save(nowNs),
        link: this.#link.save().map((ns) => ns - nowNs),
        free: this.#freeNs - nowNs,
        lastCommand: this.#lastCommandNs - nowNs,
        afterWrite: this.#overhead.afterWrite,
        lastWasDestage: this.#lastWasDestage,
      },
    };
  }

  restore(snapshot: DeviceSnapshot): void {
    if (this.#outstanding > 0) throw new Error('restore: requests are outstanding');
    const state = snapshot.state as SavedState;
    if (snapshot.model !== MODEL || state.name !== this.name) {
      throw new Error(`restore: expected a snapshot of ${this.name} (${MODEL})`);
    }
    const { nowNs } = this.#events;
    const mechanism = this.#mechanism;
    mechanism.setPhase(nowNs, state.phaseNs);
    mechanism.cylinder = state.arm[0];
    mechanism.head = state.arm[1];
    const { readAhead, readyNs, segments } = this.#readCache;
    segments.load(state.segments);
    state.segmentReady.forEach((ns, i) => (readyNs[i] = ns + nowNs));
    readAhead.load(state.readAhead, nowNs);
    this.#destage.load(state.destage, nowNs);
    this.#link.load(state.link.map((ns) => ns + nowNs));
    this.#freeNs = state.free + nowNs;
    this.#lastCommandNs = state.lastCommand + nowNs;
    this.#overhead.afterWrite = state.afterWrite;
    this.#lastWasDestage = state.lastWasDestage;
    this.#durability?.restored();
  }
}

interface SavedState {
  name: string;
  phaseNs: number;
  arm: number[];
  segments: number[][];
  segmentReady: number[];
  readAhead: number[];
  destage: unknown;
  link: number[];
  free: number;
  lastCommand: number;
  afterWrite: boolean;
  lastWasDestage: boolean;
}

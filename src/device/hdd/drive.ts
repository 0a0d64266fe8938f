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
import { Destage } from './destage.ts';
import { Explanation, Part, PARTS } from './explanation.ts';
import { Geometry } from './geometry.ts';
import { Link } from './link.ts';
import { Mechanism } from './mechanism.ts';
import { Overhead } from './overhead.ts';
import { PendingQueue } from './queue.ts';
import type { HddProfile } from './profile.ts';
import { ReadAhead } from './read-ahead.ts';
import { Segments } from './segments.ts';
import { Alarm, type EventQueue } from '../../sim/events.ts';
import { MS } from '../../sim/units.ts';

const MODEL = 'hdd/1';

/** First in, first out, of tags; never more than the drive has. */
class TagFifo {
  length = 0;
  readonly #tags: Int32Array;
  #first = 0;

  constructor(depth: number) {
    this.#tags = new Int32Array(depth);
  }

  push(tag: number): void {
    this.#tags[(this.#first + this.length++) % this.#tags.length] = tag;
  }

  peek(): number {
    return this.#tags[this.#first];
  }

  shift(): number {
    const tag = this.#tags[this.#first];
    this.#first = (this.#first + 1) % this.#tags.length;
    this.length--;
    return tag;
  }
}

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
  readonly #geometry: Geometry;
  readonly #mechanism: Mechanism;
  readonly #segments: Segments;
  readonly #readAhead: ReadAhead;
  readonly #destage: Destage;
  readonly #pending: PendingQueue;
  readonly #overhead: Overhead;
  readonly #link: Link;
  readonly #explanation: Explanation | undefined;
  readonly #cache: HddProfile['cache'];
  readonly #writesTakeSegments: boolean;
  readonly #reconnectShare: number;
  readonly #minimumWriteSeekNs: number;
  /** Where the last write to the medium ended; -1 before the first. */
  #lastWriteEnd = -1;
  readonly #finish: number;
  readonly #mediaFree: Alarm;
  #sink: CompletionSink | undefined;

  /** By tag. `#readyNs`: taken up, then understood by the controller. */
  readonly #op: Uint8Array;
  readonly #lbn: Float64Array;
  readonly #length: Float64Array;
  readonly #flags: Uint8Array;
  readonly #arrivedNs: Float64Array;
  readonly #readyNs: Float64Array;
  readonly #status: Uint8Array;
  readonly #isExtra: Uint8Array;
  readonly #outstandingTags: Uint8Array;

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
  /** Data of a segment is in the buffer from then on, ns. */
  readonly #segmentReadyNs: Float64Array;

  readonly #counted: DeviceCounters = {
    reads: 0,
    writes: 0,
    flushes: 0,
    discards: 0,
    sectorsRead: 0,
    sectorsWritten: 0,
    seeks: 0,
    seekCylinders: 0,
    busyNs: 0,
  };
  /** Busy time is counted up to here, ns. */
  #busyToNs = 0;
  #outstandingSinceNs = 0;

  constructor(profile: HddProfile, events: EventQueue, options: DeviceOptions) {
    this.name = profile.name;
    this.queueDepth = profile.queue.depth;
    this.volatileCache = profile.writeCache.acknowledge === 'buffer';
    this.supportsFua = profile.fua;
    this.#events = events;
    this.#geometry = new Geometry(profile);
    this.capacitySectors = this.#geometry.capacitySectors;
    this.#mechanism = new Mechanism(profile, this.#geometry);
    this.#segments = new Segments(profile.cache.segments);
    this.#segmentReadyNs = new Float64Array(profile.cache.segments);
    this.#readAhead = new ReadAhead(this.#mechanism);
    this.#destage = new Destage(profile, this.#mechanism);
    this.#pending = new PendingQueue(profile, this.#mechanism);
    this.#overhead = new Overhead(profile);
    this.#link = new Link(profile);
    this.#cache = profile.cache;
    this.#reconnectShare = profile.link.reconnect_share;
    this.#minimumWriteSeekNs = profile.mechanics.minimumWriteSeek_ms * MS;
    this.#writesTakeSegments = !profile.writeCache.ownSegment && profile.cache.segments > 0;
    const depth = this.queueDepth;
    this.#explanation = options.explain === true ? new Explanation(depth) : undefined;
    this.#op = new Uint8Array(depth);
    this.#lbn = new Float64Array(depth);
    this.#length = new Float64Array(depth);
    this.#flags = new Uint8Array(depth);
    this.#arrivedNs = new Float64Array(depth);
    this.#readyNs = new Float64Array(depth);
    this.#status = new Uint8Array(depth);
    this.#isExtra = new Uint8Array(depth);
    this.#outstandingTags = new Uint8Array(depth);
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
      this.#busy(this.#outstandingSinceNs, nowNs);
      this.#outstandingSinceNs = nowNs;
    }
    this.#counted.seeks = this.#mechanism.seeks;
    this.#counted.seekCylinders = this.#mechanism.seekCylinders;
    return this.#counted;
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
    if (this.#outstandingTags[tag] === 1) throw new RangeError(`tag ${tag} is outstanding`);
    const { nowNs } = this.#events;
    this.#outstandingTags[tag] = 1;
    this.#op[tag] = op;
    this.#lbn[tag] = sector;
    this.#length[tag] = sectors;
    this.#flags[tag] = flags;
    this.#arrivedNs[tag] = nowNs;
    this.#status[tag] = Status.ok;
    this.#explanation?.begin(tag);
    if (this.#outstanding++ === 0) this.#outstandingSinceNs = nowNs;
    if (this.#flushTag >= 0) this.#held.push(tag);
    else this.#begin(tag, nowNs);
  }

  /** Takes up a command. */
  #begin(tag: number, nowNs: number): void {
    this.#catchUp(nowNs);
    this.#lastCommandNs = nowNs;
    const op = this.#op[tag];
    const lbn = this.#lbn[tag];
    const sectors = this.#length[tag];
    if (op === Op.flush) {
      this.#counted.flushes++;
      this.#flushTag = tag;
      if (this.#working === 0) this.#startFlush(nowNs);
      return;
    }
    this.#working++;
    this.#readyNs[tag] = nowNs;
    this.#explanation?.add(tag, Part.queue, nowNs - this.#arrivedNs[tag]);
    if (!(lbn >= 0 && sectors > 0 && lbn + sectors <= this.capacitySectors)) {
      this.#status[tag] = Status.outOfRange;
      this.#completeAt(tag, nowNs + this.#overhead.of(false, false));
      return;
    }
    switch (op) {
      case Op.read:
        this.#counted.reads++;
        this.#counted.sectorsRead += sectors;
        this.#read(tag, lbn, sectors, nowNs);
        break;
      case Op.discard:
        // The drive knows no discard: it takes note of the command, and of nothing else.
        this.#counted.discards++;
        this.#completeAt(tag, nowNs + this.#overhead.of(false, false));
        break;
      default:
        if (op === Op.writeZeroes) this.#counted.discards++;
        else this.#counted.writes++;
        this.#counted.sectorsWritten += sectors;
        this.#write(tag, lbn, sectors, nowNs);
    }
  }

  #read(tag: number, lbn: number, sectors: number, nowNs: number): void {
    const end = lbn + sectors;
    const hitNs = nowNs + this.#overhead.of(false, false) + this.#overhead.dataNs;
    if (this.#cache.hitsOnWrites && this.#destage.holds(lbn, end, nowNs)) {
      this.#serveHit(tag, sectors, nowNs, hitNs, hitNs);
      return;
    }
    const segment = this.#segments.find(lbn);
    if (segment >= 0) {
      const { ends } = this.#segments;
      if (end <= ends[segment]) {
        this.#segments.touch(segment);
        if (segment === this.#readAhead.segment) this.#goOn(lbn, end, nowNs);
        this.#serveHit(tag, sectors, nowNs, hitNs, this.#segmentReadyNs[segment]);
        return;
      }
      const readAhead = this.#readAhead;
      if (
        segment === readAhead.segment &&
        end <= readAhead.limitLbn &&
        this.#pending.length === 0
      ) {
        // The head is on its way there: the request is served as the sectors come by.
        const reached = readAhead.reachesNs(end);
        this.#segments.touch(segment);
        this.#segments.extend(segment, end, this.#cache.segment_sectors);
        this.#segmentReadyNs[segment] = reached;
        this.#slideLimit(lbn, end);
        if (reached > this.#freeNs) this.#freeNs = reached;
        this.#serveHit(tag, sectors, nowNs, hitNs, reached);
        return;
      }
    }
    this.#enqueue(tag, lbn, false, nowNs);
  }

  /** A hit on the segment being filled makes room in it: reading ahead goes on. */
  #goOn(lbn: number, end: number, nowNs: number): void {
    const readAhead = this.#readAhead;
    if (readAhead.nextLbn >= readAhead.limitLbn) {
      if (!this.#cache.readAheadOnHit) return;
      readAhead.resume(nowNs);
    }
    this.#slideLimit(lbn, end);
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
    const fua = (this.#flags[tag] & DeviceFlag.fua) !== 0;
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
    const lbn = this.#lbn[tag];
    const sectors = this.#length[tag];
    // Writes follow on a write, as the overheads mean it, only until that one is on the medium:
    // measured back to back they differ; seconds apart real drives take the time after a read.
    if (!this.#destage.isBusy(nowNs)) this.#overhead.afterWrite = false;
    const overheadNs = this.#overhead.of(true, false) + this.#overhead.dataNs;
    this.#overhead.afterWrite = true;
    this.#forget(lbn, lbn + sectors);
    const linked = this.#op[tag] === Op.write ? sectors : 0;
    const { writeSectorNs } = this.#link;
    const doneNs = this.#link.send(linked, nowNs + overheadNs, 0, writeSectorNs);
    this.#keepWritten(lbn, lbn + sectors, doneNs);
    this.#destage.add(lbn, sectors, nowNs);
    this.#lastCommandNs = doneNs;
    if (this.#explanation !== undefined) {
      this.#explanation.add(tag, Part.overhead, overheadNs);
      this.#explanation.add(tag, Part.destage, nowNs - this.#readyNs[tag]);
    }
    this.#completeAt(tag, doneNs + this.#overhead.writeCompletionNs);
  }

  /** A row is being written: what the read cache knows of it is old. */
  #forget(lbn: number, end: number): void {
    this.#segments.drop(lbn, end);
    const readAhead = this.#readAhead;
    const { segment } = readAhead;
    if (segment < 0) return;
    const isCut = this.#segments.ends[segment] < readAhead.nextLbn;
    if (isCut || (lbn < readAhead.limitLbn && readAhead.nextLbn < end)) readAhead.stop();
  }

  /** Puts a request before the medium. */
  #enqueue(tag: number, lbn: number, isWrite: boolean, nowNs: number): void {
    const { extra, afterWrite } = this.#overhead;
    // A write behind a write that it does not go on from gives up the link before its data.
    const isExtra = extra !== undefined && isWrite && afterWrite && lbn !== this.#lastWriteEnd;
    this.#isExtra[tag] = isExtra ? 1 : 0;
    const overheadNs = isExtra ? extra.command + extra.seekDelta : this.#overhead.of(isWrite, true);
    const readyNs = nowNs + overheadNs;
    this.#overhead.afterWrite = isWrite;
    this.#readyNs[tag] = readyNs;
    this.#pending.push(tag, lbn, isWrite, nowNs, readyNs);
    if (this.#explanation !== undefined) {
      this.#explanation.add(tag, Part.overhead, readyNs - nowNs);
    }
    this.#pump();
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
        this.#seeAhead(startNs);
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
      if (!this.#destage.hasRoom(this.#length[tag], nowNs)) return;
      this.#waiting.shift();
      this.#buffer(tag, nowNs);
    }
  }

  /** Serves a request from the medium, which is free from `freeNs` on. */
  #access(tag: number, freeNs: number): void {
    const startNs = Math.max(freeNs, this.#readyNs[tag]);
    const isWrite = this.#op[tag] !== Op.read;
    const lbn = this.#lbn[tag];
    this.#seeAhead(startNs);
    if (!isWrite && this.#readMeanwhile(tag, lbn, startNs)) return;
    this.#readAhead.stop();
    const doneNs = isWrite
      ? this.#mediaWrite(tag, lbn, this.#length[tag], startNs)
      : this.#mediaRead(lbn, this.#length[tag], startNs);
    if (this.#explanation !== undefined) {
      const mechanism = this.#mechanism;
      this.#explanation.add(tag, Part.queue, startNs - this.#readyNs[tag]);
      this.#explanation.add(tag, Part.seek, mechanism.seekNs);
      this.#explanation.add(tag, Part.settle, mechanism.settleNs);
      this.#explanation.add(tag, Part.rotation, mechanism.rotationNs);
      this.#explanation.add(tag, Part.transfer, mechanism.transferNs);
    }
    // Read-ahead that is not to be interrupted comes after the parts were noted.
    if (!isWrite) this.#holdForReadAhead(lbn + this.#length[tag]);
    this.#completeAt(tag, doneNs);
  }

  /** Serves a read that came to be in the buffer while it waited; false when it did not. */
  #readMeanwhile(tag: number, lbn: number, startNs: number): boolean {
    const sectors = this.#length[tag];
    const segment = this.#segments.find(lbn);
    if (segment < 0 || lbn + sectors > this.#segments.ends[segment]) return false;
    this.#segments.touch(segment);
    this.#explanation?.add(tag, Part.queue, startNs - this.#readyNs[tag]);
    const doneNs = this.#link.send(sectors, startNs, this.#segmentReadyNs[segment]);
    this.#completeAt(tag, doneNs + this.#overhead.readCompletionNs);
    return true;
  }

  #mediaRead(lbn: number, sectors: number, startNs: number): number {
    const end = lbn + sectors;
    const { segments } = this.#cache;
    let segment = -1;
    let from = lbn;
    if (segments > 0) {
      segment = this.#segments.find(lbn);
      // What the segment already holds of the request need not be read again.
      if (segment >= 0) from = this.#segments.ends[segment];
      else segment = this.#segments.take(lbn);
      this.#segments.touch(segment);
    }
    const mechanism = this.#mechanism;
    // The link is taken again when a share of the data is there.
    const awaited = Math.max(1, Math.floor(this.#reconnectShare * sectors)) - (from - lbn);
    mechanism.mark = Math.max(1, awaited);
    const mediaEndNs = mechanism.access(from, end - from, false, startNs, 0);
    mechanism.mark = 1;
    const bufferedNs = awaited > 0 ? mechanism.markNs : startNs;
    this.#freeNs = mediaEndNs;
    if (segment >= 0) {
      if (this.#cache.readsFreeSectors && from === lbn) {
        this.#segments.starts[segment] = lbn - this.#mechanism.passedBefore;
      }
      this.#segments.extend(segment, end, Math.max(sectors, this.#cache.segment_sectors));
      this.#segmentReadyNs[segment] = mediaEndNs;
      this.#readAhead.start(segment, end, end, mediaEndNs);
      this.#slideLimit(lbn, end);
    }
    const overhead = this.#overhead;
    const awayNs = startNs + overhead.readDisconnectNs;
    const linkNs = Math.max(bufferedNs, awayNs) + overhead.reselectNs + overhead.dataNs;
    const sentNs = this.#link.send(sectors, linkNs, mediaEndNs);
    return sentNs + overhead.readCompletionNs;
  }

  /** Sets how far reading ahead goes after a request for lbn..end-1. */
  #slideLimit(lbn: number, end: number): void {
    const readAhead = this.#readAhead;
    const { segment_sectors, readAheadMax_sectors } = this.#cache;
    let limit = end;
    switch (this.#cache.readAhead) {
      case 'none':
        return;
      case 'track-end':
        limit = this.#geometry.trackEnd(end - 1);
        break;
      case 'cylinder-end':
        limit = this.#geometry.cylinderEnd(end - 1);
        break;
      case 'segment-full':
        limit = lbn + segment_sectors;
        break;
      case 'segment-beyond':
        limit = end + segment_sectors;
        break;
      case 'next-track':
        limit = this.#nextTrackLimit(end);
    }
    if (this.#cache.readAhead !== 'next-track') limit = Math.min(limit, end + readAheadMax_sectors);
    limit = Math.min(limit, this.capacitySectors);
    if (limit > readAhead.limitLbn) readAhead.limitLbn = limit;
  }

  /** End of the track of the sector behind a request; of one more when reading began before it. */
  #nextTrackLimit(end: number): number {
    if (end >= this.capacitySectors) return this.capacitySectors;
    const geometry = this.#geometry;
    const trackEnd = geometry.trackEnd(end);
    geometry.locate(trackEnd - 1);
    const trackStart = trackEnd - 1 - geometry.sector;
    const began = this.#segments.starts[this.#readAhead.segment] < trackStart;
    return began ? trackEnd + geometry.sectorsPerTrack : trackEnd;
  }

  #holdForReadAhead(end: number): void {
    const least = Math.min(end + this.#cache.readAheadMin_sectors, this.#readAhead.limitLbn);
    if (this.#readAhead.segment >= 0 && least > end) {
      this.#freeNs = this.#readAhead.reachesNs(least);
    }
  }

  #mediaWrite(tag: number, lbn: number, sectors: number, startNs: number): number {
    const end = lbn + sectors;
    this.#destage.dirty.remove(lbn, end);
    this.#forget(lbn, end);
    const { writeSectorNs, overlap } = this.#link;
    const linked = this.#op[tag] === Op.write ? sectors : 0;
    const readyNs = this.#readyNs[tag];
    const overhead = this.#overhead;
    const extra = this.#isExtra[tag] === 1 ? overhead.extra : undefined;
    // The data must arrive as fast as the medium takes it, or first.
    this.#geometry.locate(lbn);
    const mediaNs = this.#mechanism.sectorNs(this.#geometry.sectorsPerTrack);
    const away = extra === undefined ? 0 : extra.first + extra.between + overhead.reselectNs;
    const askedNs = readyNs - (extra?.seekDelta ?? 0) + away;
    const sentNs = this.#link.send(linked, askedNs + overhead.dataNs, 0, writeSectorNs);
    const lead = overlap ? (linked - 1) * Math.min(mediaNs, writeSectorNs) : 0;
    const behind = linked - Math.min(linked, this.#link.writeStart);
    const startableNs = sentNs - behind * writeSectorNs;
    const dataNs = linked === 0 ? 0 : Math.max(startableNs, sentNs - Math.max(0, lead));
    const leastNs = this.#minimumWriteSeekNs;
    const mediaEndNs = this.#mechanism.access(lbn, sectors, true, startNs, dataNs, leastNs);
    this.#lastWriteEnd = end;
    const goneNs = sentNs + (extra === undefined ? overhead.writeDisconnectNs : extra.second);
    const backNs = extra === undefined ? overhead.reselectNs : overhead.otherReselectNs;
    this.#freeNs = mediaEndNs;
    this.#keepWritten(lbn, end, mediaEndNs);
    return Math.max(mediaEndNs, goneNs) + backNs + overhead.writeCompletionNs;
  }

  /** A write of sectors lbn..end-1 takes a segment of the read cache, where it has none of its own. */
  #keepWritten(lbn: number, end: number, readyNs: number): void {
    if (this.#writesTakeSegments) {
      const segment = this.#segments.take(lbn);
      if (this.#cache.hitsOnWrites) {
        this.#segments.extend(segment, end, this.#cache.segment_sectors);
        this.#segmentReadyNs[segment] = readyNs;
      }
      if (segment === this.#readAhead.segment) this.#readAhead.stop();
    }
  }

  /** Writes a dirty range from `startNs` on. */
  #writeOut(startNs: number): void {
    this.#seeAhead(startNs);
    this.#readAhead.stop();
    this.#lastWasDestage = true;
    this.#freeNs = this.#destage.write(startNs);
    if (this.#outstanding > 0) this.#busy(this.#outstandingSinceNs, startNs);
    this.#busy(startNs, this.#freeNs);
  }

  /** Lets reading ahead come as far as it does by `ns`. */
  #seeAhead(ns: number): void {
    const readAhead = this.#readAhead;
    if (readAhead.segment < 0) return;
    const reached = readAhead.advance(ns);
    this.#segments.extend(readAhead.segment, reached, this.#cache.segment_sectors);
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
    if (this.#freeNs < ns) this.#seeAhead(ns);
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
      this.#explanation.add(tag, Part.destage, doneNs - this.#arrivedNs[tag]);
    }
    this.#working++;
    this.#completeAt(tag, doneNs + this.#overhead.flushNs);
  }

  #completeAt(tag: number, ns: number): void {
    this.#events.schedule(Math.max(Math.round(ns), this.#events.nowNs), this.#finish, tag);
  }

  #finished(tag: number): void {
    const { nowNs } = this.#events;
    this.#outstandingTags[tag] = 0;
    this.#explanation?.end(tag, nowNs - this.#arrivedNs[tag]);
    this.#working--;
    if (--this.#outstanding === 0) {
      this.#busy(this.#outstandingSinceNs, nowNs);
    }
    if (this.#flushTag >= 0 && this.#working === 0) {
      if (tag !== this.#flushTag) this.#startFlush(nowNs);
      else {
        this.#flushTag = -1;
        while (this.#held.length > 0 && this.#flushTag < 0) this.#begin(this.#held.shift(), nowNs);
      }
    }
    this.#sink?.complete(tag, nowNs, this.#status[tag] as Status);
  }

  /** Counts a stretch of busy time, once however often it is named. */
  #busy(fromNs: number, toNs: number): void {
    // Whole ns, so that it does not matter in how many pieces time is counted.
    const from = Math.max(Math.round(fromNs), this.#busyToNs);
    const to = Math.round(toNs);
    if (to <= from) return;
    this.#counted.busyNs += to - from;
    this.#busyToNs = to;
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
    const readAhead = this.#readAhead;
    return {
      model: MODEL,
      state: {
        name: this.name,
        phaseNs: mechanism.phaseNs(nowNs),
        arm: [mechanism.cylinder, mechanism.head],
        segments: this.#segments.save(),
        segmentReady: Array.from(this.#segmentReadyNs, (ns) => ns - nowNs),
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
    this.#segments.load(state.segments);
    state.segmentReady.forEach((ns, i) => (this.#segmentReadyNs[i] = ns + nowNs));
    this.#readAhead.load(state.readAhead, nowNs);
    this.#destage.load(state.destage, nowNs);
    this.#link.load(state.link.map((ns) => ns + nowNs));
    this.#freeNs = state.free + nowNs;
    this.#lastCommandNs = state.lastCommand + nowNs;
    this.#overhead.afterWrite = state.afterWrite;
    this.#lastWasDestage = state.lastWasDestage;
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

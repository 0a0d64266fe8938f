/**
 * The flash drive: requests come in through the front, go through the write buffer or to the array,
 * and are complete when their last part is.
 *
 * A read costs two events (a page is sensed; the data is across the link), a buffered write one (the
 * data is in), a flush one; programs, erases and collection a few for each program unit.
 */

import type { EventQueue } from '../../sim/events.ts';
import { RandomStream } from '../../sim/random.ts';
import { SECTOR_BYTES } from '../../sim/units.ts';
import {
  DeviceFlag,
  Op,
  Status,
  type CompletionSink,
  type Device,
  type DeviceCounters,
  type DeviceOptions,
  type DeviceSnapshot,
} from '../device.ts';
import { DieWork, FlashArray, type ArrayClient } from './array.ts';
import { Blocks, Stream } from './blocks.ts';
import { WriteBuffer } from './buffer.ts';
import { BusyClock } from './busy.ts';
import { Collector } from './collector.ts';
import { Destager, type DestagerClient } from './destager.ts';
import { Front } from './front.ts';
import { Ftl } from './ftl.ts';
import { victimPolicies } from './gc/registry.ts';
import { Geometry } from './geometry.ts';
import { KEEP_BLOCKS, type SsdProfile } from './profile.ts';
import { explainParts, Part, Requests } from './requests.ts';

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

const MODEL = 'ssd';
const NONE = -1;
/** Who wants a page read: a tag, or below zero a slot to be filled. */
const fillOf = (slot: number): number => -1 - slot;

export class SsdDrive implements Device, ArrayClient, DestagerClient {
  readonly name: string;
  readonly capacitySectors: number;
  readonly queueDepth: number;
  readonly rotational = false;
  readonly volatileCache: boolean;
  readonly supportsFua = true;
  readonly supportsDiscard = true;
  readonly explainParts = explainParts;
  readonly counters: Readonly<SsdCounters>;

  readonly geometry: Geometry;
  readonly blocks: Blocks;
  readonly ftl: Ftl;
  readonly buffer: WriteBuffer;
  readonly #events: EventQueue;
  readonly #front: Front;
  readonly #collector: Collector;
  readonly #destager: Destager;
  readonly #array: FlashArray;
  readonly #requests: Requests;
  readonly #busy = new BusyClock();
  readonly #counts = {
    reads: 0,
    writes: 0,
    flushes: 0,
    discards: 0,
    sectorsRead: 0,
    sectorsWritten: 0,
  };
  readonly #protected: boolean;
  readonly #writeBack: boolean;
  /** By die: the lane whose turn it is. */
  readonly #nextLane: Int32Array;
  readonly #onDone: number;
  readonly #onArrived: number;
  #sink: CompletionSink | undefined;
  #outstanding = 0;
  /** Requests that wait for slots, and flushes that wait for programs: rings of tags. */
  readonly #waiting: Int32Array;
  #firstWaiting = 0;
  #waitingCount = 0;
  readonly #flushing: Int32Array;
  #firstFlushing = 0;
  #flushingCount = 0;

  constructor(profile: SsdProfile, events: EventQueue, options: DeviceOptions) {
    const geometry = new Geometry(profile);
    this.name = profile.name;
    this.capacitySectors = profile.capacity_sectors;
    this.queueDepth = profile.queue_depth;
    this.#protected = profile.buffer.power_loss_protected;
    this.#writeBack = profile.buffer.write_back;
    this.volatileCache = this.#writeBack && !this.#protected;
    this.geometry = geometry;
    this.#events = events;
    this.#front = new Front(profile);
    this.blocks = new Blocks(
      geometry,
      victimPolicies[profile.gc.policy](geometry, {
        choices: profile.gc.choices ?? 1,
        windowBlocks: profile.gc.window_blocks ?? 1,
        random: new RandomStream(options.seed ?? 1, `${profile.name}:victims`),
      }),
      KEEP_BLOCKS + profile.gc.start_free_blocks,
    );
    this.ftl = new Ftl(geometry, this.blocks, profile.ftl.initial_fill);
    this.buffer = new WriteBuffer(
      Math.floor(profile.buffer.bytes / geometry.unitBytes),
      geometry.unitSectors,
      profile.queue_depth,
    );
    this.#collector = new Collector(geometry, this.blocks, this.ftl, profile.gc.start_free_blocks);
    this.#destager = new Destager(
      geometry,
      this.buffer,
      this.blocks,
      this.ftl,
      this.#collector,
      this,
    );
    this.#array = new FlashArray(geometry, profile, events, this);
    this.#collector.attach(this.#array);
    this.#destager.attach(this.#array);
    this.#requests = new Requests(profile.queue_depth, options.explain === true);
    this.#nextLane = Int32Array.from({ length: geometry.dies }, (_, die) => die);
    this.#waiting = new Int32Array(profile.queue_depth);
    this.#flushing = new Int32Array(profile.queue_depth);
    this.#onDone = events.register((tag) => this.#complete(tag));
    this.#onArrived = events.register((tag) => this.#arrived(tag));
    this.counters = this.#makeCounters();
  }

  attach(sink: CompletionSink): void {
    this.#sink = sink;
  }

  nextEventNs(): number {
    return this.#events.nextEventNs();
  }

  advanceTo(ns: number): void {
    this.#events.advanceTo(ns);
  }

  submit(tag: number, op: Op, sector: number, sectors: number, flags: number): void {
    const requests = this.#requests;
    if (!(tag >= 0 && tag < this.queueDepth)) {
      throw new RangeError(`tag ${tag} is not within 0..${this.queueDepth - 1}`);
    }
    if (requests.outstanding[tag] === 1) throw new RangeError(`tag ${tag} is outstanding`);
    const now = this.#events.nowNs;
    requests.outstanding[tag] = 1;
    requests.op[tag] = op;
    requests.status[tag] = Status.ok;
    requests.submitNs[tag] = now;
    requests.left[tag] = 0;
    requests.durable[tag] = 0;
    if (requests.explains) requests.clearParts(tag);
    this.#outstanding++;
    this.#busy.enter(now);
    if (op === Op.flush) {
      this.#flush(tag, now);
    } else if (!(sector >= 0 && sectors > 0 && sector + sectors <= this.capacitySectors)) {
      requests.status[tag] = Status.outOfRange;
      this.#events.schedule(now, this.#onDone, tag);
    } else if (op === Op.read) {
      this.#read(tag, sector, sectors, now);
    } else if (op === Op.write) {
      this.#write(tag, sector, sectors, flags, now);
    } else {
      this.#discard(tag, op, sector, sectors, flags, now);
    }
  }

  explain(tag: number): Readonly<Record<string, number>> {
    return this.#requests.explain(tag);
  }

  // Reads

  #read(tag: number, sector: number, sectors: number, now: number): void {
    const { unitSectors, codewordBytes } = this.geometry;
    const requests = this.#requests;
    this.#counts.reads++;
    this.#counts.sectorsRead += sectors;
    const ready = this.#ready(tag, now, this.#front.readLatency(sectors * SECTOR_BYTES));
    const end = sector + sectors;
    let atHand = 0;
    // The row that is being put together: a unit of it, what leaves the die, what the host gets.
    let rowUnit = NONE;
    let row = NONE;
    let channelBytes = 0;
    let hostBytes = 0;
    for (let from = sector; from < end;) {
      const logical = Math.floor(from / unitSectors);
      const first = from - logical * unitSectors;
      const wanted = Math.min(end - from, unitSectors - first);
      from += wanted;
      const bytes = wanted * SECTOR_BYTES;
      if (this.#isBuffered(logical, first, wanted)) {
        atHand += bytes;
        continue;
      }
      const physical = this.ftl.lookup(logical);
      if (physical < 0) {
        atHand += bytes;
        continue;
      }
      const unitRow = this.geometry.rowOf(physical);
      if (unitRow !== row) {
        if (rowUnit !== NONE) this.#readRow(tag, ready, rowUnit, channelBytes, hostBytes);
        rowUnit = physical;
        row = unitRow;
        channelBytes = 0;
        hostBytes = 0;
      }
      channelBytes += Math.ceil(bytes / codewordBytes) * codewordBytes;
      hostBytes += bytes;
    }
    if (rowUnit !== NONE) this.#readRow(tag, ready, rowUnit, channelBytes, hostBytes);
    if (atHand > 0) {
      const sent = this.#front.sendToHost(ready, atHand, now);
      requests.endNs[tag] = sent;
      const link = this.#front.linkTime(atHand);
      requests.setPart(tag, Part.link, link);
      requests.setPart(tag, Part.linkWait, sent - link - ready);
      if (rowUnit === NONE) this.#events.schedule(sent, this.#onDone, tag);
    }
  }

  #isBuffered(logical: number, first: number, wanted: number): boolean {
    const slot = this.buffer.find(logical);
    if (slot === NONE) return false;
    const bits = sectorBits(first, wanted);
    return (this.buffer.held[slot] & bits) === bits;
  }

  #readRow(tag: number, ready: number, unit: number, channel: number, host: number): void {
    this.#requests.left[tag]++;
    this.#array.read(tag, ready, unit, channel, host);
  }

  sensed(op: number, startNs: number, endNs: number): void {
    const array = this.#array;
    const tag = array.opWho[op];
    const now = this.#events.nowNs;
    const { channelMaxBytes } = this.geometry;
    const bytes = array.opChannelBytes[op];
    const hostBytes = array.opHostBytes[op];
    let sent = 0;
    let link = 0;
    // Piece by piece: each goes on to the host as soon as it is in.
    for (let across = 0, passedOn = 0; across < bytes;) {
      across = Math.min(bytes, across + channelMaxBytes);
      const piece = Math.floor((hostBytes * across) / bytes) - passedOn;
      passedOn += piece;
      const pieceEnd = endNs - this.geometry.channelTime(bytes - across);
      link = this.#front.linkTime(piece);
      sent = this.#front.sendToHost(Math.max(pieceEnd, sent), piece, now);
    }
    const requests = this.#requests;
    if (sent > requests.endNs[tag]) {
      requests.endNs[tag] = sent;
      if (requests.explains) {
        const start = array.opStartNs[op];
        requests.setPart(tag, Part.dieWait, start - requests.readyNs[tag]);
        requests.setPart(tag, Part.sense, now - start);
        requests.setPart(tag, Part.channelWait, startNs - now);
        requests.setPart(tag, Part.channel, endNs - startNs);
        requests.setPart(tag, Part.linkWait, sent - link - endNs);
        requests.setPart(tag, Part.link, link);
      }
    }
    if (--requests.left[tag] === 0) {
      this.#events.schedule(requests.endNs[tag], this.#onDone, tag);
    }
  }

  // Writes

  #write(tag: number, sector: number, sectors: number, flags: number, now: number): void {
    this.#counts.writes++;
    this.#counts.sectorsWritten += sectors;
    const ready = this.#ready(tag, now, this.#front.writeLatency(sectors * SECTOR_BYTES));
    this.#setDurable(tag, flags);
    this.#letIn(tag, sector, sectors, ready);
  }

  #setDurable(tag: number, flags: number): void {
    const wanted = !this.#writeBack || ((flags & DeviceFlag.fua) !== 0 && !this.#protected);
    this.#requests.durable[tag] = Number(wanted);
  }

  /** Puts a request's units in line for the buffer. */
  #letIn(tag: number, sector: number, sectors: number, ready: number): void {
    const requests = this.#requests;
    const { unitSectors } = this.geometry;
    requests.sector[tag] = sector;
    requests.endSector[tag] = sector + sectors;
    requests.nextUnit[tag] = Math.floor(sector / unitSectors);
    requests.endUnit[tag] = Math.floor((sector + sectors - 1) / unitSectors) + 1;
    requests.endNs[tag] = ready;
    // Held open until all has arrived, so that an early program does not end the request.
    requests.left[tag] = 1;
    this.#wait(tag);
    this.#admit();
  }

  #wait(tag: number): void {
    this.#waiting[(this.#firstWaiting + this.#waitingCount++) % this.queueDepth] = tag;
  }

  /** Lets waiting requests' next units into the buffer, in turn, while there are slots. */
  #admit(): void {
    while (this.#waitingCount > 0 && this.buffer.freeCount > 0) {
      const tag = this.#waiting[this.#firstWaiting];
      this.#firstWaiting = (this.#firstWaiting + 1) % this.queueDepth;
      this.#waitingCount--;
      this.#fetch(tag);
    }
  }

  /** Fetches up to a program unit's worth of a request's data into slots. */
  #fetch(tag: number): void {
    const requests = this.#requests;
    const buffer = this.buffer;
    const { unitSectors, unitsPerProgram } = this.geometry;
    const durable = requests.durable[tag] === 1;
    const zeroes = requests.op[tag] !== Op.write;
    const endUnit = requests.endUnit[tag];
    let unit = requests.nextUnit[tag];
    let last = NONE;
    let sectors = 0;
    for (let n = 0; n < unitsPerProgram && unit < endUnit && buffer.freeCount > 0; n++) {
      const from = Math.max(requests.sector[tag], unit * unitSectors);
      const to = Math.min(requests.endSector[tag], (unit + 1) * unitSectors);
      const held = sectorBits(from - unit * unitSectors, to - from);
      // Write-zeroes: whole units are unmapped already, only the ends are data.
      const slot = buffer.take(unit, held, durable ? tag : NONE);
      if (durable) requests.left[tag]++;
      if (last === NONE) requests.group[tag] = slot;
      else buffer.next[last] = slot;
      last = slot;
      sectors += to - from;
      unit = zeroes ? Math.max(unit + 1, endUnit - 1) : unit + 1;
    }
    buffer.next[last] = NONE;
    requests.nextUnit[tag] = unit;
    const now = this.#events.nowNs;
    const ready = requests.endNs[tag];
    const earliest = Math.max(now, ready);
    const arrived = zeroes
      ? earliest
      : this.#front.fetchFromHost(earliest, sectors * SECTOR_BYTES, now);
    const link = zeroes ? 0 : this.#front.linkTime(sectors * SECTOR_BYTES);
    requests.endNs[tag] = arrived;
    requests.addPart(tag, Part.bufferWait, earliest - ready);
    requests.addPart(tag, Part.link, link);
    requests.addPart(tag, Part.linkWait, arrived - earliest - link);
    this.#events.schedule(arrived, this.#onArrived, tag);
  }

  #arrived(tag: number): void {
    const requests = this.#requests;
    const buffer = this.buffer;
    for (let slot = requests.group[tag]; slot !== NONE;) {
      const next = buffer.next[slot];
      buffer.arrived(slot);
      slot = next;
    }
    requests.group[tag] = NONE;
    const isDone = requests.nextUnit[tag] >= requests.endUnit[tag];
    if (!isDone) this.#wait(tag);
    this.#destage();
    if (isDone && --requests.left[tag] === 0) this.#complete(tag);
  }

  fillFrom(slot: number, physical: number): void {
    const bytes =
      Math.ceil(this.geometry.unitBytes / this.geometry.codewordBytes) *
      this.geometry.codewordBytes;
    this.#array.read(fillOf(slot), this.#events.nowNs, physical, bytes, 0);
  }

  fetched(who: number): void {
    this.#destager.filled(fillOf(who));
    this.#destage();
  }

  unitDurable(tag: number): void {
    if (--this.#requests.left[tag] === 0) {
      this.#events.schedule(this.#events.nowNs, this.#onDone, tag);
    }
  }

  /** Moves what is dirty on towards the flash, and what waits into the buffer. */
  #destage(): void {
    this.#destager.destage();
    this.#finishFlushes();
    this.#admit();
  }

  // Flush, discard, write-zeroes

  #flush(tag: number, now: number): void {
    this.#counts.flushes++;
    const requests = this.#requests;
    const ready = this.#ready(tag, now, this.#front.flushNs);
    requests.endNs[tag] = ready;
    requests.epoch[tag] = NONE;
    if (!this.volatileCache) {
      this.#events.schedule(ready, this.#onDone, tag);
      return;
    }
    requests.epoch[tag] = this.buffer.beginFlush();
    this.#flushing[(this.#firstFlushing + this.#flushingCount++) % this.queueDepth] = tag;
    this.#destage();
  }

  #finishFlushes(): void {
    while (this.#flushingCount > 0) {
      const tag = this.#flushing[this.#firstFlushing];
      if (!this.buffer.isFlushed(this.#requests.epoch[tag])) return;
      this.#firstFlushing = (this.#firstFlushing + 1) % this.queueDepth;
      this.#flushingCount--;
      const end = Math.max(this.#events.nowNs, this.#requests.endNs[tag]);
      this.#events.schedule(end, this.#onDone, tag);
    }
  }

  #discard(tag: number, op: Op, sector: number, sectors: number, flags: number, now: number): void {
    this.#counts.discards++;
    const { unitSectors } = this.geometry;
    const ready = this.#ready(tag, now, this.#front.discardNs);
    const end = sector + sectors;
    const firstWhole = Math.ceil(sector / unitSectors);
    // The last unit of the drive may be cut short; the host owns all of it that there is.
    const endWhole =
      end === this.capacitySectors ? this.geometry.logicalUnits : Math.floor(end / unitSectors);
    for (let logical = firstWhole; logical < endWhole; logical++) {
      this.buffer.drop(logical);
      this.ftl.unmap(logical);
    }
    const cutsHead = firstWhole * unitSectors > sector;
    const cutsTail = endWhole * unitSectors < end;
    if (op === Op.discard || !(cutsHead || cutsTail)) {
      this.#events.schedule(ready, this.#onDone, tag);
      return;
    }
    // Zeroes in part of a unit are data; a whole unit at the other end stays unmapped.
    const from = cutsHead ? sector : endWhole * unitSectors;
    const to = cutsTail ? end : Math.min(end, firstWhole * unitSectors);
    this.#setDurable(tag, flags);
    this.#letIn(tag, from, to - from, ready);
  }

  // What the array asks and tells

  hasJob(die: number): boolean {
    const { lanes, dies } = this.geometry;
    for (let lane = die; lane < lanes; lane += dies) {
      if (this.#destager.hasBatch(lane) || this.#collector.active[lane] === 1) return true;
    }
    return false;
  }

  startJob(die: number): boolean {
    const { lanes, dies } = this.geometry;
    // A die's lanes take turns.
    const first = this.#nextLane[die];
    for (let n = 0, lane = first; n < lanes / dies; n++, lane = (lane + dies) % lanes) {
      if (this.#startLane(lane, die)) {
        this.#nextLane[die] = (lane + dies) % lanes;
        return true;
      }
    }
    return false;
  }

  #startLane(lane: number, die: number): boolean {
    const hasBatch = this.#destager.hasBatch(lane);
    if (!hasBatch && this.#collector.active[lane] === 0) return false;
    if (hasBatch) this.#destager.start(lane);
    else if (!this.#collector.start(lane)) {
      // Collection is through: the lane may take what waits in the buffer, and start on it at once.
      this.#destager.review(lane);
      this.#destage();
      return this.#array.isWorking(die);
    }
    this.#busy.enter(this.#events.nowNs);
    return true;
  }

  jobDone(work: DieWork, lane: number, stream: Stream): void {
    this.#busy.leave(this.#events.nowNs);
    if (work === DieWork.erase) {
      this.#collector.erased(lane);
    } else if (work === DieWork.program) {
      if (stream === Stream.host) this.#destager.programmed(lane);
      else this.#collector.programmed(lane);
    }
    this.#destage();
  }

  // Beginning and end

  /** Past the firmware; the controller's part of the latency. */
  #ready(tag: number, now: number, latency: number): number {
    const ready = this.#front.accept(now, latency);
    this.#requests.readyNs[tag] = ready;
    this.#requests.endNs[tag] = 0;
    this.#requests.setPart(tag, Part.controller, ready - now);
    return ready;
  }

  #complete(tag: number): void {
    const requests = this.#requests;
    const now = this.#events.nowNs;
    requests.outstanding[tag] = 0;
    this.#outstanding--;
    if (requests.explains && (requests.durable[tag] === 1 || requests.op[tag] === Op.flush)) {
      requests.settle(tag, Part.drain, now - requests.submitNs[tag]);
    }
    this.#busy.leave(now);
    this.#sink!.complete(tag, now, requests.status[tag] as Status);
  }

  #makeCounters(): SsdCounters {
    const counts = this.#counts;
    const collector = this.#collector;
    const destager = this.#destager;
    const busyNs = (): number => this.#busy.totalNs(this.#events.nowNs);
    return {
      get reads() {
        return counts.reads;
      },
      get writes() {
        return counts.writes;
      },
      get flushes() {
        return counts.flushes;
      },
      get discards() {
        return counts.discards;
      },
      get sectorsRead() {
        return counts.sectorsRead;
      },
      get sectorsWritten() {
        return counts.sectorsWritten;
      },
      seeks: 0,
      seekCylinders: 0,
      get busyNs() {
        return busyNs();
      },
      get programs() {
        return destager.programs + collector.programs;
      },
      get erases() {
        return collector.erases;
      },
      get hostUnits() {
        return destager.units;
      },
      get gcUnits() {
        return collector.unitsMoved;
      },
    };
  }

  snapshot(): DeviceSnapshot {
    if (this.#outstanding > 0) {
      throw new Error(`snapshot: ${this.#outstanding} requests are outstanding`);
    }
    const state: SavedState = {
      profile: this.name,
      blocks: this.blocks.save(),
      ftl: this.ftl.save(),
      buffer: this.buffer.save(),
      collector: this.#collector.save(),
      destager: this.#destager.save(),
      array: this.#array.save(),
      nextLane: this.#nextLane.slice(),
    };
    return { model: MODEL, state };
  }

  restore(snapshot: DeviceSnapshot): void {
    if (this.#outstanding > 0) {
      throw new Error(`restore: ${this.#outstanding} requests are outstanding`);
    }
    const state = snapshot.state as SavedState;
    if (snapshot.model !== MODEL || state.profile !== this.name) {
      throw new Error(`restore: the snapshot is not of ${this.name}`);
    }
    const now = this.#events.nowNs;
    for (let jobs = this.#array.jobsUnderWay; jobs > 0; jobs--) this.#busy.leave(now);
    this.blocks.load(state.blocks);
    this.ftl.load(state.ftl);
    this.buffer.load(state.buffer);
    this.#collector.load(state.collector);
    this.#destager.load(state.destager);
    this.#array.load(state.array);
    this.#nextLane.set(state.nextLane);
    for (let jobs = this.#array.jobsUnderWay; jobs > 0; jobs--) this.#busy.enter(now);
  }
}

interface SavedState {
  profile: string;
  blocks: ReturnType<Blocks['save']>;
  ftl: ReturnType<Ftl['save']>;
  buffer: ReturnType<WriteBuffer['save']>;
  collector: ReturnType<Collector['save']>;
  destager: ReturnType<Destager['save']>;
  array: ReturnType<FlashArray['save']>;
  nextLane: Int32Array;
}

/** Sectors `first`..`first + count - 1` of a unit as bits. */
function sectorBits(first: number, count: number): number {
  const bits = count === 32 ? -1 : (1 << count) - 1;
  return bits << first;
}

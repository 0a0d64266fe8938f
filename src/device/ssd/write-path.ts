/**
 * The way of a write: through the firmware, over the link into slots of the buffer as they get free
 * (requests take turns), and done when its data is in, or, if it has to be durable, when all of it
 * is programmed. Flushes wait here for the epoch they end; discards and write-zeroes unmap here.
 */

import { NO_FLOATS, NO_INTS } from '../../sim/columns.ts';
import type { EventQueue } from '../../sim/events.ts';
import { SECTOR_BYTES } from '../../sim/units.ts';
import { DeviceFlag, Op, STREAM_SHIFT } from '../device.ts';
import { sectorBits, type WriteBuffer } from './buffer.ts';
import type { CachedMap } from './cached-map.ts';
import type { Destager } from './destager.ts';
import type { Front } from './front.ts';
import type { Ftl } from './ftl.ts';
import type { Geometry } from './geometry.ts';
import type { PowerCut } from './power-cut.ts';
import type { SsdProfile } from './profile.ts';
import { Part, type Requests } from './requests.ts';
import type { Streams } from './streams.ts';

const NONE = -1;

// Constants of this file, which compiled code holds as they are (docs/HOT-PATH.md).
const { write: WRITE } = Op;

export class WritePath {
  readonly #geometry: Geometry;
  readonly #events: EventQueue;
  readonly #front: Front;
  readonly #ftl: Ftl;
  readonly #buffer: WriteBuffer;
  readonly #requests: Requests;
  readonly #destager: Destager;
  readonly #complete: (tag: number) => void;
  readonly #onDone: number = 0;
  readonly #streams: Streams | undefined;
  readonly #map: CachedMap | undefined;
  readonly #onArrived: number = 0;
  readonly #powerCut: PowerCut | undefined;
  readonly #capacitySectors: number = NaN;
  readonly #protected: boolean;
  readonly #writeBack: boolean;
  readonly #isVolatile: boolean;
  readonly #inOrder: boolean;
  /** By tag: which request of all it is. */
  readonly #order: Float64Array = NO_FLOATS;
  #lastOrder = 0;
  /** Requests that wait for slots, and flushes that wait for programs: rings of tags. */
  readonly #waiting: Int32Array = NO_INTS;
  #firstWaiting = 0;
  #waitingCount = 0;
  readonly #flushing: Int32Array = NO_INTS;
  #firstFlushing = 0;
  #flushingCount = 0;
  #isDestaging = false;
  #isDue = false;

  /**
   * @param complete completes a tag now
   * @param onDone the event that completes a tag
   */
  constructor(
    profile: SsdProfile,
    geometry: Geometry,
    events: EventQueue,
    front: Front,
    ftl: Ftl,
    buffer: WriteBuffer,
    requests: Requests,
    destager: Destager,
    complete: (tag: number) => void,
    onDone: number,
    streams: Streams | undefined,
    powerCut: PowerCut | undefined,
    map: CachedMap | undefined,
  ) {
    this.#geometry = geometry;
    this.#events = events;
    this.#front = front;
    this.#ftl = ftl;
    this.#buffer = buffer;
    this.#requests = requests;
    this.#destager = destager;
    this.#complete = complete;
    this.#onDone = onDone;
    this.#streams = streams;
    this.#powerCut = powerCut;
    this.#map = map;
    this.#onArrived = events.register((tag) => this.#arrived(tag));
    this.#capacitySectors = profile.capacity_sectors;
    this.#protected = profile.buffer.power_loss_protected;
    this.#writeBack = profile.buffer.write_back;
    this.#isVolatile = this.#writeBack && !this.#protected;
    this.#inOrder = profile.buffer.admission === 'in-order';
    this.#order = new Float64Array(profile.queue_depth);
    this.#waiting = new Int32Array(profile.queue_depth);
    this.#flushing = new Int32Array(profile.queue_depth);
  }

  /** A write of `sector` to `endSector` of the table arrives. */
  write(tag: number, flags: number): void {
    const requests = this.#requests;
    const bytes = (requests.endSector[tag] - requests.sector[tag]) * SECTOR_BYTES;
    const fua = (flags & DeviceFlag.fua) === 0 ? 0 : this.#front.fuaNs;
    this.#accept(tag, WRITE, this.#front.writeLatency(bytes) + fua);
    this.#setDurable(tag, flags);
    requests.stream[tag] = (flags >>> STREAM_SHIFT) & 0xff;
    this.#letIn(tag);
  }

  #accept(tag: number, op: Op, latency: number): void {
    this.#front.accept(op, latency);
    this.#requests.readyNs[tag] = this.#front.doneNs;
    this.#requests.begin(tag);
    this.#requests.endNs[tag] = this.#front.doneNs;
  }

  #setDurable(tag: number, flags: number): void {
    const wanted = !this.#writeBack || ((flags & DeviceFlag.fua) !== 0 && !this.#protected);
    this.#requests.durable[tag] = Number(wanted);
  }

  /** Puts a request's units in line for the buffer. */
  #letIn(tag: number): void {
    const requests = this.#requests;
    const { unitSectors } = this.#geometry;
    requests.nextUnit[tag] = Math.floor(requests.sector[tag] / unitSectors);
    requests.endUnit[tag] = Math.floor((requests.endSector[tag] - 1) / unitSectors) + 1;
    this.#order[tag] = ++this.#lastOrder;
    // Held open until all has arrived, so that an early program does not end the request.
    requests.left[tag] = 1;
    this.#wait(tag);
    if (this.#admit()) this.destage();
  }

  #wait(tag: number): void {
    this.#waiting[(this.#firstWaiting + this.#waitingCount++) % this.#waiting.length] = tag;
  }

  /** Puts a request that has been let in in part back in line. */
  #waitOn(tag: number): void {
    if (!this.#inOrder) {
      this.#wait(tag);
      return;
    }
    const waiting = this.#waiting;
    const order = this.#order;
    this.#firstWaiting = (this.#firstWaiting + waiting.length - 1) % waiting.length;
    let at = this.#firstWaiting;
    for (let n = 0; n < this.#waitingCount; n++) {
      const next = (at + 1) % waiting.length;
      if (order[waiting[next]] > order[tag]) break;
      waiting[at] = waiting[next];
      at = next;
    }
    waiting[at] = tag;
    this.#waitingCount++;
  }

  /**
   * Lets waiting requests' next units into the buffer, in turn, while there are slots.
   * @returns whether a translation page was let in, which is dirty at once
   */
  #admit(): boolean {
    let isAnyPage = false;
    while (this.#buffer.freeCount > 0) {
      if (this.#map?.isTurn(this.#waitingCount > 0) === true) {
        this.#letInPage(this.#map);
        isAnyPage = true;
        continue;
      }
      if (this.#waitingCount === 0) break;
      const tag = this.#waiting[this.#firstWaiting];
      this.#firstWaiting = (this.#firstWaiting + 1) % this.#waiting.length;
      this.#waitingCount--;
      this.#fetch(tag);
    }
    return isAnyPage;
  }

  #letInPage(map: CachedMap): void {
    const slot = map.letIn();
    this.#streams!.assignPage(slot);
    this.#buffer.arrived(slot);
  }

  /** Fetches up to a program unit's worth of a request's data into slots. */
  #fetch(tag: number): void {
    const requests = this.#requests;
    const buffer = this.#buffer;
    const { unitSectors, unitsPerProgram } = this.#geometry;
    const isDurable = requests.durable[tag] === 1;
    const zeroes = requests.op[tag] !== WRITE;
    const endUnit = requests.endUnit[tag];
    let unit = requests.nextUnit[tag];
    let last = NONE;
    let sectors = 0;
    for (let n = 0; n < unitsPerProgram && unit < endUnit && buffer.freeCount > 0; n++) {
      // What of the unit it holds, in sectors from its first.
      const before = requests.sector[tag] - unit * unitSectors;
      const until = requests.endSector[tag] - unit * unitSectors;
      const from = before > 0 ? before : 0;
      const to = until < unitSectors ? until : unitSectors;
      // Write-zeroes: whole units are unmapped already, only the ends are data.
      const slot = buffer.take(unit, sectorBits(from, to - from), isDurable ? tag : NONE);
      this.#map?.begin(slot);
      if (this.#streams !== undefined) this.#streams.assign(slot, unit, requests.stream[tag]);
      if (isDurable) requests.left[tag]++;
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
    let arrived = earliest;
    if (!zeroes) {
      this.#front.earliestNs = earliest;
      this.#front.fetchFromHost(sectors * SECTOR_BYTES);
      arrived = this.#front.doneNs;
    }
    requests.endNs[tag] = arrived;
    if (requests.explains) {
      const link = zeroes ? 0 : this.#front.linkWriteTime(sectors * SECTOR_BYTES);
      requests.addPart(tag, Part.bufferWait, earliest - ready);
      requests.addPart(tag, Part.link, link);
      requests.addPart(tag, Part.linkWait, arrived - earliest - link);
    }
    if (!zeroes && this.#front.hasMemory) {
      this.#front.doneNs = arrived;
      this.#front.throughMemory(sectors * SECTOR_BYTES);
      const stored = this.#front.doneNs;
      requests.addPart(tag, Part.memory, stored - arrived);
      requests.endNs[tag] = stored;
      arrived = stored;
    }
    this.#events.atNs = arrived;
    this.#events.post(this.#onArrived, tag);
  }

  #arrived(tag: number): void {
    const requests = this.#requests;
    const buffer = this.#buffer;
    for (let slot = requests.group[tag]; slot !== NONE;) {
      const next = buffer.next[slot];
      const held = buffer.held[slot];
      const at = buffer.arrived(slot);
      this.#powerCut?.arrived(tag, at, held);
      slot = next;
    }
    requests.group[tag] = NONE;
    const isDone = requests.nextUnit[tag] >= requests.endUnit[tag];
    if (!isDone) this.#waitOn(tag);
    this.destage();
    if (isDone && --requests.left[tag] === 0) this.#complete(tag);
  }

  unitDurable(tag: number): void {
    if (--this.#requests.left[tag] > 0) return;
    this.#events.atNs = this.#events.nowNs;
    this.#events.post(this.#onDone, tag);
  }

  /** Moves what is dirty on towards the flash, and what waits into the buffer. */
  destage(): void {
    // A unit that is read to be filled may start a die's job, which comes back here in the midst of it.
    this.#isDue = true;
    if (this.#isDestaging) return;
    this.#isDestaging = true;
    while (this.#isDue) {
      this.#isDue = false;
      this.#destager.destage();
      this.#finishFlushes();
      if (this.#admit()) this.#isDue = true;
    }
    this.#isDestaging = false;
  }

  flush(tag: number): void {
    const requests = this.#requests;
    this.#accept(tag, Op.flush, this.#front.flushNs);
    requests.epoch[tag] = NONE;
    if (!this.#isVolatile) {
      this.#doneAt(tag);
      return;
    }
    requests.epoch[tag] = this.#buffer.beginFlush();
    this.#flushing[(this.#firstFlushing + this.#flushingCount++) % this.#waiting.length] = tag;
    this.destage();
  }

  /** The tag is done at its `endNs`, or now if that is past. */
  #doneAt(tag: number): void {
    this.#events.atNs = Math.max(this.#events.nowNs, this.#requests.endNs[tag]);
    this.#events.post(this.#onDone, tag);
  }

  #finishFlushes(): void {
    while (this.#flushingCount > 0) {
      const tag = this.#flushing[this.#firstFlushing];
      if (!this.#buffer.isFlushed(this.#requests.epoch[tag])) return;
      this.#firstFlushing = (this.#firstFlushing + 1) % this.#waiting.length;
      this.#flushingCount--;
      this.#doneAt(tag);
    }
  }

  /** A discard or write-zeroes of `sector` to `endSector` of the table arrives. */
  discard(tag: number, op: Op, flags: number): void {
    const requests = this.#requests;
    const { unitSectors } = this.#geometry;
    this.#accept(tag, op, this.#front.discardNs);
    const sector = requests.sector[tag];
    const end = requests.endSector[tag];
    const firstWhole = Math.ceil(sector / unitSectors);
    // The last unit of the drive may be cut short; the host owns all of it that there is.
    const endWhole =
      end === this.#capacitySectors ? this.#geometry.logicalUnits : Math.floor(end / unitSectors);
    for (let logical = firstWhole; logical < endWhole; logical++) {
      this.#buffer.drop(logical);
      this.#ftl.unmap(logical);
    }
    this.#destager.mayHaveRoom = true;
    if (this.#map !== undefined && firstWhole < endWhole) this.#map.unmapped(firstWhole, endWhole);
    const cutsHead = firstWhole * unitSectors > sector;
    const cutsTail = endWhole * unitSectors < end;
    if (op === Op.discard || !(cutsHead || cutsTail)) {
      this.#doneAt(tag);
      return;
    }
    // Zeroes in part of a unit are data; a whole unit at the other end stays unmapped.
    requests.sector[tag] = cutsHead ? sector : endWhole * unitSectors;
    requests.endSector[tag] = cutsTail ? end : Math.min(end, firstWhole * unitSectors);
    this.#setDurable(tag, flags);
    this.#requests.stream[tag] = 0;
    this.#letIn(tag);
  }
}

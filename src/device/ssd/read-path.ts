/**
 * The way of a read: units in the write buffer or nowhere at all are at hand; the others are read
 * row by row, and each row goes on to the host as it comes over the channel.
 */

import type { EventQueue } from '../../sim/events.ts';
import { SECTOR_BYTES } from '../../sim/units.ts';
import { Op } from '../device.ts';
import type { FlashArray } from './array.ts';
import { sectorBits, type WriteBuffer } from './buffer.ts';
import type { CachedMap } from './cached-map.ts';
import type { Front } from './front.ts';
import type { Ftl } from './ftl.ts';
import type { Geometry } from './geometry.ts';
import { Part, type Requests } from './requests.ts';

const NONE = -1;

export class ReadPath {
  readonly #geometry: Geometry;
  readonly #events: EventQueue;
  readonly #front: Front;
  readonly #ftl: Ftl;
  readonly #buffer: WriteBuffer;
  readonly #requests: Requests;
  readonly #array: FlashArray;
  readonly #onDone: number;
  readonly #readsUnmapped: boolean;
  readonly #map: CachedMap | undefined;
  /** For `#issue`: from when on, ns. */
  #fromNs = NaN;

  /**
   * @param onDone the event that completes a tag
   * @param readsUnmapped a unit that is nowhere costs a read of the page it would be in
   */
  constructor(
    geometry: Geometry,
    events: EventQueue,
    front: Front,
    ftl: Ftl,
    buffer: WriteBuffer,
    requests: Requests,
    array: FlashArray,
    onDone: number,
    readsUnmapped: boolean,
    map?: CachedMap,
  ) {
    this.#geometry = geometry;
    this.#events = events;
    this.#front = front;
    this.#ftl = ftl;
    this.#buffer = buffer;
    this.#requests = requests;
    this.#array = array;
    this.#onDone = onDone;
    this.#readsUnmapped = readsUnmapped;
    this.#map = map;
  }

  /** A read arrives: of `sector` to `endSector` of the table. */
  submit(tag: number): void {
    const requests = this.#requests;
    const front = this.#front;
    const sectors = requests.endSector[tag] - requests.sector[tag];
    front.accept(Op.read, front.readLatency(sectors * SECTOR_BYTES));
    requests.readyNs[tag] = front.doneNs;
    requests.begin(tag);
    if (this.#map === undefined) {
      this.#fromNs = front.doneNs;
      this.#issue(tag);
      return;
    }
    const { unitSectors } = this.#geometry;
    requests.nextUnit[tag] = Math.floor(requests.sector[tag] / unitSectors);
    requests.endUnit[tag] = Math.ceil(requests.endSector[tag] / unitSectors);
    this.translate(tag);
  }

  /** Sees to the entries of a read's units that are not in memory, one translation page after the other. */
  translate(tag: number): void {
    const requests = this.#requests;
    const map = this.#map!;
    const ready = requests.readyNs[tag];
    while (requests.nextUnit[tag] < requests.endUnit[tag]) {
      const unit = requests.nextUnit[tag];
      requests.nextUnit[tag] = map.endOfSegment(unit);
      if (!map.forRead(unit, tag, ready)) return;
    }
    this.#fromNs = Math.max(ready, this.#events.nowNs);
    this.#issue(tag);
  }

  /** Reads what the flash has of a read, from `#fromNs` on. */
  #issue(tag: number): void {
    const { unitSectors, codewordBytes } = this.#geometry;
    const requests = this.#requests;
    const front = this.#front;
    const sector = requests.sector[tag];
    const end = requests.endSector[tag];
    let atHand = 0;
    let buffered = 0;
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
        buffered += bytes;
        continue;
      }
      let physical = this.#ftl.lookup(logical);
      if (physical < 0 && this.#readsUnmapped) physical = this.#geometry.homeOf(logical);
      if (physical < 0) {
        atHand += bytes;
        continue;
      }
      const unitRow = this.#geometry.rowOf(physical);
      if (unitRow !== row) {
        if (rowUnit !== NONE) this.#readRow(tag, rowUnit, channelBytes, hostBytes);
        rowUnit = physical;
        row = unitRow;
        channelBytes = 0;
        hostBytes = 0;
      }
      channelBytes += Math.ceil(bytes / codewordBytes) * codewordBytes;
      hostBytes += bytes;
    }
    if (rowUnit !== NONE) this.#readRow(tag, rowUnit, channelBytes, hostBytes);
    if (atHand > 0) {
      const from = this.#fromNs;
      front.doneNs = from;
      if (buffered > 0) front.throughMemory(buffered);
      const fetched = front.doneNs;
      front.earliestNs = fetched;
      front.sendToHost(atHand);
      const sent = front.doneNs;
      requests.endNs[tag] = sent;
      if (requests.explains) {
        const link = front.linkTime(atHand);
        requests.setPart(tag, Part.memory, fetched - from);
        requests.setPart(tag, Part.link, link);
        requests.setPart(tag, Part.linkWait, sent - link - requests.readyNs[tag] - fetched + from);
      }
      if (rowUnit === NONE) this.#done(tag);
    }
  }

  #done(tag: number): void {
    this.#events.atNs = this.#requests.endNs[tag];
    this.#events.post(this.#onDone, tag);
  }

  #isBuffered(logical: number, first: number, wanted: number): boolean {
    const slot = this.#buffer.find(logical);
    if (slot === NONE) return false;
    const bits = sectorBits(first, wanted);
    return (this.#buffer.held[slot] & bits) === bits;
  }

  #readRow(tag: number, unit: number, channel: number, host: number): void {
    this.#requests.left[tag]++;
    this.#array.readyNs = this.#fromNs;
    this.#array.read(tag, unit, channel, host);
  }

  /** A row is sensed; it crosses the channel from the array's `acrossFromNs` to its `acrossNs`. */
  sensed(op: number): void {
    const { reads, acrossFromNs: startNs, acrossNs: endNs } = this.#array;
    const front = this.#front;
    const tag = reads.who[op];
    const now = this.#events.nowNs;
    const { channelMaxBytes } = this.#geometry;
    const bytes = reads.channelBytes[op];
    const hostBytes = reads.hostBytes[op];
    let sent = 0;
    let link = 0;
    // Piece by piece: each goes on to the host as soon as it is in.
    for (let across = 0, passedOn = 0; across < bytes;) {
      across = Math.min(bytes, across + channelMaxBytes);
      const piece = Math.floor((hostBytes * across) / bytes) - passedOn;
      passedOn += piece;
      const pieceEnd = endNs - this.#geometry.channelTime(bytes - across);
      link = front.linkTime(piece);
      front.earliestNs = Math.max(pieceEnd, sent);
      front.sendToHost(piece);
      sent = front.doneNs;
    }
    const requests = this.#requests;
    if (sent > requests.endNs[tag]) {
      requests.endNs[tag] = sent;
      if (requests.explains) {
        const start = reads.startNs[op];
        requests.setPart(tag, Part.memory, 0);
        requests.setPart(tag, Part.dieWait, start - requests.readyNs[tag]);
        requests.setPart(tag, Part.sense, now - start);
        requests.setPart(tag, Part.channelWait, startNs - now);
        requests.setPart(tag, Part.channel, endNs - startNs);
        requests.setPart(tag, Part.linkWait, sent - link - endNs);
        requests.setPart(tag, Part.link, link);
      }
    }
    if (--requests.left[tag] === 0) this.#done(tag);
  }
}

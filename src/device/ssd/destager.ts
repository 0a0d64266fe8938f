/**
 * Destaging: takes dirty units out of the write buffer, a program unit at a time, and gives each
 * batch to a lane that is not already programming for the host and not taken over by collection: the
 * next one in lane order, or, where units are allocated by address, the lane they belong to. A batch
 * holds units of one stream, where there are streams.
 *
 * A batch waits until it is full unless its oldest unit is forced (a flush or FUA); then it goes as
 * it is and the rest of the program unit is padding. Units held in part are sent away to be filled
 * from flash first.
 */

import { NO_BYTES, NO_INTS } from '../../sim/columns.ts';
import { SECTOR_BYTES } from '../../sim/units.ts';
import type { FlashArray } from './array.ts';
import { Stream, type Blocks } from './blocks.ts';
import { SlotState, type WriteBuffer } from './buffer.ts';
import type { CachedMap } from './cached-map.ts';
import { Collects, type Collector } from './collector.ts';
import type { Ftl } from './ftl.ts';
import type { Geometry } from './geometry.ts';
import { LaneLists } from './lane-lists.ts';
import type { PlanePairs } from './plane-pairs.ts';
import { hostStream, type Streams } from './streams.ts';

/** What the destager needs of the drive around it. */
export interface DestagerClient {
  /** A slot's unit has to be read from `physical` before it can be programmed. */
  fillFrom(slot: number, physical: number): void;
  /** What was written with this tag is programmed in one more unit. */
  unitDurable(tag: number): void;
  /** A slot has been given back to the buffer. */
  released(slot: number): void;
}

// Constants of this file, which compiled code holds as they are (docs/HOT-PATH.md).
const { dirty: DIRTY, filling: FILLING, programming: PROGRAMMING } = SlotState;

export class Destager {
  programs = 0;
  /** Units programmed for the host, padding left out, and translation pages. */
  units = 0;
  mapUnits = 0;

  readonly #geometry: Geometry;
  readonly #buffer: WriteBuffer;
  readonly #blocks: Blocks;
  readonly #ftl: Ftl;
  readonly #collector: Collector;
  readonly #client: DestagerClient;
  #array!: FlashArray;
  #map: CachedMap | undefined;

  /** By lane: slots of the batch it has, their number, and where they go. */
  readonly #batch: Int32Array = NO_INTS;
  readonly #count: Int32Array = NO_INTS;
  readonly #target: Int32Array = NO_INTS;
  /** By lane: could take a batch now. */
  readonly #ready: Uint8Array = NO_BYTES;
  #readyCount = 0;
  /** Set when a lane that had no room may have got some: units went stale, or a block free. */
  mayHaveRoom = true;
  /** The place in lane order that is next. */
  #nextPlace = 0;
  readonly #gathered: Int32Array = NO_INTS;
  readonly #logicals: Int32Array = NO_INTS;
  /** Slots sorted by the lane they belong to, and by stream. */
  readonly #lists: LaneLists | undefined;
  readonly #byAddress: boolean;
  readonly #streams: Streams | undefined;
  readonly #streamCount: number = 0;
  /** All batches are of one size; the size of the smallest. */
  readonly #isOneSize: boolean;
  readonly #leastBatch: number = 0;
  /** By lane: the stream its batch goes to. */
  readonly #stream: Uint8Array = NO_BYTES;
  #forcedUpTo = 0;
  /** The stream whose turn it is. */
  #nextStream = 0;
  /** Lanes to look at again; at most one entry a slot. */
  readonly #touched: Int32Array = NO_INTS;

  /** @param byAddress each unit has a lane it belongs to */
  constructor(
    geometry: Geometry,
    buffer: WriteBuffer,
    blocks: Blocks,
    ftl: Ftl,
    collector: Collector,
    client: DestagerClient,
    byAddress: boolean,
    streams?: Streams,
  ) {
    this.#geometry = geometry;
    this.#buffer = buffer;
    this.#blocks = blocks;
    this.#ftl = ftl;
    this.#collector = collector;
    this.#client = client;
    this.#batch = new Int32Array(geometry.lanes * geometry.unitsPerProgram);
    this.#count = new Int32Array(geometry.lanes);
    this.#target = new Int32Array(geometry.lanes);
    this.#ready = new Uint8Array(geometry.lanes).fill(1);
    this.#readyCount = geometry.lanes;
    this.#gathered = new Int32Array(geometry.unitsPerProgram);
    this.#logicals = new Int32Array(geometry.unitsPerProgram);
    this.#touched = new Int32Array(byAddress ? buffer.slots : 0);
    this.#byAddress = byAddress;
    this.#streams = streams;
    this.#streamCount = streams?.count ?? 1;
    this.#stream = new Uint8Array(geometry.lanes);
    this.#isOneSize = blocks.slc === undefined;
    this.#leastBatch = blocks.slc?.unitsPerProgram ?? geometry.unitsPerProgram;
    const lists = (byAddress ? geometry.lanes : 1) * this.#streamCount;
    this.#lists =
      byAddress || streams !== undefined ? new LaneLists(lists, buffer.next) : undefined;
  }

  /** The array it programs; set once. */
  attach(array: FlashArray, map?: CachedMap): void {
    this.#array = array;
    this.#map = map;
  }

  hasBatch(lane: number): boolean {
    return this.#count[lane] > 0;
  }

  /** Starts the lane's batch on its free die. */
  start(lane: number): void {
    this.#array.startProgram(lane, this.#stream[lane], this.#target[lane], this.#bytesOf(lane));
  }

  /** Puts the lane's batch into the command just started for another plane of its die. */
  join(lane: number): void {
    this.#array.joinProgram(lane, this.#bytesOf(lane));
  }

  /** What the lane's batch holds, padding left out, bytes. */
  #bytesOf(lane: number): number {
    const base = lane * this.#geometry.unitsPerProgram;
    let sectors = 0;
    for (let i = 0; i < this.#count[lane]; i++)
      sectors += this.#buffer.sectorsIn(this.#batch[base + i]);
    return sectors * SECTOR_BYTES;
  }

  /** Whether a lane's batch may go in one command with that of another plane, which is of its kind. */
  canJoin(lane: number, started: number, pairs: PlanePairs): boolean {
    if (this.#count[lane] === 0 || this.#stream[lane] !== this.#stream[started]) return false;
    const page = this.#geometry.pageOf(this.#target[lane]);
    const startedPage = this.#geometry.pageOf(this.#target[started]);
    return pairs.meet(page, this.#pagesInLine(lane), startedPage);
  }

  /** Pages that wait for a lane that has a batch, those of the batch included. */
  #pagesInLine(lane: number): number {
    const { unitsPerRow } = this.#geometry;
    const waiting = this.#byAddress ? this.#lists!.count[lane * this.#streamCount] : 0;
    return Math.ceil((this.#count[lane] + waiting) / unitsPerRow);
  }

  /** Looks again whether the lane could take a batch, and whether it needs collection. */
  review(lane: number): void {
    this.#collector.consider(lane);
    const ready =
      this.#count[lane] === 0 &&
      this.#collector.active[lane] !== Collects.first &&
      this.#blocks.roomFor(lane, Stream.host) >= 0;
    this.#readyCount += Number(ready) - this.#ready[lane];
    this.#ready[lane] = Number(ready);
    if (this.#byAddress) this.#takeOwn(this.#lists!, lane);
    const collects = this.#collector.active[lane];
    // What goes beside the host leaves the die to what is about to be given out.
    const isNext = collects === Collects.beside && this.#buffer.dirtyCount === 0;
    if (collects === Collects.first || isNext) this.#array.kick(this.#geometry.dieOfLane(lane));
  }

  /** Gives out as many batches as there are lanes and units for. */
  destage(): void {
    const { unitsPerProgram } = this.#geometry;
    const buffer = this.#buffer;
    if (this.#lists !== undefined) {
      if (this.#byAddress) this.#sortByLane(this.#lists);
      else this.#sortByStream(this.#lists);
      return;
    }
    while (buffer.dirtyCount >= this.#leastBatch || buffer.isForced) {
      if (this.#readyCount === 0 && !this.#findRoom()) return;
      const whole = this.#isOneSize ? unitsPerProgram : this.#batchFor(this.#peekReady(), 0);
      const count = this.#gather(whole);
      if (count === 0) continue;
      if (count < whole && !buffer.isForcedSlot(this.#gathered[0])) {
        for (let i = count - 1; i >= 0; i--) buffer.unpop(this.#gathered[i]);
        return;
      }
      this.#give(this.#nextReady(), count, 0);
    }
  }

  /** The next lane in order that could take a batch; only while there is one. */
  #peekReady(): number {
    const { lanes, laneAt } = this.#geometry;
    let place = this.#nextPlace;
    while (this.#ready[laneAt[place]] === 0) place = place + 1 < lanes ? place + 1 : 0;
    this.#nextPlace = place;
    return laneAt[place];
  }

  #nextReady(): number {
    const lane = this.#peekReady();
    this.#nextPlace = this.#nextPlace + 1 < this.#geometry.lanes ? this.#nextPlace + 1 : 0;
    return lane;
  }

  /** Units a batch of one of the host's streams takes in a lane that is ready. */
  #batchFor(lane: number, stream: number): number {
    return this.#blocks.unitsPerProgram(this.#blocks.roomFor(lane, hostStream(stream)));
  }

  /** The lane's program is done: its units are mapped and their slots free. */
  programmed(lane: number): void {
    const { unitsPerProgram } = this.#geometry;
    const target = this.#target[lane];
    const count = this.#count[lane];
    const base = lane * unitsPerProgram;
    const { logical, stale } = this.#buffer;
    for (let i = 0; i < count; i++) {
      const slot = this.#batch[base + i];
      this.#logicals[i] = stale[slot] === 0 ? logical[slot] : -1;
    }
    const isMap = this.#map?.isPage(logical[this.#batch[base]]) === true;
    this.#ftl.place(this.#logicals, count, target);
    for (let i = 0; i < count; i++) this.#release(this.#batch[base + i]);
    this.programs++;
    if (isMap) this.mapUnits += count;
    else this.units += count;
    this.#count[lane] = 0;
    this.#blocks.programmed(lane, this.#stream[lane]);
    this.review(lane);
    // One that was over its share of valid units may be back under it.
    this.#reviewIdle(lane + 1 < this.#geometry.lanes ? lane + 1 : 0);
  }

  /** A slot's unit has been read: it can go out. */
  filled(slot: number): void {
    this.#buffer.fill(slot);
    this.#buffer.unpop(slot);
  }

  /** Pops up to a program unit's slots; what cannot go yet or need not go at all is left out. */
  #gather(most: number): number {
    const buffer = this.#buffer;
    let count = 0;
    while (count < most && buffer.dirtyCount > 0) {
      const slot = buffer.pop();
      if (!this.#canGo(slot)) continue;
      this.#gathered[count++] = slot;
    }
    return count;
  }

  /** Whether a popped slot is to be programmed now; one that is not wanted is let go. */
  #canGo(slot: number): boolean {
    const buffer = this.#buffer;
    if (buffer.stale[slot] === 1) {
      this.#release(slot);
      return false;
    }
    const logical = buffer.logical[slot];
    const map = this.#map;
    if (map !== undefined && !map.isPage(logical) && !map.forWrite(slot, logical)) {
      buffer.state[slot] = FILLING;
      return false;
    }
    if (buffer.isWhole(slot)) return true;
    const physical = this.#ftl.lookup(logical);
    if (physical >= 0) {
      buffer.state[slot] = FILLING;
      this.#client.fillFrom(slot, physical);
      return false;
    }
    // Nothing is there to be read: the rest of the unit is padding.
    return true;
  }

  /** Gives every dirty slot to its stream, and batches of each stream in turn to lanes that are ready. */
  #sortByStream(lists: LaneLists): void {
    const buffer = this.#buffer;
    while (buffer.dirtyCount > 0) {
      const slot = buffer.pop();
      if (!this.#canGo(slot)) continue;
      lists.append(this.#streams!.ofSlot[slot], slot);
      // Until it is in a batch, a later write to its unit may still go into it.
      buffer.state[slot] = DIRTY;
    }
    for (let n = 0; n < this.#streamCount; n++) {
      const stream = this.#nextStream;
      while (lists.count[stream] > 0) {
        if (this.#readyCount === 0 && !this.#findRoom()) return;
        const whole = this.#batchFor(this.#peekReady(), stream);
        if (!this.#isDue(lists, stream, whole, this.#isStuck(lists))) break;
        const count = this.#gatherFrom(lists, stream, whole);
        if (count > 0) this.#give(this.#nextReady(), count, stream);
      }
      this.#nextStream = (stream + 1) % this.#streamCount;
    }
  }

  /** Gives every dirty slot to its lane, and batches to lanes that could not go before. */
  #sortByLane(lists: LaneLists): void {
    const { unitsPerProgram, lanes, laneAt } = this.#geometry;
    const buffer = this.#buffer;
    let touched = 0;
    while (buffer.dirtyCount > 0) {
      const slot = buffer.pop();
      if (!this.#canGo(slot)) continue;
      const lane = laneAt[((buffer.logical[slot] / unitsPerProgram) | 0) % lanes];
      const stream = this.#streams === undefined ? 0 : this.#streams.ofSlot[slot];
      const list = lane * this.#streamCount + stream;
      lists.append(list, slot);
      if (this.#ready[lane] === 0) continue;
      // Not taken one by one: what came in one go goes out in one go.
      const whole = this.#isOneSize ? unitsPerProgram : this.#batchFor(lane, stream);
      if (lists.count[list] >= whole) this.#takeOwn(lists, lane);
      else if (buffer.isForcedSlot(slot)) this.#touched[touched++] = lane;
    }
    while (touched > 0) this.#takeOwn(lists, this.#touched[--touched]);
    if (buffer.freeCount > 0 && buffer.forcedUpTo === this.#forcedUpTo) return;
    this.#forcedUpTo = buffer.forcedUpTo;
    for (let lane = 0; lane < lanes && this.#readyCount > 0; lane++) this.#takeOwn(lists, lane);
  }

  /** Starts a batch of the lane's own slots, if one is due and the lane is ready. */
  #takeOwn(lists: LaneLists, lane: number): void {
    for (let stream = 0; stream < this.#streamCount && this.#ready[lane] === 1; stream++) {
      const list = lane * this.#streamCount + stream;
      if (lists.count[list] === 0) continue;
      const whole = this.#batchFor(lane, stream);
      if (!this.#isDue(lists, list, whole, this.#buffer.freeCount === 0)) continue;
      const count = this.#gatherFrom(lists, list, whole);
      if (count > 0) this.#give(lane, count, stream);
    }
  }

  /** Whether all of the buffer waits for company that cannot come. */
  #isStuck(lists: LaneLists): boolean {
    let waiting = 0;
    for (let stream = 0; stream < this.#streamCount; stream++) waiting += lists.count[stream];
    return waiting === this.#buffer.slots;
  }

  /** Whether a list makes a batch: a full one, or what is forced or in the way. */
  #isDue(lists: LaneLists, list: number, whole: number, isInTheWay: boolean): boolean {
    const buffer = this.#buffer;
    if (lists.count[list] >= whole || isInTheWay) return true;
    for (let slot = lists.first[list]; slot >= 0; slot = buffer.next[slot]) {
      if (buffer.isForcedSlot(slot)) return true;
    }
    return false;
  }

  #gatherFrom(lists: LaneLists, list: number, most: number): number {
    const buffer = this.#buffer;
    let count = 0;
    while (count < most && lists.count[list] > 0) {
      const slot = lists.takeFirst(list);
      if (buffer.stale[slot] === 1) this.#release(slot);
      else {
        buffer.state[slot] = PROGRAMMING;
        this.#gathered[count++] = slot;
      }
    }
    return count;
  }

  #give(lane: number, count: number, stream: number): void {
    const base = lane * this.#geometry.unitsPerProgram;
    for (let i = 0; i < count; i++) this.#batch[base + i] = this.#gathered[i];
    this.#count[lane] = count;
    if (!this.#isOneSize || this.#streams !== undefined) {
      this.#stream[lane] = this.#blocks.roomFor(lane, hostStream(stream));
    }
    this.#target[lane] = this.#blocks.allocate(lane, this.#stream[lane]);
    this.#ready[lane] = 0;
    this.#readyCount--;
    this.#array.kick(this.#geometry.dieOfLane(lane));
  }

  #release(slot: number): void {
    const owner = this.#buffer.owner[slot];
    this.#buffer.release(slot);
    this.#client.released(slot);
    if (owner >= 0) this.#client.unitDurable(owner);
  }

  /** No lane is ready: a full one may have something to collect by now. */
  #findRoom(): boolean {
    if (!this.mayHaveRoom) return false;
    this.mayHaveRoom = false;
    for (let lane = 0; lane < this.#geometry.lanes; lane++) {
      this.#reviewIdle(lane);
    }
    return this.#readyCount > 0;
  }

  #reviewIdle(lane: number): void {
    if (this.#ready[lane] !== 0 || this.#count[lane] !== 0) return;
    if (this.#collector.active[lane] !== Collects.first) this.review(lane);
  }

  save() {
    return {
      batch: this.#batch.slice(),
      count: this.#count.slice(),
      target: this.#target.slice(),
      ready: this.#ready.slice(),
      scalars: [this.#readyCount, this.#nextPlace, this.#forcedUpTo, this.#nextStream],
      stream: this.#stream.slice(),
      lists: this.#lists?.save(),
    };
  }

  load(saved: ReturnType<Destager['save']>): void {
    this.#batch.set(saved.batch);
    this.#count.set(saved.count);
    this.#target.set(saved.target);
    this.#ready.set(saved.ready);
    this.#stream.set(saved.stream);
    [this.#readyCount, this.#nextPlace, this.#forcedUpTo, this.#nextStream] = saved.scalars;
    this.mayHaveRoom = true;
    if (saved.lists !== undefined) this.#lists?.load(saved.lists);
  }
}

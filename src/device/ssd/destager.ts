/**
 * Destaging: takes dirty units out of the write buffer, a program unit at a time, and gives each
 * batch to a lane that is not already programming for the host and not taken over by collection: the
 * next one in lane order, or, where units are allocated by address, the lane they belong to.
 *
 * A batch waits until it is full unless its oldest unit is forced (a flush or FUA); then it goes as
 * it is and the rest of the program unit is padding. Units held in part are sent away to be filled
 * from flash first.
 */

import type { FlashArray } from './array.ts';
import { Stream, type Blocks } from './blocks.ts';
import { SlotState, type WriteBuffer } from './buffer.ts';
import type { Collector } from './collector.ts';
import type { Ftl } from './ftl.ts';
import type { Geometry } from './geometry.ts';
import { LaneLists } from './lane-lists.ts';

/** What the destager needs of the drive around it. */
export interface DestagerClient {
  /** A slot's unit has to be read from `physical` before it can be programmed. */
  fillFrom(slot: number, physical: number): void;
  /** What was written with this tag is programmed in one more unit. */
  unitDurable(tag: number): void;
}

export class Destager {
  programs = 0;
  /** Units programmed for the host, padding left out. */
  units = 0;

  readonly #geometry: Geometry;
  readonly #buffer: WriteBuffer;
  readonly #blocks: Blocks;
  readonly #ftl: Ftl;
  readonly #collector: Collector;
  readonly #client: DestagerClient;
  #array!: FlashArray;

  /** By lane: slots of the batch it has, their number, and where they go. */
  readonly #batch: Int32Array;
  readonly #count: Int32Array;
  readonly #target: Int32Array;
  /** By lane: could take a batch now. */
  readonly #ready: Uint8Array;
  #readyCount = 0;
  /** The place in lane order that is next. */
  #nextPlace = 0;
  readonly #gathered: Int32Array;
  readonly #logicals: Int32Array;
  readonly #byAddress: LaneLists | undefined;
  #forcedUpTo = 0;
  /** Lanes to look at again; at most one entry a slot. */
  readonly #touched: Int32Array;

  /** @param byAddress each unit has a lane it belongs to */
  constructor(
    geometry: Geometry,
    buffer: WriteBuffer,
    blocks: Blocks,
    ftl: Ftl,
    collector: Collector,
    client: DestagerClient,
    byAddress: boolean,
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
    this.#logicals = new Int32Array(geometry.unitsPerProgram);
    this.#gathered = new Int32Array(geometry.unitsPerProgram);
    this.#touched = new Int32Array(byAddress ? buffer.slots : 0);
    this.#byAddress = byAddress ? new LaneLists(geometry.lanes, buffer.next) : undefined;
  }

  /** The array it programs; set once. */
  attach(array: FlashArray): void {
    this.#array = array;
  }

  hasBatch(lane: number): boolean {
    return this.#count[lane] > 0;
  }

  /** Starts the lane's batch on its free die. */
  start(lane: number): void {
    this.#array.startProgram(lane, Stream.host, this.#target[lane], this.#count[lane]);
  }

  /** Looks again whether the lane could take a batch, and whether it needs collection. */
  review(lane: number): void {
    this.#collector.consider(lane);
    const ready =
      this.#count[lane] === 0 &&
      this.#collector.active[lane] === 0 &&
      this.#blocks.hasRoom(lane, Stream.host);
    this.#readyCount += Number(ready) - this.#ready[lane];
    this.#ready[lane] = Number(ready);
    if (this.#byAddress !== undefined) this.#takeOwn(this.#byAddress, lane);
    if (this.#collector.active[lane] === 1) this.#array.kick(this.#geometry.dieOfLane(lane));
  }

  /** Gives out as many batches as there are lanes and units for. */
  destage(): void {
    const { unitsPerProgram, lanes, laneAt } = this.#geometry;
    const buffer = this.#buffer;
    if (this.#byAddress !== undefined) {
      this.#sortByLane(this.#byAddress);
      return;
    }
    while (buffer.dirtyCount >= unitsPerProgram || buffer.isForced) {
      if (this.#readyCount === 0 && !this.#findRoom()) return;
      const count = this.#gather();
      if (count === 0) continue;
      if (count < unitsPerProgram && !buffer.isForcedSlot(this.#gathered[0])) {
        for (let i = count - 1; i >= 0; i--) buffer.unpop(this.#gathered[i]);
        return;
      }
      let place = this.#nextPlace;
      while (this.#ready[laneAt[place]] === 0) place = place + 1 < lanes ? place + 1 : 0;
      this.#nextPlace = place + 1 < lanes ? place + 1 : 0;
      this.#give(laneAt[place], count);
    }
  }

  /** The lane's program is done: its units are mapped and their slots free. */
  programmed(lane: number): void {
    const { unitsPerProgram } = this.#geometry;
    const target = this.#target[lane];
    const count = this.#count[lane];
    const base = lane * unitsPerProgram;
    for (let i = 0; i < count; i++) {
      this.#logicals[i] = this.#buffer.logical[this.#batch[base + i]];
    }
    this.#ftl.touch(this.#logicals, 0, count);
    for (let i = 0; i < count; i++) {
      const slot = this.#batch[base + i];
      if (this.#buffer.stale[slot] === 0) this.#ftl.place(this.#buffer.logical[slot], target + i);
      this.#release(slot);
    }
    this.programs++;
    this.units += count;
    this.#count[lane] = 0;
    this.#blocks.programmed(lane, Stream.host);
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
  #gather(): number {
    const buffer = this.#buffer;
    let count = 0;
    while (count < this.#geometry.unitsPerProgram && buffer.dirtyCount > 0) {
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
    if (buffer.isWhole(slot)) return true;
    const physical = this.#ftl.lookup(buffer.logical[slot]);
    if (physical >= 0) {
      buffer.state[slot] = SlotState.filling;
      this.#client.fillFrom(slot, physical);
      return false;
    }
    buffer.fill(slot);
    return true;
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
      lists.append(lane, slot);
      if (this.#ready[lane] === 0) continue;
      // Not taken one by one: what came in one go goes out in one go.
      if (lists.count[lane] >= unitsPerProgram) this.#takeOwn(lists, lane);
      else if (buffer.isForcedSlot(slot)) this.#touched[touched++] = lane;
    }
    while (touched > 0) this.#takeOwn(lists, this.#touched[--touched]);
    if (buffer.freeCount > 0 && buffer.forcedUpTo === this.#forcedUpTo) return;
    this.#forcedUpTo = buffer.forcedUpTo;
    for (let lane = 0; lane < lanes; lane++) this.#takeOwn(lists, lane);
  }

  /** Starts a batch of the lane's own slots: a full one, or what is forced or in the way. */
  #takeOwn(lists: LaneLists, lane: number): void {
    const { unitsPerProgram } = this.#geometry;
    const buffer = this.#buffer;
    if (this.#ready[lane] === 0 || lists.count[lane] === 0) return;
    if (lists.count[lane] < unitsPerProgram && buffer.freeCount > 0) {
      let isForced = false;
      for (let slot = lists.first[lane]; slot >= 0; slot = buffer.next[slot]) {
        if (buffer.isForcedSlot(slot)) isForced = true;
      }
      if (!isForced) return;
    }
    let count = 0;
    while (count < unitsPerProgram && lists.count[lane] > 0) {
      const slot = lists.takeFirst(lane);
      if (buffer.stale[slot] === 1) this.#release(slot);
      else this.#gathered[count++] = slot;
    }
    if (count > 0) this.#give(lane, count);
  }

  #give(lane: number, count: number): void {
    const base = lane * this.#geometry.unitsPerProgram;
    for (let i = 0; i < count; i++) this.#batch[base + i] = this.#gathered[i];
    this.#count[lane] = count;
    this.#target[lane] = this.#blocks.allocate(lane, Stream.host);
    this.#ready[lane] = 0;
    this.#readyCount--;
    this.#array.kick(this.#geometry.dieOfLane(lane));
  }

  #release(slot: number): void {
    const owner = this.#buffer.owner[slot];
    this.#buffer.release(slot);
    if (owner >= 0) this.#client.unitDurable(owner);
  }

  /** No lane is ready: a full one may have something to collect by now. */
  #findRoom(): boolean {
    for (let lane = 0; lane < this.#geometry.lanes; lane++) {
      this.#reviewIdle(lane);
    }
    return this.#readyCount > 0;
  }

  #reviewIdle(lane: number): void {
    if (this.#ready[lane] === 0 && this.#count[lane] === 0 && this.#collector.active[lane] === 0) {
      this.review(lane);
    }
  }

  save() {
    return {
      batch: this.#batch.slice(),
      count: this.#count.slice(),
      target: this.#target.slice(),
      ready: this.#ready.slice(),
      scalars: [this.#readyCount, this.#nextPlace, this.#forcedUpTo],
      lists: this.#byAddress?.save(),
    };
  }

  load(saved: ReturnType<Destager['save']>): void {
    this.#batch.set(saved.batch);
    this.#count.set(saved.count);
    this.#target.set(saved.target);
    this.#ready.set(saved.ready);
    [this.#readyCount, this.#nextPlace, this.#forcedUpTo] = saved.scalars;
    if (saved.lists !== undefined) this.#byAddress?.load(saved.lists);
  }
}

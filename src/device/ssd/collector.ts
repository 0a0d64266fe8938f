/**
 * Garbage collection, lane by lane: reads what is valid in a victim page by page, programs it
 * elsewhere a program unit at a time, and erases the victim when all of it has been programmed.
 *
 * What does not fill a program unit is carried over to the next victim rather than padded, so an
 * emptied block may wait for its erase until the carried units are down. The original of a unit
 * stays valid until then; a unit the host overwrites meanwhile is found stale when it is placed.
 */

import type { FlashArray } from './array.ts';
import { Stream, type Blocks } from './blocks.ts';
import type { CachedMap } from './cached-map.ts';
import type { Ftl, InHand } from './ftl.ts';
import type { Geometry } from './geometry.ts';
import type { PlanePairs } from './plane-pairs.ts';
import { VictimRows } from './victim-rows.ts';

/** What collection is to a lane: nothing, what it does before the host, or when the host leaves it time. */
export const Collects = { not: 0, first: 1, beside: 2 } as const;

/** How many blocks were taken to be emptied; the sum of what was valid in each, units, and of its squares. */
export interface Victims {
  count: number;
  units: number;
  squares: number;
}

/** Emptied blocks a lane lets wait for their erase before it pads a program. */
const EMPTIED_MAX = 8;

export class Collector implements InHand {
  /** Cumulative. */
  unitsMoved = 0;
  programs = 0;
  erases = 0;
  /** Blocks taken to be emptied, those of the single-level cache left out. */
  readonly victims: Victims = { count: 0, units: 0, squares: 0 };
  /** By lane: what collection is to it, as `Collects` has it. */
  readonly active: Uint8Array;

  readonly #geometry: Geometry;
  readonly #unitsPerBlock: number = 0;
  readonly #unitsPerRow: number = 0;
  readonly #unitsPerProgram: number = 0;
  readonly #unitBytes: number = 0;
  readonly #blocks: Blocks;
  readonly #ftl: Ftl;
  /** A lane with so many free blocks, or fewer, is short of them. */
  #wantFree: number;
  readonly #startFree: number = 0;
  readonly #softFree: number = 0;
  readonly #idleFree: number = 0;
  #array!: FlashArray;
  #map: CachedMap | undefined;

  /** By lane: the block being emptied (+ 1, 0 for none) and the next of its rows to look at. */
  readonly #victim: Int32Array;
  readonly #row: Int32Array;
  /** What of the victim is valid and has not been read. */
  readonly #unread: VictimRows;
  /** By lane: units read and not yet programmed, which may have gone stale since: birth, and first unit of the row it was read from. */
  readonly #capacity: number = 0;
  readonly #births: Int32Array;
  readonly #from: Int32Array;
  readonly #carried: Int32Array;
  /** By lane: units of the row taken last. */
  readonly #taken: Int32Array;
  /** Result of taking a row: its first physical unit. */
  #physical = 0;
  /** By lane: units in the program under way, and where it writes. */
  readonly #programming: Int32Array;
  readonly #target: Int32Array;
  /** By lane: emptied blocks, oldest first; how many there are, and how many may be erased. */
  readonly #emptied: Int32Array;
  readonly #emptiedCount: Int32Array;
  readonly #erasable: Int32Array;

  /**
   * @param startFree free blocks of a lane that start collection
   * @param softFree the same for collection beside the host; at most `startFree`: none
   * @param idleFree the same while the drive is idle
   */
  constructor(
    geometry: Geometry,
    blocks: Blocks,
    ftl: Ftl,
    startFree: number,
    softFree: number,
    idleFree: number,
  ) {
    const { lanes } = geometry;
    this.#geometry = geometry;
    this.#blocks = blocks;
    this.#ftl = ftl;
    ftl.attach(this);
    this.#startFree = startFree;
    this.#softFree = Math.max(startFree, softFree);
    this.#idleFree = Math.max(this.#softFree, idleFree);
    this.#wantFree = this.#softFree;
    this.active = new Uint8Array(lanes);
    this.#victim = new Int32Array(lanes);
    this.#row = new Int32Array(lanes);
    this.#unread = new VictimRows(geometry, ftl.whereabouts);
    this.#capacity = geometry.unitsPerProgram + geometry.unitsPerRow;
    this.#births = new Int32Array(lanes * this.#capacity);
    this.#from = new Int32Array(lanes * this.#capacity);
    this.#carried = new Int32Array(lanes);
    this.#taken = new Int32Array(lanes);
    this.#unitsPerBlock = geometry.unitsPerBlock;
    this.#unitsPerRow = geometry.unitsPerRow;
    this.#unitsPerProgram = geometry.unitsPerProgram;
    this.#unitBytes = geometry.unitBytes;
    this.#programming = new Int32Array(lanes);
    this.#target = new Int32Array(lanes);
    this.#emptied = new Int32Array(lanes * EMPTIED_MAX);
    this.#emptiedCount = new Int32Array(lanes);
    this.#erasable = new Int32Array(lanes);
  }

  /** The array whose dies it works on; set once. */
  attach(array: FlashArray, map?: CachedMap): void {
    this.#array = array;
    this.#map = map;
  }

  /** Whether there is time for what is not pressing. A lane at it finishes its operation first. */
  setIdle(isIdle: boolean): void {
    this.#wantFree = isIdle ? this.#idleFree : this.#softFree;
  }

  /** Takes the lane over, or works beside the host, if it is short of free blocks and anything can be gained. */
  consider(lane: number): void {
    if (this.active[lane] === Collects.first || !this.#wants(lane)) return;
    if (this.#erasable[lane] > 0 || this.#carried[lane] > 0 || this.#hasVictim(lane)) {
      this.active[lane] = this.#mayWait(lane) ? Collects.beside : Collects.first;
    }
  }

  /** Whether the lane collects for what is not pressing, where that goes beside the host. */
  #mayWait(lane: number): boolean {
    return (
      this.#softFree > this.#startFree &&
      this.#blocks.spare(lane) > this.#startFree &&
      !this.#wantsFolding(lane)
    );
  }

  /** Starts the lane's next operation on its free die; false when the lane is given back. */
  start(lane: number): boolean {
    if (this.active[lane] === Collects.first && this.#mayWait(lane)) {
      this.active[lane] = Collects.not;
      return false;
    }
    if (this.#erasable[lane] > 0) {
      this.#array.startErase(lane, Stream.gc);
      return true;
    }
    if (this.#wants(lane)) {
      for (;;) {
        const carried = this.#carried[lane];
        const isFull = carried >= this.#geometry.unitsPerProgram;
        const tooManyWait = this.#emptiedCount[lane] >= EMPTIED_MAX - 1;
        if (isFull || (carried > 0 && (tooManyWait || !this.#hasVictim(lane)))) {
          this.#program(lane);
          return true;
        }
        if (!this.#hasVictim(lane)) break;
        if (this.#readNextRow(lane)) return true;
        this.#setAside(lane);
        if (this.#erasable[lane] > 0) {
          this.#array.startErase(lane, Stream.gc);
          return true;
        }
      }
    }
    this.active[lane] = Collects.not;
    return false;
  }

  /** Whether the lane is short of free blocks, or should fold. */
  #wants(lane: number): boolean {
    return this.#blocks.spare(lane) <= this.#wantFree || this.#wantsFolding(lane);
  }

  #wantsFolding(lane: number): boolean {
    const { slc } = this.#blocks;
    if (slc === undefined) return false;
    const isUnderWay =
      this.#victim[lane] !== 0 || this.#carried[lane] > 0 || this.#emptiedCount[lane] > 0;
    return slc.wantsFolding(lane, isUnderWay, this.#blocks.hasRoom(lane, slc.stream));
  }

  #hasVictim(lane: number): boolean {
    if (this.#victim[lane] !== 0) return true;
    const block = this.#nextVictim(lane);
    this.#victim[lane] = block + 1;
    this.#row[lane] = 0;
    if (block >= 0) this.#begin(lane, block);
    return block >= 0;
  }

  #begin(lane: number, block: number): void {
    if (this.#blocks.valid[block] > 0) this.#unread.begin(lane, block, this.#row[lane]);
    else this.#unread.end(lane);
  }

  #nextVictim(lane: number): number {
    const blocks = this.#blocks;
    const { slc } = blocks;
    const spare = blocks.spare(lane);
    const isPressing = spare <= this.#startFree;
    let block = -1;
    if (isPressing && slc?.givesFree(lane) === true) {
      block = blocks.takeCached(lane);
    } else if (spare <= this.#wantFree) {
      // Less than a block's worth of stale units does not make a block free.
      const stale = isPressing ? blocks.reclaimable(lane) : blocks.reclaimableNow(lane);
      if (stale >= this.#geometry.unitsPerBlock) block = blocks.takeVictim(lane);
      if (block >= 0) {
        const valid = blocks.valid[block];
        this.victims.count++;
        this.victims.units += valid;
        this.victims.squares += valid * valid;
      }
    }
    return block < 0 && this.#wantsFolding(lane) ? blocks.takeCached(lane) : block;
  }

  /** Starts reading the victim's next row that holds anything valid; false when none is left. */
  #readNextRow(lane: number): boolean {
    if (!this.#takeNextRow(lane)) return false;
    this.#array.startGcRead(lane, Stream.gc, this.#physical, this.#taken[lane] * this.#unitBytes);
    return true;
  }

  /** The same when the row before is on its way out of the die, if a row is what comes next. */
  readOn(lane: number): boolean {
    if (
      this.#carried[lane] >= this.#unitsPerProgram ||
      this.#victim[lane] === 0 ||
      this.#blocks.free[lane] > this.#startFree ||
      !this.#takeNextRow(lane)
    ) {
      return false;
    }
    this.#array.goOnReading(lane, this.#physical, this.#taken[lane] * this.#unitBytes);
    return true;
  }

  /** The row taken last is not read yet after all; what went stale meanwhile is left out. */
  takeBack(lane: number): void {
    this.#carried[lane] -= this.#taken[lane];
    this.#row[lane]--;
    this.#unread.takeBack(lane);
  }

  /** Takes the units of the victim's next row that holds anything valid in hand; false when none is left. */
  #takeNextRow(lane: number): boolean {
    const { slc } = this.#blocks;
    const block = this.#victim[lane] - 1;
    if (this.#blocks.valid[block] === 0) return false;
    const unread = this.#unread;
    const before = this.#carried[lane];
    const at = lane * this.#capacity + before;
    const taken = unread.take(lane, this.#births, at);
    if (taken === 0) return false;
    this.#row[lane] = unread.row + 1;
    const physical = block * this.#unitsPerBlock + unread.row * this.#unitsPerRow;
    for (let i = at; i < at + taken; i++) this.#from[i] = physical;
    this.#physical = physical;
    this.#taken[lane] = taken;
    this.#carried[lane] = before + taken;
    if (slc?.holds[block] === 1) slc.unitsFolded += taken;
    return true;
  }

  /** The victim is read out: it may be erased once what is carried has been programmed. */
  #setAside(lane: number): void {
    this.#blocks.emptied(this.#victim[lane] - 1);
    this.#emptied[lane * EMPTIED_MAX + this.#emptiedCount[lane]++] = this.#victim[lane] - 1;
    this.#victim[lane] = 0;
    this.#unread.end(lane);
    if (this.#carried[lane] === 0) this.#erasable[lane] = this.#emptiedCount[lane];
  }

  #program(lane: number): void {
    const bytes = this.#takeProgram(lane);
    this.#array.startProgram(lane, Stream.gc, this.#target[lane], bytes);
  }

  /** Gives the lane's next program a place; returns what it holds, bytes. */
  #takeProgram(lane: number): number {
    this.#programming[lane] = Math.min(this.#carried[lane], this.#unitsPerProgram);
    this.#target[lane] = this.#blocks.allocate(lane, Stream.gc);
    this.programs++;
    return this.#programming[lane] * this.#unitBytes;
  }

  /** Whether a lane's program may go in one command with that just started for another plane. */
  canJoin(lane: number, started: number, pairs: PlanePairs): boolean {
    const isNext =
      this.#programming[started] > 0 &&
      this.active[lane] === this.active[started] &&
      this.#carried[lane] >= this.#unitsPerProgram &&
      this.#erasable[lane] === 0;
    if (!isNext) return false;
    const page = this.#geometry.pageOf(this.#blocks.nextUnit(lane, Stream.gc));
    const startedPage = this.#geometry.pageOf(this.#target[started]);
    return pairs.meet(page, this.#pagesInLine(lane), startedPage);
  }

  /** Puts the lane's next program into the command just started for another plane of its die. */
  join(lane: number): void {
    this.#array.joinProgram(lane, this.#takeProgram(lane));
  }

  /** Pages that the lane has yet to program for its victim. */
  #pagesInLine(lane: number): number {
    const victim = this.#victim[lane] - 1;
    const left = victim < 0 ? 0 : this.#blocks.valid[victim];
    return Math.ceil(Math.max(left, this.#carried[lane]) / this.#unitsPerRow);
  }

  /** The lane's program is done. */
  programmed(lane: number): void {
    const count = this.#programming[lane];
    const target = this.#target[lane];
    const base = lane * this.#capacity;
    this.#ftl.move(this.#births, this.#from, base, count, target);
    if (this.#map !== undefined) this.#tellMap(this.#map, base, count);
    this.unitsMoved += count;
    for (let i = base; i + count < base + this.#carried[lane]; i++) {
      this.#births[i] = this.#births[i + count];
      this.#from[i] = this.#from[i + count];
    }
    this.#carried[lane] -= count;
    this.#programming[lane] = 0;
    this.#blocks.programmed(lane, Stream.gc);
    // What was carried when a block was set aside is fewer than fill a program: it is down now.
    this.#erasable[lane] = this.#emptiedCount[lane];
  }

  #tellMap(map: CachedMap, base: number, count: number): void {
    for (let i = base; i < base + count; i++) {
      if (this.#births[i] < 0) continue;
      const logical = this.#ftl.logicalOf(this.#births[i]);
      if (!map.isPage(logical)) map.moved(logical);
    }
  }

  addOrigins(to: Set<number>): void {
    const { stride } = this.#ftl.whereabouts.births;
    this.#carried.forEach((carried, lane) => {
      const base = lane * this.#capacity;
      for (let i = base; i < base + carried; i++) {
        if (this.#births[i] >= 0) to.add((this.#births[i] / stride) | 0);
      }
      this.#unread.addOrigins(lane, to);
    });
  }

  /** Instead of births, their places are kept. */
  beforeRebirth(): void {
    const { births } = this.#ftl.whereabouts;
    this.#eachInHand((birth) =>
      birth >= 0 && births.isLive(birth) ? this.#ftl.whereabouts.find(birth) : -1,
    );
  }

  afterRebirth(): void {
    this.#eachInHand((place) => (place >= 0 ? this.#ftl.whereabouts.birthAt(place) : -1));
    this.#victim.forEach((block, lane) => {
      if (block > 0) this.#begin(lane, block - 1);
    });
  }

  #eachInHand(change: (value: number) => number): void {
    this.#carried.forEach((carried, lane) => {
      const base = lane * this.#capacity;
      for (let i = base; i < base + carried; i++) this.#births[i] = change(this.#births[i]);
    });
  }

  /** The lane's erase is done. */
  erased(lane: number): void {
    const base = lane * EMPTIED_MAX;
    this.erases++;
    this.#blocks.erased(this.#emptied[base]);
    this.#emptied.copyWithin(base, base + 1, base + this.#emptiedCount[lane]);
    this.#emptiedCount[lane]--;
    this.#erasable[lane]--;
  }

  save() {
    return {
      active: this.active.slice(),
      victim: this.#victim.slice(),
      row: this.#row.slice(),
      births: this.#births.slice(),
      from: this.#from.slice(),
      carried: this.#carried.slice(),
      taken: this.#taken.slice(),
      programming: this.#programming.slice(),
      target: this.#target.slice(),
      emptied: this.#emptied.slice(),
      emptiedCount: this.#emptiedCount.slice(),
      erasable: this.#erasable.slice(),
      wantFree: this.#wantFree,
    };
  }

  load(saved: ReturnType<Collector['save']>): void {
    this.active.set(saved.active);
    this.#victim.set(saved.victim);
    this.#row.set(saved.row);
    this.#births.set(saved.births);
    this.#from.set(saved.from);
    this.#carried.set(saved.carried);
    this.#taken.set(saved.taken);
    this.#programming.set(saved.programming);
    this.#target.set(saved.target);
    this.#emptied.set(saved.emptied);
    this.#emptiedCount.set(saved.emptiedCount);
    this.#erasable.set(saved.erasable);
    this.#wantFree = saved.wantFree;
    this.#victim.forEach((block, lane) => {
      if (block > 0) this.#begin(lane, block - 1);
      else this.#unread.end(lane);
    });
  }
}

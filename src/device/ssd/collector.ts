/**
 * Garbage collection, lane by lane: reads what is valid in a victim page by page, programs it
 * elsewhere a program unit at a time, and erases the victim when all of it has been programmed.
 *
 * What does not fill a program unit is carried over to the next victim rather than padded, so an
 * emptied block may wait for its erase until the carried units are down. The original of a unit
 * stays valid until then; a unit the host overwrites meanwhile is found stale when it is placed.
 */

import { NO_BYTES, NO_INTS } from '../../sim/columns.ts';
import type { FlashArray } from './array.ts';
import { Stream, type Blocks } from './blocks.ts';
import type { CachedMap } from './cached-map.ts';
import type { Ftl, InHand } from './ftl.ts';
import type { Geometry } from './geometry.ts';
import type { PlanePairs } from './plane-pairs.ts';
import { bitIndex } from './bits.ts';
import { GROUP_BITS } from './births.ts';
import { Carried, Piece } from './carried.ts';
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

// Constants of this file, which compiled code holds as they are (docs/HOT-PATH.md).
const { gc: GC } = Stream;

export class Collector implements InHand {
  /** Cumulative. */
  unitsMoved = 0;
  programs = 0;
  erases = 0;
  /** Blocks taken to be emptied, those of the single-level cache left out. */
  readonly victims: Victims = { count: 0, units: 0, squares: 0 };
  /** By lane: what collection is to it, as `Collects` has it. */
  readonly active: Uint8Array = NO_BYTES;

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
  readonly #victim: Int32Array = NO_INTS;
  readonly #row: Int32Array = NO_INTS;
  /** What of the victim is valid and has not been read. */
  readonly #unread: VictimRows;
  readonly #carried: Carried;
  /** Where that is, while all units are born again. */
  #places: number[][] = [];
  /** By lane: units of the row taken last. */
  readonly taken: Int32Array = NO_INTS;
  /** Results of `takeRow`: the row in its block, and its first physical unit. */
  rowInBlock = 0;
  rowAt = 0;
  /** By lane: where the program under way writes. */
  readonly target: Int32Array = NO_INTS;
  /** By lane: emptied blocks, oldest first; how many there are, and how many may be erased. */
  readonly #emptied: Int32Array = NO_INTS;
  readonly #emptiedCount: Int32Array = NO_INTS;
  readonly #erasable: Int32Array = NO_INTS;

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
    this.#carried = new Carried(geometry);
    this.taken = new Int32Array(lanes);
    this.#unitsPerBlock = geometry.unitsPerBlock;
    this.#unitsPerRow = geometry.unitsPerRow;
    this.#unitsPerProgram = geometry.unitsPerProgram;
    this.#unitBytes = geometry.unitBytes;
    this.target = new Int32Array(lanes);
    this.#emptied = new Int32Array(lanes * EMPTIED_MAX);
    this.#emptiedCount = new Int32Array(lanes);
    this.#erasable = new Int32Array(lanes);
  }

  /** The array whose dies it works on; set once. */
  attach(array: FlashArray, map?: CachedMap): void {
    this.#array = array;
    this.#map = map;
    array.attach(this);
    this.#blocks.watchVictims(array);
  }

  /** Whether there is time for what is not pressing. A lane at it finishes its operation first. */
  setIdle(isIdle: boolean): void {
    this.#wantFree = isIdle ? this.#idleFree : this.#softFree;
  }

  /** Takes the lane over, or works beside the host, if it is short of free blocks and anything can be gained. */
  consider(lane: number): void {
    if (this.active[lane] === Collects.first || !this.#wants(lane)) return;
    if (this.#erasable[lane] > 0 || this.#carried.units[lane] > 0 || this.#hasVictim(lane)) {
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
      this.#array.startErase(lane, GC);
      return true;
    }
    if (this.#wants(lane)) {
      if (this.active[lane] === Collects.first && this.#array.startRun(lane)) return true;
      for (;;) {
        const carried = this.#carried.units[lane];
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
          this.#array.startErase(lane, GC);
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
      this.#victim[lane] !== 0 || this.#carried.units[lane] > 0 || this.#emptiedCount[lane] > 0;
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
    if (!this.takeRow(lane)) return false;
    this.#array.startGcRead(lane, GC, this.rowAt, this.taken[lane] * this.#unitBytes);
    return true;
  }

  /** Takes the units of the victim's next row that holds anything valid in hand; false when none is left. */
  takeRow(lane: number): boolean {
    const { slc } = this.#blocks;
    const block = this.#victim[lane] - 1;
    if (this.#blocks.valid[block] === 0) return false;
    const unread = this.#unread;
    const taken = unread.take(lane, this.#carried);
    if (taken === 0) return false;
    this.#row[lane] = unread.row + 1;
    this.rowInBlock = unread.row;
    this.rowAt = block * this.#unitsPerBlock + unread.row * this.#unitsPerRow;
    this.taken[lane] = taken;
    if (slc?.holds[block] === 1) slc.unitsFolded += taken;
    return true;
  }

  /** The victim is read out: it may be erased once what is carried has been programmed. */
  #setAside(lane: number): void {
    this.#blocks.emptied(this.#victim[lane] - 1);
    this.#emptied[lane * EMPTIED_MAX + this.#emptiedCount[lane]++] = this.#victim[lane] - 1;
    this.#victim[lane] = 0;
    this.#unread.end(lane);
    if (this.#carried.units[lane] === 0) this.#erasable[lane] = this.#emptiedCount[lane];
  }

  #program(lane: number): void {
    const bytes = this.takeProgram(lane);
    this.#array.startProgram(lane, GC, this.target[lane], bytes);
  }

  /** Gives the lane's next program a place; returns what it holds, bytes. */
  takeProgram(lane: number): number {
    this.#carried.startProgram(lane);
    this.target[lane] = this.#blocks.allocate(lane, GC);
    this.programs++;
    return this.#carried.unitsInProgram[lane] * this.#unitBytes;
  }

  /** The row of its block that the lane's next program goes to; only where that block is open. */
  nextTargetRow(lane: number): number {
    return (this.#blocks.nextUnit(lane, GC) / this.#unitsPerRow) | 0;
  }

  /**
   * How many programs the lane will surely do one after the other, with nothing but reads of its victim
   * in between, if nothing of the victim goes stale.
   */
  programsAhead(lane: number): number {
    const block = this.#victim[lane] - 1;
    if (block < 0 || this.#emptiedCount[lane] > 0) return 0;
    // What is in hand is less than two programs.
    const ofVictim = ((this.#blocks.valid[block] / this.#unitsPerProgram) | 0) - 2;
    const ofTarget = this.#blocks.programsLeft(lane, GC) - 1;
    return ofVictim < ofTarget ? ofVictim : ofTarget;
  }

  /** By lane: units read, and not yet programmed. */
  get inHand(): Int32Array {
    return this.#carried.units;
  }

  /** Whether a lane's program may go in one command with that just started for another plane. */
  canJoin(lane: number, started: number, pairs: PlanePairs): boolean {
    const isNext =
      this.#carried.unitsInProgram[started] > 0 &&
      this.active[lane] === this.active[started] &&
      this.#carried.units[lane] >= this.#unitsPerProgram &&
      this.#erasable[lane] === 0;
    if (!isNext) return false;
    const page = this.#geometry.pageOf(this.#blocks.nextUnit(lane, GC));
    const startedPage = this.#geometry.pageOf(this.target[started]);
    return pairs.meet(page, this.#pagesInLine(lane), startedPage);
  }

  /** Puts the lane's next program into the command just started for another plane of its die. */
  join(lane: number): void {
    this.#array.joinProgram(lane, this.takeProgram(lane));
  }

  /** Pages that the lane has yet to program for its victim. */
  #pagesInLine(lane: number): number {
    const victim = this.#victim[lane] - 1;
    const left = victim < 0 ? 0 : this.#blocks.valid[victim];
    return Math.ceil(Math.max(left, this.#carried.units[lane]) / this.#unitsPerRow);
  }

  /** The lane's program is done. */
  programmed(lane: number): void {
    const carried = this.#carried;
    this.#ftl.move(carried, lane, this.target[lane]);
    if (this.#map !== undefined) this.#tellMap(this.#map, lane);
    this.unitsMoved += carried.unitsInProgram[lane];
    carried.endProgram(lane);
    this.#blocks.programmed(lane, GC);
    // What was carried when a block was set aside is fewer than fill a program: it is down now.
    this.#erasable[lane] = this.#emptiedCount[lane];
  }

  #tellMap(map: CachedMap, lane: number): void {
    const carried = this.#carried;
    const { rows } = carried;
    const { live } = this.#ftl.whereabouts.births;
    for (let n = 0; n < carried.inProgram[lane]; n++) {
      const at = carried.after(carried.first(lane), n);
      const group = rows[at + Piece.group];
      for (let left = rows[at + Piece.bits] & live[group]; left !== 0; left &= left - 1) {
        const logical = this.#ftl.logicalOf((group << GROUP_BITS) | bitIndex(left & -left));
        if (!map.isPage(logical)) map.moved(logical);
      }
    }
  }

  /** Moves what has been moved by now. */
  catchUp(): void {
    this.#array.catchUp();
  }

  addOrigins(to: Set<number>): void {
    this.#carried.addOrigins(this.#ftl.whereabouts.births, to);
    for (let lane = 0; lane < this.#geometry.lanes; lane++) this.#unread.addOrigins(lane, to);
  }

  beforeRebirth(): void {
    this.#places = this.#carried.places(this.#ftl.whereabouts);
  }

  afterRebirth(): void {
    this.#carried.bornAgain(this.#places, this.#ftl.whereabouts);
    this.#places = [];
    this.#victim.forEach((block, lane) => {
      if (block > 0) this.#begin(lane, block - 1);
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
      carried: this.#carried.save(),
      taken: this.taken.slice(),
      target: this.target.slice(),
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
    this.#carried.load(saved.carried);
    this.taken.set(saved.taken);
    this.target.set(saved.target);
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

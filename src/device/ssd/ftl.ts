/**
 * The page-mapped translation layer: in which row of the flash each logical unit lies.
 *
 * The map (`logical-map.ts`) names the birth of each unit (`births.ts`); where that is, `whereabouts.ts`
 * knows. What has not been written since the drive started is where a formula puts it (`start.ts`).
 *
 * The map changes when a program completes, not when it starts: until then a power cut would leave
 * the old copy, so the old copy stays valid.
 */

import { NO_INTS } from '../../sim/columns.ts';
import type { DeviceOptions } from '../device.ts';
import { Births } from './births.ts';
import { countBits } from './bits.ts';
import { BlockState, type Blocks } from './blocks.ts';
import { Piece, type Carried } from './carried.ts';
import type { Geometry } from './geometry.ts';
import { FIRST, LogicalMap } from './logical-map.ts';
import type { SparseMap } from './sparse-map.ts';
import type { Start } from './start.ts';
import { Whereabouts } from './whereabouts.ts';

const NONE = -1;
/** Units that are born again in one go: few enough for what is known of them to stay in the cache. */
const PIECE = 2048;
/** After so many pieces it is told how far that is, a power of two; and what it is called. */
const PIECES_TOLD = 64;
const WORK = 'numbering the units of the flash anew';

/** Whoever moves units. */
export interface InHand {
  /** What has been moved by now is to be told. */
  catchUp(): void;
  /** Adds the origins of units in hand, and of those that will be. */
  addOrigins(to: Set<number>): void;
  /** All units are about to be born again where they are (`Whereabouts.find`), and now have been (`birthAt`). */
  beforeRebirth(): void;
  afterRebirth(): void;
}

export interface FtlOptions {
  /** More blocks than these may not be filled by the host at once. */
  readonly openMax: number;
  /** How much the host may write until all units are born again, in blocks; affects speed only. */
  readonly spareOrigins?: number | undefined;
  /** Whether `logicalOf` is wanted. */
  readonly knowsLogical: boolean;
  /** As `DeviceOptions` has it. */
  readonly onWork?: DeviceOptions['onWork'];
  /** Whether a unit is written to the lane that its address belongs to, whenever it is. */
  readonly byAddress: boolean;
}

// Constants of this file, which compiled code holds as they are (docs/HOT-PATH.md).
const { bits: BITS, block: BLOCK, group: GROUP, size: SIZE } = Piece;

export class Ftl {
  readonly whereabouts: Whereabouts;
  readonly #births: Births;
  readonly #start: Start;
  readonly #geometry: Geometry;
  readonly #blocks: Blocks;
  readonly #forward: LogicalMap;
  /** What the map says of the units of a program. */
  readonly #entries: Int32Array = NO_INTS;
  /** Of units that are being born again. */
  readonly #again = {
    logical: new Int32Array(PIECE),
    birth: new Int32Array(PIECE),
    place: new Int32Array(PIECE),
    scratch: new Int32Array(PIECE),
  };
  readonly #onWork: DeviceOptions['onWork'];
  #pieces = 0;
  #collection!: InHand;

  /** @param start where everything is to begin with */
  constructor(geometry: Geometry, blocks: Blocks, start: Start, options: FtlOptions) {
    this.#geometry = geometry;
    this.#blocks = blocks;
    this.#start = start;
    const { openMax, spareOrigins, knowsLogical, byAddress } = options;
    const { unitsPerBlock } = geometry;
    this.#onWork = options.onWork;
    const lanes = byAddress && start.byAddress ? geometry.lanes : 1;
    const births = new Births(geometry.blocks, unitsPerBlock, openMax, spareOrigins, lanes);
    this.#births = births;
    this.#forward = new LogicalMap(geometry, births, knowsLogical);
    this.#entries = new Int32Array(geometry.unitsPerProgram);
    this.whereabouts = new Whereabouts(geometry, births, start);
    start.enter(blocks);
    for (let origin = births.origins - 1; origin >= 0; origin--) {
      const isUsed = origin < geometry.blocks && blocks.state[origin] !== BlockState.free;
      if (isUsed) this.whereabouts.begin(origin);
      else births.giveBack(origin);
    }
    blocks.watch(this.whereabouts);
  }

  /** Who hears when units are born again; set once. */
  attach(collection: InHand): void {
    this.#collection = collection;
  }

  /** The first physical unit of the row that holds a logical unit; -1 when none does. */
  lookup(logical: number): number {
    this.#collection.catchUp();
    const birth = this.birthOf(logical);
    if (birth < 0) return NONE;
    const physical = this.whereabouts.find(birth);
    return physical - (physical % this.#geometry.unitsPerRow);
  }

  /** The birth of a logical unit; -1 when it is nowhere. */
  birthOf(logical: number): number {
    return this.#birthBy(logical, this.#forward.get(logical));
  }

  /** The same by its entry of the map. */
  #birthBy(logical: number, entry: number): number {
    if (entry >= FIRST) return entry - FIRST;
    return entry === 0 && this.#start.has(logical)
      ? this.whereabouts.birthAt(this.#start.find(logical))
      : NONE;
  }

  /** The logical unit of a valid birth, where it is wanted to be known. */
  logicalOf(birth: number): number {
    const known = this.#forward.unitOf(birth);
    if (known >= 0) return known;
    const origin = (birth / this.#births.stride) | 0;
    return this.#start.logicalAt(origin, birth - origin * this.#births.stride);
  }

  /**
   * A program has put logical units (none for those below zero) at `target` and behind it; what was there
   * before of them ceases to be valid, and so does the former of two of the same.
   */
  place(logicals: Int32Array, count: number, target: number): void {
    this.#collection.catchUp();
    const { whereabouts } = this;
    const births = this.#births;
    const forward = this.#forward;
    const entries = this.#entries;
    const block = this.#geometry.blockOf(target);
    if (!whereabouts.hasOrigin(block)) this.#open(block);
    // One thing after the other for all: each waits for memory, and these waits overlap.
    forward.gather(logicals, count, entries);
    for (let i = 0; i < count; i++) {
      entries[i] = logicals[i] < 0 ? NONE : this.#birthBy(logicals[i], entries[i]);
    }
    const born = whereabouts.born(block, target);
    for (let i = 0; i < count; i++) {
      if (logicals[i] < 0) continue;
      forward.put(logicals[i], born + i);
    }
    let placed = 0;
    for (let i = 0; i < count; i++) {
      if (logicals[i] < 0) continue;
      if (forward.get(logicals[i]) === born + i + FIRST) {
        births.setLive(born + i);
        placed++;
      } else entries[i] = NONE;
    }
    births.killAll(entries, count);
    whereabouts.toBlocks(entries, count);
    this.#blocks.invalidateAll(entries, count);
    this.#blocks.addValid(block, placed);
  }

  /**
   * Collection has programmed what is in a lane's program at `target` and behind it. What has been
   * written anew meanwhile stays where it is.
   */
  move(carried: Carried, lane: number, target: number): void {
    const { rows } = carried;
    const { live } = this.#births;
    const { whereabouts } = this;
    const blocks = this.#blocks;
    const first = carried.first(lane);
    const end = carried.after(first, carried.inProgram[lane]);
    let place = target;
    let all = 0;
    for (let at = first; at < end; at = carried.after(at, 1)) {
      const group = rows[at + GROUP];
      const bits = rows[at + BITS];
      const size = rows[at + SIZE];
      const valid = bits & live[group];
      if (valid !== 0) {
        const units = valid === bits ? size : countBits(valid);
        whereabouts.move(lane, group, bits, size, place);
        blocks.moved(lane, rows[at + BLOCK], units);
        all += units;
      }
      place += size;
    }
    blocks.addValid(this.#geometry.blockOf(target), all);
  }

  /** The unit holds nothing from now on. */
  unmap(logical: number): void {
    this.#collection.catchUp();
    const birth = this.birthOf(logical);
    this.#forward.remove(logical);
    if (birth < 0) return;
    this.#births.kill(birth);
    this.#blocks.invalidate(this.whereabouts.blockOf(birth));
  }

  /** Sees to it that what the host writes to a block can be born. */
  #open(block: number): void {
    if (this.#births.isOutFor(block)) this.#makeFreeFor(block);
    this.whereabouts.open(block);
  }

  #makeFreeFor(block: number): void {
    const inUse = new Set<number>();
    this.#collection.addOrigins(inUse);
    this.whereabouts.collectOrigins(inUse);
    if (this.#births.areFewFor(block)) this.#bearAgain();
  }

  /** Everything is born again where it is. */
  #bearAgain(): void {
    this.#collection.beforeRebirth();
    this.#births.reset();
    if (this.#births.lanes === 1) this.#bearAgainInOrder();
    else this.#bearAgainByLane();
    const { valid } = this.#blocks;
    this.whereabouts.restart((block) => valid[block] > 0);
    this.#collection.afterRebirth();
  }

  #bearAgainInOrder(): void {
    const { mappedUnits } = this.#geometry;
    const { logical } = this.#again;
    for (let from = 0; from < mappedUnits; from += PIECE) {
      const count = Math.min(PIECE, mappedUnits - from);
      for (let i = 0; i < count; i++) logical[i] = from + i;
      this.#bearAgainThese(count, from / mappedUnits);
    }
  }

  /** What is known of one lane's births stays in the cache. */
  #bearAgainByLane(): void {
    const { mappedUnits, lanes, unitsPerProgram } = this.#geometry;
    const { logical } = this.#again;
    const step = lanes * unitsPerProgram;
    let count = 0;
    for (let place = 0; place < lanes; place++) {
      for (let from = place * unitsPerProgram; from < mappedUnits; from += step) {
        const to = Math.min(from + unitsPerProgram, mappedUnits);
        if (count + to - from > PIECE) {
          this.#bearAgainThese(count, (place + from / mappedUnits) / lanes);
          count = 0;
        }
        for (let unit = from; unit < to; unit++) logical[count++] = unit;
      }
    }
    this.#bearAgainThese(count, 1);
  }

  /**
   * Units that are listed in `#again` are born again.
   * @param all how many, those that are nowhere included
   * @param share of all the work that is done
   */
  #bearAgainThese(all: number, share: number): void {
    const { whereabouts } = this;
    const births = this.#births;
    const forward = this.#forward;
    const { logical, birth, place, scratch } = this.#again;
    if ((++this.#pieces & (PIECES_TOLD - 1)) === 0) this.#onWork?.(WORK, share);
    let count = 0;
    for (let i = 0; i < all; i++) {
      const unit = logical[i];
      birth[count] = this.birthOf(unit);
      logical[count] = unit;
      // What is nowhere stays there.
      if (birth[count] >= 0) count++;
    }
    whereabouts.findMany(birth, count, place, scratch);
    for (let i = 0; i < count; i++) birth[i] = whereabouts.birthAt(place[i]);
    for (let i = 0; i < count; i++) births.setLive(birth[i]);
    for (let i = 0; i < count; i++) forward.put(logical[i], birth[i]);
  }

  save(): { forward: SparseMap; whereabouts: ReturnType<Whereabouts['save']>; start: string } {
    return {
      forward: this.#forward.save((share) => this.#onWork?.('keeping the map of the flash', share)),
      whereabouts: this.whereabouts.save(),
      start: this.#start.name,
    };
  }

  /** @throws Error when the snapshot's drive started from another state */
  load(saved: ReturnType<Ftl['save']>): void {
    const start = this.#start;
    if (saved.start !== start.name) {
      throw new Error(`the snapshot is of a drive that started ${saved.start}`);
    }
    const { whereabouts } = this;
    whereabouts.load(saved.whereabouts);
    const { hasStarted } = whereabouts;
    this.#forward.load(
      saved.forward,
      (logical, entry) => {
        if (hasStarted && start.has(logical)) {
          whereabouts.startedGone(whereabouts.birthAt(start.find(logical)));
        }
        if (entry >= FIRST) this.#births.setLive(entry - FIRST);
      },
      (share) => this.#onWork?.('taking up the map of the flash', share),
    );
  }
}

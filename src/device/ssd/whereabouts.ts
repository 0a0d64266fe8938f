/**
 * Where each unit is, by its birth, and which units are in a block.
 *
 * An origin that has not been moved lies in its *home*: birth n of it in unit n of that block. When
 * collection takes the block, its groups get places of their own (`parts.ts`), and as they are moved,
 * the blocks they come to are told (`contents.ts`).
 */

import { NO_BYTES, NO_INTS } from '../../sim/columns.ts';
import { bitRange } from './bits.ts';
import { GROUP_UNITS, type Births } from './births.ts';
import { Contents } from './contents.ts';
import type { Geometry } from './geometry.ts';
import { Column } from './linked-rows.ts';
import { Parts } from './parts.ts';
import type { Start } from './start.ts';

const NONE = -1;

/** Whether an origin is of the drive's start: not, as it was, or moved since. */
const StartedOrigin = { no: 0, atHome: 1, away: 2 } as const;

/** Columns of what of a block is where: a row for each part of a group that lies in it, in the order of their places. */
export const Listed = {
  base: 0,
  group: 1,
  /** Which births of the group took a place there, as bits. */
  placed: 2,
} as const;
/** Numbers in a row. */
export const LISTED = 3;

// A constant of this file, which compiled code holds as it is (docs/HOT-PATH.md).
const AT_HOME = StartedOrigin.atHome;

export class Whereabouts {
  readonly births: Births;
  readonly #parts: Parts;
  readonly #contents: Contents;
  readonly #geometry: Geometry;
  readonly #start: Start;
  readonly #unitsPerBlock: number = 0;
  readonly #stride: number = 0;
  readonly #groupsPerOrigin: number = 0;
  /** By origin: the block it lies in as it was written; -1 for none. */
  readonly #home: Int32Array = NO_INTS;
  /** By block: the origin whose home it is or was, + 1; 0 for none. */
  readonly #native: Int32Array = NO_INTS;
  /** By origin: `StartedOrigin`. */
  readonly #started: Uint8Array = NO_BYTES;

  constructor(geometry: Geometry, births: Births, start: Start) {
    this.births = births;
    this.#geometry = geometry;
    this.#start = start;
    this.#unitsPerBlock = geometry.unitsPerBlock;
    this.#stride = births.stride;
    this.#groupsPerOrigin = births.groupsPerOrigin;
    this.#parts = new Parts(births.live.length, geometry.unitsPerBlock, geometry.lanes);
    this.#contents = new Contents(geometry.blocks);
    this.#home = new Int32Array(births.origins).fill(NONE);
    this.#native = new Int32Array(geometry.blocks);
    this.#started = new Uint8Array(births.origins);
  }

  /** Enters a block that is as the drive starts: its origin has its number. */
  begin(block: number): void {
    this.settle(block);
    this.#started[block] = StartedOrigin.atHome;
  }

  /** Makes a block the home of the origin of its number. */
  settle(block: number): void {
    this.#home[block] = block;
    this.#native[block] = block + 1;
  }

  /** The birth of what is in a unit of a block that is the home of the origin of its number. */
  birthAt(physical: number): number {
    const block = (physical / this.#unitsPerBlock) | 0;
    return block * this.#stride + physical - block * this.#unitsPerBlock;
  }

  /** Whether the block is where what the host writes to it is born. */
  hasOrigin(block: number): boolean {
    return this.#native[block] !== 0;
  }

  /** What the host writes to the block is born there from now on. */
  open(block: number): void {
    const origin = this.births.takeFor(block);
    this.#native[block] = origin + 1;
    this.#home[origin] = block;
  }

  /** The birth of what the host has written to a unit of a block with an origin. */
  born(block: number, physical: number): number {
    return (this.#native[block] - 1) * this.#stride + physical - block * this.#unitsPerBlock;
  }

  /** The physical unit a birth is in. */
  find(birth: number): number {
    const origin = (birth / this.#stride) | 0;
    const home = this.#home[origin];
    return home === NONE
      ? this.#parts.find(birth)
      : home * this.#unitsPerBlock + birth - origin * this.#stride;
  }

  /** The physical units that many births are in; see `Parts.findMany`. */
  findMany(births: Int32Array, count: number, into: Int32Array, scratch: Int32Array): void {
    const stride = this.#stride;
    const unitsPerBlock = this.#unitsPerBlock;
    const homes = this.#home;
    this.#parts.findMany(births, count, into, scratch);
    for (let i = 0; i < count; i++) {
      const origin = (births[i] / stride) | 0;
      const home = homes[origin];
      if (home !== NONE) into[i] = home * unitsPerBlock + births[i] - origin * stride;
    }
  }

  /** The block a birth is in. */
  blockOf(birth: number): number {
    const origin = (birth / this.#stride) | 0;
    // Of a quarter the size of `#home`, so that it stays in the processor's cache.
    if (this.#started[origin] === AT_HOME) return origin;
    const home = this.#home[origin];
    return home === NONE ? (this.#parts.near(birth) / this.#unitsPerBlock) | 0 : home;
  }

  /** Replaces births, none for those below zero, by the blocks they are in. */
  toBlocks(births: Int32Array, count: number): void {
    for (let i = 0; i < count; i++) if (births[i] >= 0) births[i] = this.blockOf(births[i]);
  }

  /**
   * A lane's collection has programmed births of a group, read from one block, one behind the other from
   * `target` on.
   * @param bits which; those that have ceased to be valid meanwhile have their places too
   * @param size how many
   */
  move(lane: number, group: number, bits: number, size: number, target: number): void {
    if (this.#parts.goOn(lane, group, bits, size, target)) return;
    this.#settle(lane);
    const origin = (group / this.#groupsPerOrigin) | 0;
    // It was born again while it was in hand.
    if (this.#home[origin] !== NONE) this.#leaveHome(origin, this.#home[origin]);
    this.#parts.begin(lane, group, bits, size, target);
  }

  /** Enters what a lane's collection has moved last. */
  #settle(lane: number): void {
    const group = this.#parts.groupOf(lane);
    if (group === NONE) return;
    const block = (this.#parts.targetOf(lane) / this.#unitsPerBlock) | 0;
    if (this.#parts.settle(lane, this.births.live[group])) this.#contents.add(block, group);
  }

  #settleAll(): void {
    for (let lane = 0; lane < this.#geometry.lanes; lane++) this.#settle(lane);
  }

  /**
   * Lists what of a block is valid, for it to be emptied.
   * @returns where the list, which begins at `at`, ends
   */
  list(block: number, into: Int32Array, at: number): number {
    this.#settle(this.#geometry.laneOfBlock(block));
    const origin = this.#native[block] - 1;
    if (origin >= 0 && this.#home[origin] === block) this.#leaveHome(origin, block);
    let end = at;
    if (origin >= 0) {
      const first = origin * this.#groupsPerOrigin;
      end = this.#listGroups(block, first, this.#groupsPerOrigin, into, at, end);
    }
    const contents = this.#contents;
    for (let s = contents.first(block); s !== NONE; s = contents.next(s)) {
      end = this.#listGroups(block, contents.groupOf(s), contents.countOf(s), into, at, end);
    }
    return end;
  }

  /** An origin's groups get places of their own, which are those they have. */
  #leaveHome(origin: number, block: number): void {
    const { live } = this.births;
    const groups = this.#groupsPerOrigin;
    const first = origin * groups;
    if (this.#started[origin] === StartedOrigin.atHome) {
      this.#enterStarted(block);
      this.#started[origin] = StartedOrigin.away;
    }
    this.#home[origin] = NONE;
    for (let n = 0; n < groups; n++) {
      const bits = live[first + n];
      // No further than there is anything: collection may have filled the rest of the block with others.
      const placed = bits === 0 ? 0 : bitRange(0, 32 - Math.clz32(bits));
      this.#parts.putWhole(first + n, block * this.#unitsPerBlock + n * GROUP_UNITS, placed);
    }
  }

  /** Of a block that is as the drive started it was known what is not valid any more; from now on, what is. */
  #enterStarted(block: number): void {
    const { live } = this.births;
    const first = block * this.#groupsPerOrigin;
    const units = this.#unitsPerBlock;
    for (let n = 0; n < this.#groupsPerOrigin; n++) {
      const from = n * GROUP_UNITS;
      const bits = this.#start.validBits(block, from, Math.min(from + GROUP_UNITS, units));
      live[first + n] = bits & ~live[first + n];
    }
  }

  /** Adds the valid parts of some groups that lie in the block to those from `at` to `end`; returns the end. */
  #listGroups(
    block: number,
    first: number,
    count: number,
    into: Int32Array,
    at: number,
    end: number,
  ): number {
    const parts = this.#parts;
    const { live } = this.births;
    for (let group = first; group < first + count; group++) {
      // The origin has been given back, and its number to another since, maybe in another lane.
      if (this.#home[(group / this.#groupsPerOrigin) | 0] !== NONE) continue;
      if (parts.isMoving(group)) continue;
      let part = parts.first(group);
      do {
        const base = parts.baseOf(group, part);
        const bits = parts.bitsOf(part);
        const isHere = ((base / this.#unitsPerBlock) | 0) === block;
        if (isHere && (live[group] & bits) !== 0) {
          end = insert(into, at, end, base, group, parts.placed[group] & bits);
        }
        part = parts.next(part);
      } while (part !== NONE);
    }
    return end;
  }

  erased(block: number): void {
    this.#contents.clear(block);
    const origin = this.#native[block] - 1;
    if (origin >= 0 && this.#home[origin] === block) {
      // Nothing in it was valid, so it has not been listed.
      const first = origin * this.#groupsPerOrigin;
      if (this.#started[origin] === StartedOrigin.atHome) {
        this.births.live.fill(0, first, first + this.#groupsPerOrigin);
        this.#started[origin] = StartedOrigin.away;
      }
      this.#home[origin] = NONE;
    }
    this.#native[block] = 0;
  }

  /**
   * Gives back the origins nothing lives in; a block that is being filled takes another.
   * @param inUse origins that collection has in hand
   */
  collectOrigins(inUse: ReadonlySet<number>): void {
    const { births } = this;
    this.#settleAll();
    const isFree = births.freeOrigins();
    for (let origin = 0; origin < births.origins; origin++) {
      if (isFree[origin] === 1 || inUse.has(origin)) continue;
      const isAsStarted = this.#started[origin] === StartedOrigin.atHome;
      if (!isAsStarted && births.isDead(origin)) this.#giveBack(origin);
    }
  }

  /**
   * All that is valid has been born again where it is, in origins of the blocks' numbers.
   * @param isUsed blocks that hold anything
   */
  restart(isUsed: (block: number) => boolean): void {
    this.#parts.clear();
    this.#contents.clearAll();
    this.#home.fill(NONE);
    this.#native.fill(0);
    this.#started.fill(StartedOrigin.no);
    for (let origin = this.births.origins - 1; origin >= 0; origin--) {
      if (origin < this.#geometry.blocks && isUsed(origin)) this.settle(origin);
      else this.births.giveBack(origin);
    }
  }

  /** Whether anything is left of the drive's start; not once all has been born again. */
  get hasStarted(): boolean {
    return this.#started.some((started) => started !== StartedOrigin.no);
  }

  /** A unit that the drive started with is not valid any more; for those that are told which are. */
  startedGone(birth: number): void {
    if (this.#started[(birth / this.#stride) | 0] !== StartedOrigin.no) this.births.kill(birth);
  }

  /** All but what is valid, which follows from the logical map. */
  save() {
    this.#settleAll();
    const isFree = this.births.freeOrigins();
    const away = new Column();
    this.#home.forEach((home, origin) => {
      if (home === NONE && isFree[origin] === 0) away.push(origin);
    });
    const origins = away.values();
    const contents = this.#contents;
    return {
      free: this.births.save(),
      home: this.#home.slice(),
      native: this.#native.slice(),
      started: this.#started.slice(),
      away: origins,
      parts: this.#parts.save(this.#firstGroups(origins), this.#groupsPerOrigin),
      get contents() {
        return contents.save();
      },
    };
  }

  /** Goes on from there, with nothing valid but what the drive started with. */
  load(saved: ReturnType<Whereabouts['save']>): void {
    this.births.load(saved.free);
    this.#home.set(saved.home);
    this.#native.set(saved.native);
    this.#started.set(saved.started);
    this.#parts.clear();
    this.#parts.load(this.#firstGroups(saved.away), this.#groupsPerOrigin, saved.parts);
    for (const origin of saved.away) {
      if (this.#started[origin] === StartedOrigin.away) this.#enterStarted(origin);
    }
    this.#contents.load(saved.contents);
  }

  #firstGroups(origins: Int32Array): Int32Array {
    return origins.map((origin) => origin * this.#groupsPerOrigin);
  }

  #giveBack(origin: number): void {
    const home = this.#home[origin];
    if (home !== NONE) this.#native[home] = 0;
    this.#home[origin] = NONE;
    this.#started[origin] = StartedOrigin.no;
    const first = origin * this.#groupsPerOrigin;
    for (let n = 0; n < this.#groupsPerOrigin; n++) this.#parts.forget(first + n);
    this.births.giveBack(origin);
  }
}

/** Puts a part in its place among those from `at` to `end`, where it is not there already; returns the end. */
function insert(
  into: Int32Array,
  at: number,
  end: number,
  base: number,
  group: number,
  placed: number,
): number {
  let to = end;
  while (to > at && into[to - LISTED + Listed.base] > base) to -= LISTED;
  if (to > at && into[to - LISTED + Listed.base] === base) return end;
  if (to < end) into.copyWithin(to + LISTED, to, end);
  into[to + Listed.base] = base;
  into[to + Listed.group] = group;
  into[to + Listed.placed] = placed;
  return end + LISTED;
}

/**
 * Where the units of each group of 32 births are (`births.ts`).
 *
 * `placed` tells which births took a place when collection put the group down, one behind the other
 * from `base` on; those that have ceased to be valid since keep theirs. A group that is being moved, or
 * that did not fit into the rest of a block, is in *parts*: the births from a part's first up to the next
 * part's lie one behind the other from the part's own base on. No part lies in two blocks.
 *
 * Collection moves a group program by program. What a lane has moved of the group it is at is noted beside
 * the group, and put into its parts when the lane comes to another.
 */

import { NO_INTS } from '../../sim/columns.ts';
import { bitIndex, bitRange, countBits } from './bits.ts';
import { GROUP_BITS, GROUP_UNITS } from './births.ts';
import { Column, FEW_ROWS, grown, LinkedRows } from './linked-rows.ts';

const NONE = -1;
/** A group that lane n is moving has this less n for a base. */
const MOVING = -(2 ** 30);

/** Columns of what a lane is moving. */
const Moving = {
  /** The group; -1 for none. */
  group: 0,
  /** Which births have been moved, and those that went with them. */
  bits: 1,
  /** The place of the first of these, that behind the last, and the end of their block. */
  base: 2,
  end: 3,
  blockEnd: 4,
  /** The end of the part they are of. */
  limit: 5,
  /** The group's base otherwise. */
  old: 6,
} as const;
const MOVING_BITS = 3;

export class Parts {
  /** By group: a bit for each birth that took a place. */
  readonly placed: Int32Array = NO_INTS;
  /** By group: physical unit of the first of these, or -1 - its first part. */
  readonly #base: Int32Array = NO_INTS;
  /** A group's parts follow one another. By part: its first birth in the group, and that birth's place. */
  readonly #rows = new LinkedRows();
  #from = new Int32Array(FEW_ROWS);
  #partBase = new Int32Array(FEW_ROWS);
  readonly #unitsPerBlock: number = 0;

  /** By lane, rows of `Moving`. */
  readonly #moving: Int32Array = NO_INTS;

  constructor(groups: number, unitsPerBlock: number, lanes: number) {
    this.#moving = new Int32Array(lanes << MOVING_BITS).fill(NONE);
    this.placed = new Int32Array(groups);
    this.#base = new Int32Array(groups);
    this.#unitsPerBlock = unitsPerBlock;
  }

  /** All of a group lies from `base` on, `placed` of its births. */
  putWhole(group: number, base: number, placed: number): void {
    this.forget(group);
    this.#base[group] = base;
    this.placed[group] = placed;
  }

  /** A group is nowhere. */
  forget(group: number): void {
    for (let part = -1 - this.#base[group]; part >= 0;) {
      const next = this.#rows.next[part];
      this.#rows.giveBack(part, part);
      part = next;
    }
    this.#base[group] = 0;
  }

  /** The place of a birth. */
  find(birth: number): number {
    const group = birth >>> GROUP_BITS;
    const nth = birth & (GROUP_UNITS - 1);
    const base = this.#base[group];
    if (base >= 0) return base + countBits(this.placed[group] & bitRange(0, nth));
    if (base <= MOVING) return this.#findMoving(birth, (MOVING - base) << MOVING_BITS);
    return this.#findInParts(group, nth, base);
  }

  #findMoving(birth: number, row: number): number {
    const group = birth >>> GROUP_BITS;
    const nth = birth & (GROUP_UNITS - 1);
    const moving = this.#moving;
    const moved = moving[row + Moving.bits];
    const below = bitRange(0, nth);
    if ((moved & (1 << nth)) !== 0) return moving[row + Moving.base] + countBits(moved & below);
    const base = moving[row + Moving.old];
    return base >= 0
      ? base + countBits(this.placed[group] & below)
      : this.#findInParts(group, nth, base);
  }

  #findInParts(group: number, nth: number, base: number): number {
    const part = this.#partOf(-1 - base, nth);
    return this.#partBase[part] + countBits(this.placed[group] & bitRange(this.#from[part], nth));
  }

  /**
   * The places of many births. One loop for each list that is looked at, and one to reckon: their waits
   * for memory overlap, as many as there is room for in the processor.
   * @param into where they go, as the births stand
   * @param scratch as long as `into`
   */
  findMany(births: Int32Array, count: number, into: Int32Array, scratch: Int32Array): void {
    const base = this.#base;
    const { placed } = this;
    for (let i = 0; i < count; i++) into[i] = base[births[i] >>> GROUP_BITS];
    for (let i = 0; i < count; i++) scratch[i] = placed[births[i] >>> GROUP_BITS];
    for (let i = 0; i < count; i++) {
      const before = scratch[i] & ~(-1 << births[i]);
      into[i] = into[i] < 0 ? this.find(births[i]) : into[i] + countBits(before);
    }
  }

  /** A place in the same block as a birth. */
  near(birth: number): number {
    const base = this.#base[birth >>> GROUP_BITS];
    if (base >= 0) return base;
    if (base <= MOVING) return this.#findMoving(birth, (MOVING - base) << MOVING_BITS);
    return this.#partBase[this.#partOf(-1 - base, birth & (GROUP_UNITS - 1))];
  }

  /** The part, of those from `part` on, that a birth of the group belongs to. */
  #partOf(part: number, nth: number): number {
    for (;;) {
      const next = this.#rows.next[part];
      if (next === NONE || this.#from[next] > nth) return part;
      part = next;
    }
  }

  /** A group's first part, as `next` takes it; `NONE` for a group that is not in parts, which is one itself. */
  first(group: number): number {
    const base = this.#base[group];
    return base >= 0 ? NONE : -1 - base;
  }

  /** The part behind; `NONE` when there is none. */
  next(part: number): number {
    return part === NONE ? NONE : this.#rows.next[part];
  }

  baseOf(group: number, part: number): number {
    return part === NONE ? this.#base[group] : this.#partBase[part];
  }

  /** The births of a part, as bits. */
  bitsOf(part: number): number {
    if (part === NONE) return -1;
    const next = this.#rows.next[part];
    return bitRange(this.#from[part], next === NONE ? GROUP_UNITS : this.#from[next]);
  }

  /**
   * A lane has moved births of a group to places one behind the other from `target` on, where they go on
   * with what it has moved last; false where they do not, and `settle` and `begin` are to be called.
   * @param bits which; they are of one part
   * @param size how many
   */
  goOn(lane: number, group: number, bits: number, size: number, target: number): boolean {
    const moving = this.#moving;
    const row = lane << MOVING_BITS;
    const goesOn =
      moving[row + Moving.group] === group &&
      moving[row + Moving.end] === target &&
      target < moving[row + Moving.blockEnd] &&
      Math.clz32(bits & -bits) < Math.clz32(moving[row + Moving.bits]) &&
      32 - Math.clz32(bits) <= moving[row + Moving.limit];
    if (!goesOn) return false;
    moving[row + Moving.bits] |= bits;
    moving[row + Moving.end] = target + size;
    return true;
  }

  /** The same where they are the first. */
  begin(lane: number, group: number, bits: number, size: number, target: number): void {
    const moving = this.#moving;
    const row = lane << MOVING_BITS;
    const base = this.#base[group];
    let limit = GROUP_UNITS;
    if (base < 0) {
      const next = this.#rows.next[this.#partOf(-1 - base, bitIndex(bits & -bits))];
      if (next !== NONE) limit = this.#from[next];
    }
    moving[row + Moving.group] = group;
    moving[row + Moving.bits] = bits;
    moving[row + Moving.base] = target;
    moving[row + Moving.end] = target + size;
    moving[row + Moving.blockEnd] = target - (target % this.#unitsPerBlock) + this.#unitsPerBlock;
    moving[row + Moving.limit] = limit;
    moving[row + Moving.old] = base;
    this.#base[group] = MOVING - lane;
  }

  isMoving(group: number): boolean {
    return this.#base[group] <= MOVING;
  }

  /** The group that a lane is moving, -1 for none; its first place in the block it goes to. */
  groupOf(lane: number): number {
    return this.#moving[(lane << MOVING_BITS) + Moving.group];
  }

  targetOf(lane: number): number {
    return this.#moving[(lane << MOVING_BITS) + Moving.base];
  }

  /**
   * Enters what a lane has moved of its group into the parts of that. Nothing is elsewhere for it.
   * @param live which of the group are valid, as bits
   * @returns whether the group is new to the block it was moved to, or there with a gap
   */
  settle(lane: number, live: number): boolean {
    const moving = this.#moving;
    const row = lane << MOVING_BITS;
    const group = moving[row + Moving.group];
    moving[row + Moving.group] = NONE;
    this.#base[group] = moving[row + Moving.old];
    return this.move(group, moving[row + Moving.bits], live, moving[row + Moving.base]);
  }

  /**
   * Births of a group have been moved to places one behind the other from `target` on. They are of one
   * part, and the first that were left of it.
   * @param moved which, as bits
   * @param live which of the group are valid, as bits
   * @returns whether the group is new to the block it was moved to, or there with a gap
   */
  move(group: number, moved: number, live: number, target: number): boolean {
    const start = bitIndex(moved & -moved);
    const end = 32 - Math.clz32(moved);
    if (this.#base[group] >= 0) {
      if ((live & bitRange(end, GROUP_UNITS)) === 0) {
        this.#base[group] = target;
        this.placed[group] = moved;
        return true;
      }
      this.#toPart(group);
    }
    const { next: nextOf } = this.#rows;
    let before = NONE;
    let part = -1 - this.#base[group];
    for (let next = nextOf[part]; next !== NONE && this.#from[next] <= start;) {
      before = part;
      part = next;
      next = nextOf[part];
    }
    const from = this.#from[part];
    const next = nextOf[part];
    const to = next === NONE ? GROUP_UNITS : this.#from[next];
    const rest = live & bitRange(end, to);
    // A part that nothing lives in may be a relic of a block that has been erased.
    const goesOn =
      before !== NONE &&
      (live & bitRange(this.#from[before], from)) !== 0 &&
      this.#goesOn(group, before, from, target);
    // Where the rest is, before `placed` changes.
    const restBase = this.#partBase[part] + countBits(this.placed[group] & bitRange(from, end));
    const kept = ~bitRange(from, rest === 0 ? to : end);
    this.placed[group] = (this.placed[group] & kept) | moved;
    if (goesOn) {
      if (rest === 0) this.#remove(group, before, part);
      else {
        this.#from[part] = end;
        this.#partBase[part] = restBase;
      }
      return false;
    }
    this.#partBase[part] = target;
    if (rest !== 0) this.#insert(part, end, restBase);
    else if (before === NONE && next === NONE) this.#toWhole(group, part);
    return true;
  }

  /** Whether `target` is the place behind those of a part that ends before `to`, in the same block. */
  #goesOn(group: number, part: number, to: number, target: number): boolean {
    const placed = countBits(this.placed[group] & bitRange(this.#from[part], to));
    return this.#partBase[part] + placed === target && target % this.#unitsPerBlock !== 0;
  }

  /** A part's births belong to the one before from now on. */
  #remove(group: number, before: number, part: number): void {
    this.#rows.next[before] = this.#rows.next[part];
    this.#rows.giveBack(part, part);
    const first = -1 - this.#base[group];
    if (this.#rows.next[first] === NONE) this.#toWhole(group, first);
  }

  #toPart(group: number): void {
    const part = this.#take();
    this.#from[part] = 0;
    this.#partBase[part] = this.#base[group];
    this.#base[group] = -1 - part;
  }

  #toWhole(group: number, part: number): void {
    this.#base[group] = this.#partBase[part];
    this.#rows.giveBack(part, part);
  }

  #insert(before: number, from: number, base: number): void {
    const part = this.#take();
    this.#from[part] = from;
    this.#partBase[part] = base;
    this.#rows.next[part] = this.#rows.next[before];
    this.#rows.next[before] = part;
  }

  #take(): number {
    const part = this.#rows.take();
    if (part === this.#from.length) {
      this.#from = grown(this.#from);
      this.#partBase = grown(this.#partBase);
    }
    return part;
  }

  /**
   * The places of stretches of `count` groups each: `placed` and base of all, and of those that are in parts
   * where the group stands there, first birth and base of each.
   */
  save(firsts: Int32Array, count: number) {
    const of = (column: Int32Array): Int32Array => {
      const saved = new Int32Array(firsts.length * count);
      firsts.forEach((first, n) => saved.set(column.subarray(first, first + count), n * count));
      return saved;
    };
    const { placed } = this;
    const base = this.#base;
    const parts = (): Int32Array => this.#partsOf(firsts, count);
    return {
      get placed() {
        return of(placed);
      },
      get base() {
        return of(base);
      },
      get parts() {
        return parts();
      },
    };
  }

  #partsOf(firsts: Int32Array, count: number): Int32Array {
    const parts = new Column();
    firsts.forEach((first, n) => {
      for (let g = 0; g < count; g++) {
        for (let part = -1 - this.#base[first + g]; part >= 0; part = this.#rows.next[part]) {
          parts.push(n * count + g);
          parts.push(this.#from[part]);
          parts.push(this.#partBase[part]);
        }
      }
    });
    return parts.values();
  }

  /** @param firsts, count as they were saved */
  load(firsts: Int32Array, count: number, saved: ReturnType<Parts['save']>): void {
    const { placed, base, parts } = saved;
    firsts.forEach((first, n) => {
      this.placed.set(placed.subarray(n * count, (n + 1) * count), first);
      this.#base.set(base.subarray(n * count, (n + 1) * count), first);
    });
    let last = NONE;
    for (let i = 0; i < parts.length; i += 3) {
      const n = (parts[i] / count) | 0;
      const part = this.#take();
      if (parts[i + 1] === 0) this.#base[firsts[n] + parts[i] - n * count] = -1 - part;
      else this.#rows.next[last] = part;
      this.#from[part] = parts[i + 1];
      this.#partBase[part] = parts[i + 2];
      last = part;
    }
  }

  /** Every group is nowhere. */
  clear(): void {
    this.#base.fill(0);
    this.#moving.fill(NONE);
    this.#rows.clear();
  }
}

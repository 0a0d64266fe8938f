/**
 * The write buffer: one slot a mapping unit, from the moment the host's data is let in until it is
 * programmed.
 *
 * A slot is `arriving` while its data is on the link, then `dirty` in first-in-first-out order, then
 * `programming`; one that holds part of a unit only is `filling` while the rest is read from flash.
 * A write to a unit that is dirty already goes into its slot (write combining); to one that is being
 * programmed, into a slot of its own, and the newest slot is what reads find.
 *
 * Flushes go by epochs. A flush ends an epoch; it is done when no slot of that epoch or an earlier
 * one is left. Programs on different dies finish in any order, so slots are counted per epoch.
 */

import { NO_BYTES, NO_FLOATS, NO_INTS } from '../../sim/columns.ts';

export const SlotState = { free: 0, arriving: 1, dirty: 2, filling: 3, programming: 4 } as const;

/** No slot; the end of a list. */
const NONE = -1;

// Constants of this file, which compiled code holds as they are (docs/HOT-PATH.md).
const {
  arriving: ARRIVING,
  dirty: DIRTY,
  filling: FILLING,
  free: FREE,
  programming: PROGRAMMING,
} = SlotState;

export class WriteBuffer {
  readonly slots: number = 0;
  /** By slot: the logical unit. */
  readonly logical: Int32Array = NO_INTS;
  readonly state: Uint8Array = NO_BYTES;
  /** By slot: the tag that waits for its program, -1 for none. */
  readonly owner: Int32Array = NO_INTS;
  /** By slot: sectors of the unit it holds, as bits. */
  readonly held: Int32Array = NO_INTS;
  /** By slot: trimmed or overwritten since; not to be mapped. */
  readonly stale: Uint8Array = NO_BYTES;
  /** By slot: link of whichever list it is in (free, dirty, or a request's own). */
  readonly next: Int32Array = NO_INTS;

  freeCount: number;
  dirtyCount = 0;

  /** All sectors of a unit, as bits. */
  readonly #whole: number = 0;
  readonly #unitSectors: number = 0;
  #firstFree = 0;
  #firstDirty = NONE;
  #lastDirty = NONE;
  /** Hash of logical units: slot + 1, newest first in each chain. */
  readonly #buckets: Int32Array = NO_INTS;
  readonly #chain: Int32Array = NO_INTS;
  /** Order in which slots got dirty; what is at or before `#forcedUpTo` may not wait for company. */
  readonly #order: Float64Array = NO_FLOATS;
  #lastOrder = 0;
  #forcedUpTo = 0;
  /** By epoch modulo the ring: slots left. */
  readonly #epochSlots: Int32Array = NO_INTS;
  readonly #epoch: Int32Array = NO_INTS;
  #currentEpoch = 0;
  #oldestEpoch = 0;

  /**
   * @param slots units it holds
   * @param unitSectors sectors in a unit, at most 32
   * @param flushes how many flushes may wait at once
   */
  constructor(slots: number, unitSectors: number, flushes: number) {
    this.slots = slots;
    this.#unitSectors = unitSectors;
    this.#whole = unitSectors === 32 ? -1 : 2 ** unitSectors - 1;
    this.logical = new Int32Array(slots);
    this.state = new Uint8Array(slots);
    this.owner = new Int32Array(slots).fill(-1);
    this.held = new Int32Array(slots);
    this.stale = new Uint8Array(slots);
    this.next = Int32Array.from({ length: slots }, (_, i) => (i + 1 < slots ? i + 1 : NONE));
    this.freeCount = slots;
    this.#buckets = new Int32Array(2 ** Math.ceil(Math.log2(slots * 2)));
    this.#chain = new Int32Array(slots);
    this.#order = new Float64Array(slots);
    this.#epochSlots = new Int32Array(2 ** Math.ceil(Math.log2(flushes + 2)));
    this.#epoch = new Int32Array(slots);
  }

  /** Takes a free slot for data on its way in; only while there is one. */
  take(logical: number, held: number, owner: number): number {
    const slot = this.#firstFree;
    this.#firstFree = this.next[slot];
    this.freeCount--;
    this.logical[slot] = logical;
    this.held[slot] = held;
    this.owner[slot] = owner;
    this.stale[slot] = 0;
    this.state[slot] = ARRIVING;
    return slot;
  }

  /** A slot's data is in: it gets dirty, or goes into the dirty slot its unit has. Returns the slot it is in. */
  arrived(slot: number): number {
    const existing = this.find(this.logical[slot]);
    if (existing !== NONE) {
      const state = this.state[existing];
      const canCombine = this.owner[existing] < 0 || this.owner[slot] < 0;
      if (canCombine && (state === DIRTY || state === FILLING)) {
        this.held[existing] |= this.held[slot];
        if (this.owner[slot] >= 0) {
          this.owner[existing] = this.owner[slot];
          this.#forcedUpTo = Math.max(this.#forcedUpTo, this.#order[existing]);
        }
        this.#free(slot);
        return existing;
      }
      // The rest of the unit is at hand in the older slot.
      this.held[slot] = this.#whole;
    }
    this.#insert(slot);
    this.#order[slot] = ++this.#lastOrder;
    this.#epoch[slot] = this.#currentEpoch;
    this.#epochSlots[this.#currentEpoch & (this.#epochSlots.length - 1)]++;
    if (this.owner[slot] >= 0) this.#forcedUpTo = this.#lastOrder;
    this.state[slot] = DIRTY;
    this.next[slot] = NONE;
    if (this.#lastDirty === NONE) this.#firstDirty = slot;
    else this.next[this.#lastDirty] = slot;
    this.#lastDirty = slot;
    this.dirtyCount++;
    return slot;
  }

  /** The slot with a unit's newest data; -1 when the buffer has none. */
  find(logical: number): number {
    if (this.freeCount === this.slots) return NONE;
    let at = this.#buckets[this.#bucketOf(logical)];
    while (at !== 0) {
      const slot = at - 1;
      if (this.logical[slot] === logical && this.stale[slot] === 0) return slot;
      at = this.#chain[slot];
    }
    return NONE;
  }

  /** Whether the oldest dirty slot may not wait for company: a flush or a FUA write wants it. */
  get isForced(): boolean {
    return this.#firstDirty !== NONE && this.isForcedSlot(this.#firstDirty);
  }

  /** Changes when something is forced. */
  get forcedUpTo(): number {
    return this.#forcedUpTo;
  }

  isForcedSlot(slot: number): boolean {
    return this.#order[slot] <= this.#forcedUpTo;
  }

  /** Takes the oldest dirty slot out of its list; only while there is one. It is `programming` now. */
  pop(): number {
    const slot = this.#firstDirty;
    this.#firstDirty = this.next[slot];
    if (this.#firstDirty === NONE) this.#lastDirty = NONE;
    this.dirtyCount--;
    this.state[slot] = PROGRAMMING;
    return slot;
  }

  /** Puts a popped slot back where its age puts it. */
  unpop(slot: number): void {
    const order = this.#order[slot];
    let before = NONE;
    let after = this.#firstDirty;
    while (after !== NONE && this.#order[after] < order) {
      before = after;
      after = this.next[after];
    }
    this.state[slot] = DIRTY;
    this.next[slot] = after;
    if (before === NONE) this.#firstDirty = slot;
    else this.next[before] = slot;
    if (after === NONE) this.#lastDirty = slot;
    this.dirtyCount++;
  }

  isWhole(slot: number): boolean {
    return this.held[slot] === this.#whole;
  }

  /** How many sectors of its unit a slot holds. */
  sectorsIn(slot: number): number {
    const held = this.held[slot];
    if (held === this.#whole) return this.#unitSectors;
    let count = 0;
    for (let bits = held; bits !== 0; bits &= bits - 1) count++;
    return count;
  }

  /** The rest of a slot's unit is there. */
  fill(slot: number): void {
    this.held[slot] = this.#whole;
  }

  /** A popped slot is done with. Older slots of its unit still under way go stale. */
  release(slot: number): void {
    if (this.stale[slot] === 0) {
      const logical = this.logical[slot];
      for (let at = this.#chain[slot]; at !== 0; at = this.#chain[at - 1]) {
        if (this.logical[at - 1] === logical) this.stale[at - 1] = 1;
      }
    }
    this.#remove(slot);
    this.#epochSlots[this.#epoch[slot] & (this.#epochSlots.length - 1)]--;
    this.#advanceEpoch();
    this.#free(slot);
  }

  /** The unit was trimmed: nothing of it that is buffered is wanted any more. */
  drop(logical: number): void {
    if (this.freeCount === this.slots) return;
    for (let at = this.#buckets[this.#bucketOf(logical)]; at !== 0; at = this.#chain[at - 1]) {
      if (this.logical[at - 1] === logical) this.stale[at - 1] = 1;
    }
  }

  /** Begins a flush: everything dirty is to go out. Returns the epoch to wait for. */
  beginFlush(): number {
    const epoch = this.#currentEpoch;
    if (this.#epochSlots[epoch & (this.#epochSlots.length - 1)] === 0) return epoch - 1;
    this.#forcedUpTo = this.#lastOrder;
    this.#currentEpoch++;
    return epoch;
  }

  /** Whether nothing of this epoch or an earlier one is left. */
  isFlushed(epoch: number): boolean {
    return epoch < this.#oldestEpoch;
  }

  #advanceEpoch(): void {
    while (
      this.#oldestEpoch < this.#currentEpoch &&
      this.#epochSlots[this.#oldestEpoch & (this.#epochSlots.length - 1)] === 0
    ) {
      this.#oldestEpoch++;
    }
  }

  #free(slot: number): void {
    this.state[slot] = FREE;
    this.next[slot] = this.#firstFree;
    this.#firstFree = slot;
    this.freeCount++;
  }

  #bucketOf(logical: number): number {
    // Fibonacci hashing, so that strides do not collide.
    return (Math.imul(logical, 0x9e3779b1) >>> 8) & (this.#buckets.length - 1);
  }

  #insert(slot: number): void {
    const bucket = this.#bucketOf(this.logical[slot]);
    this.#chain[slot] = this.#buckets[bucket];
    this.#buckets[bucket] = slot + 1;
  }

  #remove(slot: number): void {
    const bucket = this.#bucketOf(this.logical[slot]);
    const wanted = slot + 1;
    if (this.#buckets[bucket] === wanted) {
      this.#buckets[bucket] = this.#chain[slot];
      return;
    }
    let at = this.#buckets[bucket] - 1;
    while (this.#chain[at] !== wanted) at = this.#chain[at] - 1;
    this.#chain[at] = this.#chain[slot];
  }

  save() {
    return {
      logical: this.logical.slice(),
      state: this.state.slice(),
      owner: this.owner.slice(),
      held: this.held.slice(),
      stale: this.stale.slice(),
      next: this.next.slice(),
      buckets: this.#buckets.slice(),
      chain: this.#chain.slice(),
      order: this.#order.slice(),
      epochSlots: this.#epochSlots.slice(),
      epoch: this.#epoch.slice(),
      scalars: [
        this.freeCount,
        this.dirtyCount,
        this.#firstFree,
        this.#firstDirty,
        this.#lastDirty,
        this.#lastOrder,
        this.#forcedUpTo,
        this.#currentEpoch,
        this.#oldestEpoch,
      ],
    };
  }

  load(saved: ReturnType<WriteBuffer['save']>): void {
    this.logical.set(saved.logical);
    this.state.set(saved.state);
    this.owner.set(saved.owner);
    this.held.set(saved.held);
    this.stale.set(saved.stale);
    this.next.set(saved.next);
    this.#buckets.set(saved.buckets);
    this.#chain.set(saved.chain);
    this.#order.set(saved.order);
    this.#epochSlots.set(saved.epochSlots);
    this.#epoch.set(saved.epoch);
    [
      this.freeCount,
      this.dirtyCount,
      this.#firstFree,
      this.#firstDirty,
      this.#lastDirty,
      this.#lastOrder,
      this.#forcedUpTo,
      this.#currentEpoch,
      this.#oldestEpoch,
    ] = saved.scalars;
  }
}

/** Sectors `first`..`first + count - 1` of a unit as bits. */
export function sectorBits(first: number, count: number): number {
  const bits = count === 32 ? -1 : (1 << count) - 1;
  return bits << first;
}

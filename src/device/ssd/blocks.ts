/**
 * Erase blocks: which are free, which are being filled, how much of each is valid, how often each
 * was erased. Every lane has places that are written side by side: one for what the host wrote (or one
 * for each of its streams), one for what collection moves, so that data of different age does not mix.
 */

import { NO_BYTES, NO_INTS } from '../../sim/columns.ts';
import type { Geometry } from './geometry.ts';
import type { VictimPolicy } from './gc/policy.ts';
import type { SlcCache } from './slc-cache.ts';
import type { WearLevelling } from './wear.ts';

export const BlockState = {
  free: 0,
  open: 1,
  full: 2,
  emptying: 3,
  emptied: 4,
  /** Full, of the single-level cache. */
  cached: 5,
} as const;

/** Who writes: the host's buffer, or collection; more streams of the host's are numbered from 2 on. */
export const Stream = { host: 0, gc: 1 } as const;
export type Stream = number;

/** Who hears when a block's life ends. */
export interface BlockWatcher {
  erased(block: number): void;
}

/** Who hears when a unit of a block that is being emptied goes stale. */
export interface VictimWatcher {
  victimLost(lane: number): void;
}

/** The hard limit: free blocks of a lane the host never takes, so that collection can always move what it empties. */
export const GC_RESERVE = 1;

// Constants of this file, which compiled code holds as they are (docs/HOT-PATH.md).
const {
  cached: CACHED,
  emptied: EMPTIED,
  emptying: EMPTYING,
  free: FREE,
  full: FULL,
  open: OPEN,
} = BlockState;

export class Blocks {
  readonly valid: Int32Array = NO_INTS;
  readonly state: Uint8Array = NO_BYTES;
  readonly erases: Int32Array = NO_INTS;
  /** Free blocks by lane. */
  readonly free: Int32Array = NO_INTS;
  /** Valid units by lane. */
  readonly laneValid: Int32Array = NO_INTS;
  readonly policy: VictimPolicy;
  readonly slc: SlcCache | undefined;

  /** Valid units from which on a lane takes nothing more from the host. */
  readonly #laneValidMax: number = 0;
  readonly #geometry: Geometry;
  readonly #streams: number = 0;
  readonly #wear: WearLevelling | undefined;
  /** Free blocks of a lane in the order in which they were freed, block + 1, 0 at the end. */
  readonly #nextFree: Int32Array = NO_INTS;
  readonly #firstFree: Int32Array = NO_INTS;
  readonly #lastFree: Int32Array = NO_INTS;
  /** By lane and stream: block being filled (+ 1, 0 for none) and its next unit. */
  readonly #open: Int32Array = NO_INTS;
  readonly #fill: Int32Array = NO_INTS;
  #watcher: BlockWatcher | undefined;
  #victimWatcher: VictimWatcher | undefined;

  /**
   * @param keepBlocks blocks of a lane that valid units must leave over at least
   * @param streams how many there are, collection's included
   */
  constructor(
    geometry: Geometry,
    policy: VictimPolicy,
    keepBlocks: number,
    streams = 2,
    wear?: WearLevelling,
    slc?: SlcCache,
  ) {
    this.#geometry = geometry;
    this.#streams = streams;
    this.#wear = wear;
    this.policy = policy;
    this.slc = slc;
    // Half of the average lane's spare units: lanes may differ, but none may silt up.
    const spare = geometry.unitsPerLane - geometry.mappedUnits / geometry.lanes;
    const kept = Math.max(keepBlocks * geometry.unitsPerBlock, spare / 2);
    // A lane that holds no more than its share takes what is written over it, however full that is.
    const share = Math.floor(geometry.mappedUnits / geometry.lanes);
    this.#laneValidMax = Math.max(Math.ceil(geometry.unitsPerLane - kept), share + 1);
    this.laneValid = new Int32Array(geometry.lanes);
    this.valid = new Int32Array(geometry.blocks);
    this.state = new Uint8Array(geometry.blocks);
    this.erases = new Int32Array(geometry.blocks);
    this.free = new Int32Array(geometry.lanes);
    this.#nextFree = new Int32Array(geometry.blocks);
    this.#firstFree = new Int32Array(geometry.lanes);
    this.#lastFree = new Int32Array(geometry.lanes);
    this.#open = new Int32Array(geometry.lanes * streams);
    this.#fill = new Int32Array(geometry.lanes * streams);
  }

  /** Set once, when the initial state has been entered. */
  watch(watcher: BlockWatcher): void {
    this.#watcher = watcher;
  }

  /** Set once. */
  watchVictims(watcher: VictimWatcher): void {
    this.#victimWatcher = watcher;
  }

  isFull(block: number): boolean {
    return this.state[block] === FULL;
  }

  /** All of a victim that is wanted has been read. */
  emptied(block: number): void {
    this.state[block] = EMPTIED;
  }

  /** Enters a block of the initial state as full, `valid` of its units valid. */
  startFull(block: number, valid: number): void {
    this.valid[block] = valid;
    this.laneValid[this.#geometry.laneOfBlock(block)] += valid;
    this.#close(block);
  }

  /** Enters a block as free, behind those that are. */
  addFree(block: number): void {
    const lane = this.#geometry.laneOfBlock(block);
    this.state[block] = FREE;
    this.#nextFree[block] = 0;
    if (this.free[lane]++ === 0) this.#firstFree[lane] = block + 1;
    else this.#nextFree[this.#lastFree[lane] - 1] = block + 1;
    this.#lastFree[lane] = block + 1;
  }

  /** Whether a program of this stream finds a place in the lane. */
  hasRoom(lane: number, stream: Stream): boolean {
    if (stream !== Stream.gc && this.laneValid[lane] >= this.#laneValidMax) return false;
    if (this.#open[lane * this.#streams + stream] !== 0) return true;
    if (stream === Stream.gc) return this.free[lane] > 0;
    const { slc } = this;
    if (slc === undefined) return this.free[lane] > GC_RESERVE;
    return stream === slc.stream
      ? slc.mayOpen(lane, this.free[lane])
      : this.free[lane] > GC_RESERVE + slc.keptBack(lane);
  }

  /** Free blocks that are not kept back for the single-level cache. */
  spare(lane: number): number {
    return this.slc === undefined ? this.free[lane] : this.free[lane] - this.slc.keptBack(lane);
  }

  /** The host's stream that a program meant for `wanted` can go to in this lane; -1 for none. */
  roomFor(lane: number, wanted: Stream): Stream {
    const { slc } = this;
    if (slc !== undefined) {
      if (this.hasRoom(lane, slc.stream)) return slc.stream;
      if (!slc.goesPast && slc.willHaveRoom(lane)) return -1;
    }
    if (this.hasRoom(lane, wanted)) return wanted;
    // Rather mixed than not at all.
    for (let stream = 0; stream < this.#streams; stream++) {
      if (stream === Stream.gc || stream === slc?.stream) continue;
      if (this.hasRoom(lane, stream)) return stream;
    }
    return -1;
  }

  /** Stale units in the lane that erases would free; those of the single-level cache left out. */
  reclaimable(lane: number): number {
    const { unitsPerBlock, unitsPerLane } = this.#geometry;
    const { slc } = this;
    let unwritten = this.free[lane] * unitsPerBlock;
    for (let at = lane * this.#streams; at < (lane + 1) * this.#streams; at++) {
      if (this.#open[at] !== 0) unwritten += unitsPerBlock - this.#fill[at];
    }
    if (slc === undefined) return unitsPerLane - unwritten - this.laneValid[lane];
    const open = this.#open[lane * this.#streams + slc.stream];
    if (open !== 0) unwritten -= unitsPerBlock - this.#fill[lane * this.#streams + slc.stream];
    const cached = slc.count(lane) * unitsPerBlock - slc.valid[lane];
    return unitsPerLane - unwritten - cached - this.laneValid[lane];
  }

  /** The same without those in blocks that are being filled: what collection can gain without the host. */
  reclaimableNow(lane: number): number {
    let stale = this.reclaimable(lane);
    for (let at = lane * this.#streams; at < (lane + 1) * this.#streams; at++) {
      const block = this.#open[at] - 1;
      if (block >= 0 && this.slc?.holds[block] !== 1) stale -= this.#fill[at] - this.valid[block];
    }
    return stale;
  }

  /** The unit that the stream's open block goes on at; 0 where its next program opens one. */
  nextUnit(lane: number, stream: Stream): number {
    const at = lane * this.#streams + stream;
    return this.#open[at] === 0 ? 0 : this.#fill[at];
  }

  /** Programs that the stream's open block still takes; 0 where there is none. */
  programsLeft(lane: number, stream: Stream): number {
    const at = lane * this.#streams + stream;
    if (this.#open[at] === 0) return 0;
    return ((this.#geometry.unitsPerBlock - this.#fill[at]) / this.unitsPerProgram(stream)) | 0;
  }

  /** First physical unit of the lane's next program; only when `hasRoom`. */
  allocate(lane: number, stream: Stream): number {
    const at = lane * this.#streams + stream;
    if (this.#open[at] === 0) this.#openNext(lane, at, stream);
    const physical = (this.#open[at] - 1) * this.#geometry.unitsPerBlock + this.#fill[at];
    this.#fill[at] += this.unitsPerProgram(stream);
    return physical;
  }

  /** The program last allocated there is done: a block it filled may be collected from now on. */
  programmed(lane: number, stream: Stream): void {
    const at = lane * this.#streams + stream;
    const { slc } = this;
    const block = this.#open[at] - 1;
    if (stream === slc?.stream) {
      if (this.#fill[at] < slc.unitsPerBlock) return;
      this.state[block] = CACHED;
      slc.closed(block);
    } else {
      if (this.#fill[at] < this.#geometry.unitsPerBlock) return;
      this.#close(block);
    }
    this.#open[at] = 0;
  }

  /** What one program of a stream's fills. */
  unitsPerProgram(stream: Stream): number {
    return stream === this.slc?.stream ? this.slc.unitsPerProgram : this.#geometry.unitsPerProgram;
  }

  addValid(block: number, units: number): void {
    const lane = this.#geometry.laneOfBlock(block);
    this.valid[block] += units;
    this.laneValid[lane] += units;
    if (this.slc?.holds[block] === 1) this.slc.valid[lane] += units;
  }

  /** A lane's collection has moved valid units of a victim elsewhere. */
  moved(lane: number, block: number, units: number): void {
    // Not by adding a negative number: less nothing would be minus zero, which is no integer.
    this.valid[block] -= units;
    this.laneValid[lane] -= units;
    if (this.slc?.holds[block] === 1) this.slc.valid[lane] -= units;
  }

  /** A valid unit of each block (none for those below zero) went stale. */
  invalidateAll(blocks: Int32Array, count: number): void {
    const { valid, state } = this;
    // First what waits for memory, for all.
    let states = 0;
    for (let i = 0; i < count; i++)
      if (blocks[i] >= 0) states |= valid[blocks[i]] | state[blocks[i]];
    if (states === 0) return;
    for (let i = 0; i < count; i++) if (blocks[i] >= 0) this.invalidate(blocks[i]);
  }

  /** A valid unit of the block went stale. */
  invalidate(block: number): void {
    const valid = --this.valid[block];
    const lane = this.#geometry.laneOfBlock(block);
    this.laneValid[lane]--;
    if (this.slc?.holds[block] === 1) this.slc.valid[lane]--;
    const state = this.state[block];
    if (state === FULL) this.policy.invalidated(block, valid);
    else if (state === EMPTYING) this.#victimWatcher?.victimLost(lane);
  }

  /** The block to empty next in this lane; -1 when none has anything stale. */
  takeVictim(lane: number): number {
    const block = this.#wear === undefined ? this.policy.take(lane, this) : this.#takeByWear(lane);
    if (block >= 0) this.state[block] = EMPTYING;
    return block;
  }

  /** The block of the single-level cache to fold next; -1 when none is full. */
  takeCached(lane: number): number {
    const block = this.slc === undefined ? -1 : this.slc.take(lane);
    if (block >= 0) this.state[block] = EMPTYING;
    return block;
  }

  #takeByWear(lane: number): number {
    const wear = this.#wear!;
    let swap = wear.swapDue(lane, this.erases, this.state);
    if (swap < 0) {
      const victim = this.policy.take(lane, this);
      if (victim < 0) return victim;
      swap = wear.beforeErasing(lane, this.erases[victim], this.erases, this.state);
      if (swap < 0 || swap === victim) return victim;
      this.policy.closed(victim, this.valid[victim]);
    }
    wear.swaps++;
    this.policy.remove(swap, this.valid[swap]);
    return swap;
  }

  erased(block: number): void {
    this.erases[block]++;
    this.#wear?.erased(block, this.erases[block]);
    this.slc?.erased(block);
    this.#watcher?.erased(block);
    this.addFree(block);
  }

  #openNext(lane: number, at: number, stream: Stream): void {
    const block =
      this.#wear?.isDynamic === true ? this.#takeFreeByWear(lane, stream) : this.#takeFree(lane, 0);
    this.state[block] = OPEN;
    this.#open[at] = block + 1;
    this.#fill[at] = 0;
    if (stream === this.slc?.stream) this.slc.opened(block);
  }

  /** Takes the block after `before` (+ 1, 0 for none) out of the lane's free ones. */
  #takeFree(lane: number, before: number): number {
    const next = this.#nextFree;
    const block = (before === 0 ? this.#firstFree[lane] : next[before - 1]) - 1;
    if (before === 0) this.#firstFree[lane] = next[block];
    else next[before - 1] = next[block];
    if (this.#lastFree[lane] === block + 1) this.#lastFree[lane] = before;
    this.free[lane]--;
    return block;
  }

  /** The free block erased least often for the host, most often for collection; the older of equals. */
  #takeFreeByWear(lane: number, stream: Stream): number {
    const sign = stream === Stream.gc ? -1 : 1;
    let bestBefore = 0;
    let best = Infinity;
    let before = 0;
    for (let block = this.#firstFree[lane]; block !== 0; block = this.#nextFree[block - 1]) {
      const erases = sign * this.erases[block - 1];
      if (erases < best) {
        best = erases;
        bestBefore = before;
      }
      before = block;
    }
    return this.#takeFree(lane, bestBefore);
  }

  #close(block: number): void {
    this.state[block] = FULL;
    this.policy.closed(block, this.valid[block]);
  }

  /** Everything above as copies, for a snapshot. */
  save() {
    return {
      valid: this.valid.slice(),
      laneValid: this.laneValid.slice(),
      state: this.state.slice(),
      erases: this.erases.slice(),
      free: this.free.slice(),
      nextFree: this.#nextFree.slice(),
      firstFree: this.#firstFree.slice(),
      lastFree: this.#lastFree.slice(),
      open: this.#open.slice(),
      fill: this.#fill.slice(),
      policy: this.policy.save(),
      wear: this.#wear?.save(),
      slc: this.slc?.save(),
    };
  }

  load(saved: ReturnType<Blocks['save']>): void {
    this.valid.set(saved.valid);
    this.laneValid.set(saved.laneValid);
    this.state.set(saved.state);
    this.erases.set(saved.erases);
    this.free.set(saved.free);
    this.#nextFree.set(saved.nextFree);
    this.#firstFree.set(saved.firstFree);
    this.#lastFree.set(saved.lastFree);
    this.#open.set(saved.open);
    this.#fill.set(saved.fill);
    this.policy.load(saved.policy);
    if (saved.wear !== undefined) this.#wear?.load(saved.wear);
    if (saved.slc !== undefined) this.slc?.load(saved.slc);
  }
}

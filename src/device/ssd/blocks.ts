/**
 * Erase blocks: which are free, which are being filled, how much of each is valid, how often each
 * was erased. Every lane has two places that are written: one for what the host wrote, one for what
 * collection moves, so that data of different age does not mix.
 */

import type { Geometry } from './geometry.ts';
import type { VictimPolicy } from './gc/policy.ts';

export const BlockState = { free: 0, open: 1, full: 2, emptying: 3, emptied: 4 } as const;

/** Who writes: the host's buffer, or collection. */
export const Stream = { host: 0, gc: 1 } as const;
export type Stream = (typeof Stream)[keyof typeof Stream];
const STREAMS = 2;

/** Who hears when a block's life begins and ends. */
export interface BlockWatcher {
  /** A free block is about to be written. */
  opened(block: number): void;
  /** All that is wanted of a block has been read. */
  emptied(block: number): void;
  erased(block: number): void;
}

/** Free blocks the host never takes: collection must always be able to move what it empties. */
const GC_RESERVE = 1;

export class Blocks {
  readonly valid: Int32Array;
  readonly state: Uint8Array;
  readonly erases: Int32Array;
  /** Free blocks by lane. */
  readonly free: Int32Array;
  /** Valid units by lane. */
  readonly laneValid: Int32Array;
  readonly policy: VictimPolicy;

  /** Valid units from which on a lane takes nothing more from the host. */
  readonly #laneValidMax: number;
  readonly #geometry: Geometry;
  /** Free blocks of a lane in the order in which they were freed, block + 1, 0 at the end. */
  readonly #nextFree: Int32Array;
  readonly #firstFree: Int32Array;
  readonly #lastFree: Int32Array;
  /** By lane and stream: block being filled (+ 1, 0 for none) and its next unit. */
  readonly #open: Int32Array;
  readonly #fill: Int32Array;
  #watcher: BlockWatcher | undefined;

  /** @param keepBlocks blocks of a lane that valid units must leave over at least */
  constructor(geometry: Geometry, policy: VictimPolicy, keepBlocks: number) {
    this.#geometry = geometry;
    this.policy = policy;
    // Half of the average lane's spare units: lanes may differ, but none may silt up.
    const spare = geometry.unitsPerLane - geometry.logicalUnits / geometry.lanes;
    this.#laneValidMax =
      geometry.unitsPerLane - Math.max(keepBlocks * geometry.unitsPerBlock, spare / 2);
    this.laneValid = new Int32Array(geometry.lanes);
    this.valid = new Int32Array(geometry.blocks);
    this.state = new Uint8Array(geometry.blocks);
    this.erases = new Int32Array(geometry.blocks);
    this.free = new Int32Array(geometry.lanes);
    this.#nextFree = new Int32Array(geometry.blocks);
    this.#firstFree = new Int32Array(geometry.lanes);
    this.#lastFree = new Int32Array(geometry.lanes);
    this.#open = new Int32Array(geometry.lanes * STREAMS);
    this.#fill = new Int32Array(geometry.lanes * STREAMS);
  }

  /** Set once, when the initial state has been entered. */
  watch(watcher: BlockWatcher): void {
    this.#watcher = watcher;
  }

  /** Whether the block is a victim that has not been read out yet. */
  isEmptying(block: number): boolean {
    return this.state[block] === BlockState.emptying;
  }

  /** All of a victim that is wanted has been read. */
  emptied(block: number): void {
    this.state[block] = BlockState.emptied;
    this.#watcher?.emptied(block);
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
    this.state[block] = BlockState.free;
    this.#nextFree[block] = 0;
    if (this.free[lane]++ === 0) this.#firstFree[lane] = block + 1;
    else this.#nextFree[this.#lastFree[lane] - 1] = block + 1;
    this.#lastFree[lane] = block + 1;
  }

  /** Whether a program of this stream finds a place in the lane. */
  hasRoom(lane: number, stream: Stream): boolean {
    if (stream === Stream.host && this.laneValid[lane] >= this.#laneValidMax) return false;
    if (this.#open[lane * STREAMS + stream] !== 0) return true;
    return this.free[lane] > (stream === Stream.host ? GC_RESERVE : 0);
  }

  /** Stale units in the lane that erases would free. */
  reclaimable(lane: number): number {
    const { unitsPerBlock, unitsPerLane } = this.#geometry;
    let unwritten = this.free[lane] * unitsPerBlock;
    for (let at = lane * STREAMS; at < (lane + 1) * STREAMS; at++) {
      if (this.#open[at] !== 0) unwritten += unitsPerBlock - this.#fill[at];
    }
    return unitsPerLane - unwritten - this.laneValid[lane];
  }

  /** First physical unit of the lane's next program; only when `hasRoom`. */
  allocate(lane: number, stream: Stream): number {
    const at = lane * STREAMS + stream;
    if (this.#open[at] === 0) this.#openNext(lane, at);
    const physical = (this.#open[at] - 1) * this.#geometry.unitsPerBlock + this.#fill[at];
    this.#fill[at] += this.#geometry.unitsPerProgram;
    return physical;
  }

  /** The program last allocated there is done: a block it filled may be collected from now on. */
  programmed(lane: number, stream: Stream): void {
    const at = lane * STREAMS + stream;
    if (this.#fill[at] < this.#geometry.unitsPerBlock) return;
    this.#close(this.#open[at] - 1);
    this.#open[at] = 0;
  }

  addValid(block: number): void {
    this.valid[block]++;
    this.laneValid[this.#geometry.laneOfBlock(block)]++;
  }

  /** A valid unit of the block went stale. */
  invalidate(block: number): void {
    const valid = --this.valid[block];
    this.laneValid[this.#geometry.laneOfBlock(block)]--;
    if (this.state[block] === BlockState.full) this.policy.invalidated(block, valid);
  }

  /** The block to empty next in this lane; -1 when none has anything stale. */
  takeVictim(lane: number): number {
    const block = this.policy.take(lane);
    if (block >= 0) this.state[block] = BlockState.emptying;
    return block;
  }

  erased(block: number): void {
    this.erases[block]++;
    this.#watcher?.erased(block);
    this.addFree(block);
  }

  #openNext(lane: number, at: number): void {
    const block = this.#firstFree[lane] - 1;
    this.#firstFree[lane] = this.#nextFree[block];
    this.free[lane]--;
    this.state[block] = BlockState.open;
    this.#open[at] = block + 1;
    this.#fill[at] = 0;
    this.#watcher?.opened(block);
  }

  #close(block: number): void {
    this.state[block] = BlockState.full;
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
  }
}

/**
 * What a die does beside reads: whose turn it is, the host's batch or collection, lane by lane, and
 * who hears when it is done.
 */

import { NO_INTS } from '../../sim/columns.ts';
import { DieWork, type FlashArray } from './array.ts';
import { Stream } from './blocks.ts';
import type { BusyClock } from './busy.ts';
import { Collects, type Collector } from './collector.ts';
import type { Destager } from './destager.ts';
import type { Geometry } from './geometry.ts';
import type { PlanePairs } from './plane-pairs.ts';
import type { WritePath } from './write-path.ts';

export class DieJobs {
  readonly #geometry: Geometry;
  readonly #array: FlashArray;
  readonly #destager: Destager;
  readonly #collector: Collector;
  readonly #writes: WritePath;
  readonly #busy: BusyClock;
  readonly #pairs: PlanePairs;
  /** Whether the host's programs, and its reads, go between collection's operations. */
  readonly #programsBetween: boolean;
  readonly #readsBetween: boolean;
  readonly #hasMap: boolean;
  readonly #dies: number = 0;
  readonly #lanes: number = 0;
  /** By die: the lane whose turn it is. */
  readonly #nextLane: Int32Array = NO_INTS;

  /**
   * @param hasMap translation pages are read and written
   */
  constructor(
    geometry: Geometry,
    array: FlashArray,
    destager: Destager,
    collector: Collector,
    writes: WritePath,
    busy: BusyClock,
    pairs: PlanePairs,
    preemptible: boolean | 'reads',
    hasMap: boolean,
  ) {
    this.#hasMap = hasMap;
    this.#pairs = pairs;
    this.#programsBetween = preemptible === true;
    this.#readsBetween = preemptible !== false;
    this.#geometry = geometry;
    this.#dies = geometry.dies;
    this.#lanes = geometry.lanes;
    this.#array = array;
    this.#destager = destager;
    this.#collector = collector;
    this.#writes = writes;
    this.#busy = busy;
    this.#nextLane = Int32Array.from({ length: geometry.dies }, (_, die) => die);
  }

  /** Whether a lane of the die collects and lets no read in between. */
  holdsReads(die: number): boolean {
    return !this.#readsBetween && this.#has(die, Collects.first);
  }

  /** Whether collection is such a thing to one of the die's lanes. */
  #has(die: number, what: number): boolean {
    const { active } = this.#collector;
    for (let lane = die; lane < this.#lanes; lane += this.#dies)
      if (active[lane] === what) return true;
    return false;
  }

  /** @param readWaits for the die, which what goes beside the host yields to */
  hasJob(die: number, readWaits: boolean): boolean {
    const { active } = this.#collector;
    for (let lane = die; lane < this.#lanes; lane += this.#dies) {
      if (this.#destager.hasBatch(lane) || active[lane] === Collects.first) return true;
      if (!readWaits && active[lane] === Collects.beside) return true;
    }
    return false;
  }

  startJob(die: number, readWaits: boolean): boolean {
    const collectsOnly = !this.#programsBetween && this.#has(die, Collects.first);
    if (this.#startOne(die, !collectsOnly, Collects.first)) return true;
    if (collectsOnly && this.#startOne(die, true, Collects.first)) return true;
    return !readWaits && this.#startOne(die, false, Collects.beside);
  }

  /** Starts a batch of one of the die's lanes, if batches go, or collection that is such a thing to one. */
  #startOne(die: number, batchesGo: boolean, what: number): boolean {
    const { active } = this.#collector;
    // A die's lanes take turns.
    const first = this.#nextLane[die];
    let lane = first;
    do {
      const next = lane + this.#dies < this.#lanes ? lane + this.#dies : die;
      const hasBatch = batchesGo && this.#destager.hasBatch(lane);
      if ((hasBatch || active[lane] === what) && this.#startLane(lane, die, hasBatch)) {
        this.#nextLane[die] = next;
        return true;
      }
      lane = next;
    } while (lane !== first);
    return false;
  }

  #startLane(lane: number, die: number, hasBatch: boolean): boolean {
    if (hasBatch) this.#destager.start(lane);
    else if (!this.#collector.start(lane)) {
      // Collection is through: the lane may take what waits in the buffer, and start on it at once.
      this.#destager.review(lane);
      this.#writes.destage();
      return this.#array.isWorking(die);
    }
    this.#busy.enter();
    if (this.#pairs.isOn) this.#join(lane, hasBatch ? this.#destager : this.#collector);
    if (!hasBatch) this.#reviewBeside(lane);
    return true;
  }

  /** A program of collection's beside the host may have taken a free block that the host was to have. */
  #reviewBeside(lane: number): void {
    if (this.#collector.active[lane] === Collects.beside) this.#destager.review(lane);
  }

  /** Puts what waits in the die's other planes into the command just started for a lane, where it may be. */
  #join(lane: number, from: Destager | Collector): void {
    const { lanes, planeStride } = this.#geometry;
    for (let other = (lane + planeStride) % lanes; other !== lane;) {
      if (from.canJoin(other, lane, this.#pairs)) {
        from.join(other);
        this.#busy.enter();
        if (from === this.#collector) this.#reviewBeside(other);
      }
      other = (other + planeStride) % lanes;
    }
  }

  jobDone(work: DieWork, lane: number, stream: Stream): void {
    this.#busy.leave();
    // A page that collection has read changes nothing for what waits in the buffer.
    if (work === DieWork.gcRead) return;
    if (work === DieWork.program && stream === Stream.gc) {
      this.#collector.programmed(lane);
      // Nor does a unit that lies elsewhere in its lane; parts of a map may wait for it.
      if (this.#hasMap) this.#writes.destage();
      return;
    }
    this.#destager.mayHaveRoom = true;
    if (work === DieWork.erase) {
      this.#collector.erased(lane);
    } else {
      this.#destager.programmed(lane);
    }
    this.#writes.destage();
  }

  save(): Int32Array {
    return this.#nextLane.slice();
  }

  load(saved: Int32Array): void {
    this.#nextLane.set(saved);
  }
}

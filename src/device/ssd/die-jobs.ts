/**
 * What a die does beside reads: whose turn it is, the host's batch or collection, lane by lane, and
 * who hears when it is done.
 */

import { DieWork, type FlashArray } from './array.ts';
import { Stream } from './blocks.ts';
import type { BusyClock } from './busy.ts';
import type { Collector } from './collector.ts';
import type { Destager } from './destager.ts';
import type { Geometry } from './geometry.ts';
import type { WritePath } from './write-path.ts';

export class DieJobs {
  readonly #geometry: Geometry;
  readonly #array: FlashArray;
  readonly #destager: Destager;
  readonly #collector: Collector;
  readonly #writes: WritePath;
  readonly #busy: BusyClock;
  readonly #pairs: boolean;
  readonly #preemptible: boolean;
  readonly #hasMap: boolean;
  /** By die: the lane whose turn it is. */
  readonly #nextLane: Int32Array;

  /**
   * @param hasMap translation pages are read and written
   * @param pairsPlanes programs of the same page in several planes of a die go as one
   */
  constructor(
    geometry: Geometry,
    array: FlashArray,
    destager: Destager,
    collector: Collector,
    writes: WritePath,
    busy: BusyClock,
    pairsPlanes: boolean,
    preemptible: boolean,
    hasMap: boolean,
  ) {
    this.#hasMap = hasMap;
    this.#pairs = pairsPlanes;
    this.#preemptible = preemptible;
    this.#geometry = geometry;
    this.#array = array;
    this.#destager = destager;
    this.#collector = collector;
    this.#writes = writes;
    this.#busy = busy;
    this.#nextLane = Int32Array.from({ length: geometry.dies }, (_, die) => die);
  }

  /** Whether a lane of the die collects and lets no read in between. */
  holdsReads(die: number): boolean {
    if (this.#preemptible) return false;
    const { lanes, dies } = this.#geometry;
    for (let lane = die; lane < lanes; lane += dies) {
      if (this.#collector.active[lane] === 1) return true;
    }
    return false;
  }

  hasJob(die: number): boolean {
    const { lanes, dies } = this.#geometry;
    for (let lane = die; lane < lanes; lane += dies) {
      if (this.#destager.hasBatch(lane) || this.#collector.active[lane] === 1) return true;
    }
    return false;
  }

  startJob(die: number): boolean {
    const { lanes, dies } = this.#geometry;
    // A die's lanes take turns.
    const first = this.#nextLane[die];
    for (let n = 0, lane = first; n < lanes / dies; n++, lane = (lane + dies) % lanes) {
      if (this.#startLane(lane, die)) {
        this.#nextLane[die] = (lane + dies) % lanes;
        return true;
      }
    }
    return false;
  }

  #startLane(lane: number, die: number): boolean {
    const hasBatch = this.#destager.hasBatch(lane);
    if (!hasBatch && this.#collector.active[lane] === 0) return false;
    if (hasBatch) this.#startBatch(lane);
    else if (!this.#collector.start(lane)) {
      // Collection is through: the lane may take what waits in the buffer, and start on it at once.
      this.#destager.review(lane);
      this.#writes.destage();
      return this.#array.isWorking(die);
    }
    this.#busy.enter();
    return true;
  }

  /** Starts a lane's batch, and with it those of the die's other planes that go to the same page. */
  #startBatch(lane: number): void {
    const { lanes, planeStride } = this.#geometry;
    const destager = this.#destager;
    destager.start(lane);
    if (!this.#pairs) return;
    for (let other = (lane + planeStride) % lanes; other !== lane;) {
      if (destager.hasBatch(other) && destager.canJoin(other, lane)) {
        destager.join(other);
        this.#busy.enter();
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

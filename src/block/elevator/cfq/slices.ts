/**
 * Whose turn it is in cfq, and for how long (cfq_service_tree_add, choose_service_tree,
 * cfq_set_prio_slice).
 *
 * Busy queues stand in a tree by kind of workload. The kinds take turns in proportion to their
 * queues, and within a kind the queue with the lowest key is next; its key grows with the time it
 * comes in and with the number of others.
 */

import { MS } from '../../../sim/units.ts';
import type { CfqTunables } from './cfq.ts';
import { Workload, type CfqQueue } from './queue.ts';
import { ServiceTree } from './service-tree.ts';

/** Least time for a kind of workload (CFQ_MIN_TT, 2 ticks at HZ = 1000). */
const LEAST_NS = 2 * MS;
/** A queue put in front of all others goes before the first by this much (HZ). */
const FRONT_NS = 1000 * MS;

export class CfqSlices {
  /** Whose turn it is. */
  active: CfqQueue | undefined;
  /** Which kind of workload is being served. */
  serving: Workload = Workload.sync;
  /** Queues with something to do, the active one among them. */
  busy = 0;

  readonly #tunables: CfqTunables;
  readonly #trees = [new ServiceTree(), new ServiceTree(), new ServiceTree()];
  #workloadEndsNs = -1;
  /** Busy queues of late (busy_queues_avg). */
  #busyAverage = 0;

  constructor(tunables: CfqTunables) {
    this.#tunables = tunables;
  }

  count(workload: Workload): number {
    return this.#trees[workload].count;
  }

  anyBusy(): CfqQueue | undefined {
    const [async, syncNoIdle, sync] = this.#trees;
    return sync.first ?? syncNoIdle.first ?? async.first;
  }

  makeBusy(queue: CfqQueue, nowNs: number): void {
    queue.isBusy = true;
    this.busy++;
    this.#file(queue, nowNs);
  }

  makeIdle(queue: CfqQueue): void {
    queue.isBusy = false;
    this.busy--;
    this.#trees[queue.tree].remove(queue);
  }

  #file(queue: CfqQueue, nowNs: number): void {
    const { slice_sync } = this.#tunables;
    // Later the more others there are: by what the highest priority's slice is longer than its own.
    const spreadNs = (slice_sync * 1.8 - this.#baseSlice(queue)) * MS;
    queue.key = nowNs + Math.max(0, this.busy - 1) * spreadNs - queue.residueNs;
    queue.residueNs = 0;
    queue.tree = queue.workload;
    this.#trees[queue.tree].insert(queue);
  }

  /** It takes over from the active queue, which has just been expired (cfq_preempt_queue). */
  moveToFront(queue: CfqQueue, nowNs: number): void {
    this.#trees[queue.tree].remove(queue);
    queue.tree = queue.workload;
    const tree = this.#trees[queue.tree];
    queue.key = (tree.first?.key ?? nowNs) - FRONT_NS;
    tree.insert(queue);
    queue.sliceEndNs = 0;
    queue.isSliceNew = true;
    if (queue.tree !== this.serving) this.#workloadEndsNs = -1;
  }

  /** Chooses the next queue and gives it its turn. */
  choose(nowNs: number): CfqQueue | undefined {
    if (this.busy === 0) return undefined;
    this.#chooseWorkload(nowNs);
    const queue = this.#trees[this.serving].first;
    if (queue === undefined) return undefined;
    this.active = queue;
    queue.sliceEndNs = 0;
    queue.sliceDispatched = 0;
    queue.isSliceNew = true;
    queue.isWaiting = false;
    queue.mustDispatch = false;
    queue.mustAllocate = false;
    queue.hasCheckedFifo = false;
    return queue;
  }

  #chooseWorkload(nowNs: number): void {
    if (this.count(this.serving) > 0 && nowNs <= this.#workloadEndsNs) return;
    let lowestKey = Infinity;
    for (const workload of [Workload.async, Workload.syncNoIdle, Workload.sync]) {
      const { first } = this.#trees[workload];
      if (first === undefined || first.key >= lowestKey) continue;
      lowestKey = first.key;
      this.serving = workload;
    }
    const { target_latency, slice_async, slice_sync, slice_idle } = this.#tunables;
    const count = this.count(this.serving);
    let sliceNs = (target_latency * MS * count) / Math.max(this.#busyAverage, this.busy);
    if (this.serving === Workload.async) sliceNs = (sliceNs * slice_async) / slice_sync;
    else sliceNs = Math.max(sliceNs, 2 * slice_idle * MS);
    this.#workloadEndsNs = nowNs + Math.max(sliceNs, LEAST_NS);
  }

  /** The first completion of a turn starts its clock. */
  begin(queue: CfqQueue, nowNs: number): void {
    queue.isSliceNew = false;
    queue.sliceEndNs = nowNs + this.#sliceNs(queue);
  }

  /** A slice; shorter when there are too many queues for all to have theirs in good time. */
  #sliceNs(queue: CfqQueue): number {
    const { low_latency, slice_sync, slice_idle, target_latency } = this.#tunables;
    const slice = this.#baseSlice(queue);
    if (low_latency === 0) return slice * MS;
    const { busy } = this;
    const average = this.#busyAverage;
    const most = Math.max(average, busy);
    this.#busyAverage = Math.floor((3 * most + Math.min(average, busy) + 2) / 4);
    const expected = slice_sync * this.#busyAverage;
    if (expected <= target_latency) return slice * MS;
    const low = Math.min(slice, (2 * slice_idle * slice) / slice_sync);
    return Math.max((slice * target_latency) / expected, low) * MS;
  }

  #baseSlice(queue: CfqQueue): number {
    return queue.isSync ? this.#tunables.slice_sync : this.#tunables.slice_async;
  }

  isUsed(queue: CfqQueue, nowNs: number): boolean {
    return !queue.isSliceNew && nowNs >= queue.sliceEndNs;
  }

  /** Whether the slice may be over by the time that what the queue has with the drive is done. */
  isUsedSoon(queue: CfqQueue, nowNs: number): boolean {
    if (queue.isSliceNew) return true;
    return nowNs + this.#tunables.slice_idle * MS * queue.dispatched > queue.sliceEndNs;
  }

  /** Ends a turn. @param keepsRest what is left of the slice counts for its next turn */
  expire(queue: CfqQueue, nowNs: number, keepsRest: boolean): void {
    if (keepsRest && !queue.isSliceNew) queue.residueNs = queue.sliceEndNs - nowNs;
    this.active = undefined;
    queue.mustDispatch = false;
    if (queue.isEmpty) this.makeIdle(queue);
    else {
      this.#trees[queue.tree].remove(queue);
      this.#file(queue, nowNs);
    }
  }
}

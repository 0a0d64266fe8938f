/**
 * Whose turn it is in cfq, and for how long (cfq_service_tree_add, choose_service_tree,
 * cfq_set_prio_slice).
 *
 * Busy queues stand in a tree by priority class and kind of workload. Real time goes before best effort,
 * and that before idle. Within a class the kinds take turns in proportion to their queues, and within a
 * kind the queue with the lowest key is next; its key grows with the time it comes in and with the number
 * of others.
 */

import type { EventQueue } from '../../../sim/events.ts';
import { MS } from '../../../sim/units.ts';
import { IoClass } from '../../io-priority.ts';
import { Workload, type CfqQueue } from './queue.ts';
import { ServiceTree } from './service-tree.ts';
import type { CfqTunables } from './tunables.ts';

/** Least time for a kind of workload (CFQ_MIN_TT, 2 ticks at HZ = 1000). */
const LEAST_NS = 2 * MS;
/** A tick, HZ = 1000: so long the idle class is served until the others are looked at again. */
const TICK_NS = MS;
/** A queue put in front of all others goes before the first by this much (HZ). */
const FRONT_NS = 1000 * MS;
/** A queue of the idle class goes behind the last by this much (CFQ_IDLE_DELAY). */
const IDLE_DELAY_NS = 200 * MS;
/** A level more or less makes a slice shorter or longer by this part (CFQ_SLICE_SCALE). */
const LEVEL_SCALE = 5;

/** Real time and best effort, in the order of being served: a tree for each workload. */
const CLASSES = [IoClass.realTime, IoClass.bestEffort] as const;

export class CfqSlices {
  /** Whose turn it is. */
  active: CfqQueue | undefined;
  /** Which class and kind of workload is being served. */
  servingClass: IoClass = IoClass.bestEffort;
  serving: Workload = Workload.sync;
  /** Queues with something to do, the active one among them; and those of them that are sync. */
  busy = 0;
  busySync = 0;

  readonly #events: EventQueue;
  readonly #tunables: CfqTunables;
  readonly #preemptsWorkload: boolean;
  readonly #trees = CLASSES.map(() => [new ServiceTree(), new ServiceTree(), new ServiceTree()]);
  readonly #idleTree = new ServiceTree();
  #workloadEndsNs = -1;
  /** Busy queues of late, of each class (busy_queues_avg). */
  readonly #busyAverage = new Int32Array(CLASSES.length);

  /**
   * @param preemptsWorkload whether a queue that preempts one of another kind of workload ends that
   *   kind's time as well. From 2.6.38 on it does; before, the other kind went on with its next queue
   */
  constructor(events: EventQueue, tunables: CfqTunables, preemptsWorkload: boolean) {
    this.#events = events;
    this.#tunables = tunables;
    this.#preemptsWorkload = preemptsWorkload;
  }

  /** The queues of all trees that a queue near the arm may be looked for in (cfqd->prio_trees). */
  nearest(
    sector: Float64Array,
    level: number,
    position: { readonly position: number },
  ): CfqQueue | undefined {
    let nearest: CfqQueue | undefined;
    let least = Infinity;
    for (const trees of this.#trees) {
      for (const tree of trees) {
        for (let i = 0; i < tree.count; i++) {
          const queue = tree.at(i);
          if (queue.level !== level || queue.next < 0) continue;
          const distance = Math.abs(sector[queue.next] - position.position);
          if (distance >= least) continue;
          least = distance;
          nearest = queue;
        }
      }
    }
    return nearest;
  }

  /** Some busy queue, for the elevator to be emptied (cfq_get_next_queue_forced). */
  anyBusy(): CfqQueue | undefined {
    const [realTime, bestEffort] = this.#trees;
    for (const [async, syncNoIdle, sync] of [bestEffort, realTime]) {
      const first = async.first ?? syncNoIdle.first ?? sync.first;
      if (first !== undefined) return first;
    }
    return this.#idleTree.first;
  }

  makeBusy(queue: CfqQueue): void {
    queue.isBusy = true;
    this.#file(queue);
    this.busy++;
    if (queue.isSync) this.busySync++;
  }

  makeIdle(queue: CfqQueue): void {
    queue.isBusy = false;
    queue.tree?.remove(queue);
    this.busy--;
    if (queue.isSync) this.busySync--;
    // Nobody is left whose time could go on.
    if (this.busy === 0) this.#workloadEndsNs = -1;
  }

  #treeFor(queue: CfqQueue): ServiceTree {
    if (queue.isIdleClass) return this.#idleTree;
    return this.#trees[queue.isRealTime ? 0 : 1][queue.workload];
  }

  #file(queue: CfqQueue): void {
    const { nowNs } = this.#events;
    const tree = this.#treeFor(queue);
    if (tree === this.#idleTree) queue.key = (tree.last?.key ?? nowNs) + IDLE_DELAY_NS;
    else {
      // Later the more others there are: by what the highest priority's slice is longer than its own.
      const spreadMs = this.#slice(true, 0) - this.#slice(queue.isSync, queue.level);
      queue.key = nowNs + (this.busy - 1) * spreadMs * MS - queue.residueNs;
      queue.residueNs = 0;
    }
    tree.insert(queue);
  }

  /** It takes over from the active queue, `from`, which has just been expired (cfq_preempt_queue). */
  moveToFront(queue: CfqQueue, from: Workload): void {
    const tree = this.#treeFor(queue);
    const first = tree.first?.key ?? this.#events.nowNs;
    queue.tree?.remove(queue);
    queue.key = first - FRONT_NS;
    tree.insert(queue);
    queue.sliceEndNs = 0;
    queue.isSliceNew = true;
    if (this.#preemptsWorkload && from !== queue.workload) this.#workloadEndsNs = -1;
  }

  /** Chooses the next queue and gives it its turn. */
  choose(): CfqQueue | undefined {
    if (this.busy === 0) return undefined;
    this.#chooseWorkload();
    const idle = this.servingClass === IoClass.idle;
    const tree = idle ? this.#idleTree : this.#treesServed()[this.serving];
    const { first } = tree;
    if (first !== undefined) this.activate(first);
    return first;
  }

  /** Gives a queue its turn (__cfq_set_active_queue). */
  activate(queue: CfqQueue): void {
    this.active = queue;
    queue.sliceBeganNs = this.#events.nowNs;
    queue.sliceEndNs = 0;
    queue.sliceDispatched = 0;
    queue.isSliceNew = true;
    queue.isWaiting = false;
    queue.mustDispatch = false;
    queue.mustAllocate = false;
    queue.hasCheckedFifo = false;
  }

  #treesServed(): readonly ServiceTree[] {
    return this.#trees[this.servingClass === IoClass.realTime ? 0 : 1];
  }

  #busyOf(index: number): number {
    const trees = this.#trees[index];
    return trees[0].count + trees[1].count + trees[2].count;
  }

  /** choose_service_tree. */
  #chooseWorkload(): void {
    const { nowNs } = this.#events;
    if (this.#busyOf(0) > 0) this.servingClass = IoClass.realTime;
    else if (this.#busyOf(1) > 0) this.servingClass = IoClass.bestEffort;
    else {
      this.servingClass = IoClass.idle;
      this.#workloadEndsNs = nowNs + TICK_NS;
      return;
    }
    const trees = this.#treesServed();
    if (trees[this.serving].count > 0 && nowNs < this.#workloadEndsNs) return;
    let lowestKey = Infinity;
    for (let workload = 0; workload < trees.length; workload++) {
      const { first } = trees[workload];
      if (first === undefined || first.key >= lowestKey) continue;
      lowestKey = first.key;
      this.serving = workload as Workload;
    }
    this.#workloadEndsNs = nowNs + this.#workloadNs(trees[this.serving].count);
  }

  /** A kind of workload's share of `target_latency`, by its queues; async ones get less. */
  #workloadNs(count: number): number {
    const { target_latency, slice_async, slice_sync, slice_idle } = this.#tunables;
    const index = this.servingClass === IoClass.realTime ? 0 : 1;
    const among = Math.max(this.#busyAverage[index], this.#busyOf(index));
    let sliceNs = (target_latency * MS * count) / among;
    if (this.serving === Workload.async) {
      const async = this.#trees[0][Workload.async].count + this.#trees[1][Workload.async].count;
      sliceNs = Math.min(sliceNs, (target_latency * MS * async) / this.busy);
      sliceNs = (sliceNs * slice_async) / slice_sync;
    } else sliceNs = Math.max(sliceNs, 2 * slice_idle * MS);
    return Math.max(sliceNs, LEAST_NS);
  }

  /** The first completion of a turn starts its clock. */
  begin(queue: CfqQueue): void {
    queue.isSliceNew = false;
    queue.sliceBeganNs = this.#events.nowNs;
    queue.sliceEndNs = this.#events.nowNs + this.#sliceMs(queue) * MS;
  }

  /** A slice; shorter when there are too many queues for all to have theirs in good time. */
  #sliceMs(queue: CfqQueue): number {
    const { low_latency, slice_sync, slice_idle, target_latency } = this.#tunables;
    const slice = this.#slice(queue.isSync, queue.level);
    if (low_latency === 0) return slice;
    const index = queue.isRealTime ? 0 : 1;
    const busy = this.#busyOf(index);
    const before = this.#busyAverage[index];
    const average = Math.floor((3 * Math.max(before, busy) + Math.min(before, busy) + 2) / 4);
    this.#busyAverage[index] = average;
    const expected = slice_sync * average;
    if (expected <= target_latency) return slice;
    const low = Math.min(slice, (2 * slice_idle * slice) / slice_sync);
    return Math.max((slice * target_latency) / expected, low);
  }

  /** A slice by priority, ms (cfq_prio_slice). */
  #slice(isSync: boolean, level: number): number {
    const base = isSync ? this.#tunables.slice_sync : this.#tunables.slice_async;
    return base + Math.floor(base / LEVEL_SCALE) * (4 - level);
  }

  isUsed(queue: CfqQueue): boolean {
    return !queue.isSliceNew && this.#events.nowNs >= queue.sliceEndNs;
  }

  /** Whether the slice may be over by the time that what the queue has with the drive is done. */
  isUsedSoon(queue: CfqQueue): boolean {
    if (queue.isSliceNew) return true;
    const doneNs = this.#events.nowNs + this.#tunables.slice_idle * MS * queue.dispatched;
    return doneNs > queue.sliceEndNs;
  }

  /** Ends a turn. @param keepsRest what is left of the slice counts for its next turn */
  expire(queue: CfqQueue, keepsRest: boolean): void {
    if (keepsRest && !queue.isSliceNew) queue.residueNs = queue.sliceEndNs - this.#events.nowNs;
    if (this.active === queue) this.active = undefined;
    queue.isWaitingBusy = false;
    if (queue.isShared && queue.isSeeky) queue.isToSplit = true;
    if (!queue.isBusy) return;
    if (queue.isEmpty) this.makeIdle(queue);
    else {
      queue.tree?.remove(queue);
      this.#file(queue);
    }
  }
}

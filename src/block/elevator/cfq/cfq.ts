/**
 * cfq: each task its share of the drive's time (block/cfq-iosched.c, 2.6.34 to 3.x).
 *
 * Sync requests go to a queue for each task, async ones to one for all. Queues take turns, each for
 * a slice of time; queues that seek take theirs together, and so do the async ones. After the last
 * request of a sync queue the drive is kept idle for a little, since the task's next one is often
 * near. All best effort: bios carry no IO priority or control group. Queues of tasks that read
 * close to each other are not joined (cfq_close_cooperator), which is a difference to the kernel.
 */

import { MS } from '../../../sim/units.ts';
import { Alarm } from '../../../sim/events.ts';
import { BioFlag } from '../../bio.ts';
import { Merge } from '../../merge.ts';
import { type Direction, RequestFlag } from '../../request.ts';
import { ElevatorBase, MayQueue, type ElevatorHost, type ElevatorKind } from '../elevator.ts';
import { chooseNearer, type SeekRules } from '../nearer.ts';
import { CfqQueue, isSyncRequest, Workload } from './queue.ts';
import { CfqSlices } from './slices.ts';

const defaults = {
  /** Requests of a queue with the drive while others wait. */
  quantum: 8,
  /** How long a sync request may wait within its queue, ms. */
  fifo_expire_sync: 125,
  fifo_expire_async: 250,
  /** Longest way back that is considered, KiB. */
  back_seek_max: 16 * 1024,
  back_seek_penalty: 2,
  /** Slice of a sync queue, ms. */
  slice_sync: 100,
  slice_async: 40,
  /** Async requests in a slice while others wait, at the highest priority. */
  slice_async_rq: 2,
  /** How long to idle for a task's next request, ms. */
  slice_idle: 8,
  /** Shrink slices when there are many queues, 0 or 1. */
  low_latency: 1,
  /** What each queue should have had a turn within, ms. */
  target_latency: 300,
};

export type CfqTunables = typeof defaults;

class Cfq extends ElevatorBase {
  readonly #tunables: CfqTunables;
  readonly #seekRules: SeekRules;
  readonly #idleNs: number;
  readonly #slices: CfqSlices;
  readonly #async: CfqQueue;
  /** Each task's sync queue. */
  readonly #byTask: (CfqQueue | undefined)[] = [];
  readonly #idleTimer: Alarm;
  /** Flash with command queueing is not idled for. */
  readonly #neverIdles: boolean;
  #length = 0;
  #position = 0;
  readonly #inFlight = new Int32Array(2);
  /** When a sync request last took too long: async ones are held back after that. */
  #lastDelayedNs = -1000 * MS;
  #noIdleTreeIdles = false;

  constructor(host: ElevatorHost, tunables: CfqTunables) {
    super(host);
    this.#tunables = tunables;
    this.#seekRules = {
      backSectors: tunables.back_seek_max * 2,
      backPenalty: tunables.back_seek_penalty,
    };
    this.#idleNs = tunables.slice_idle * MS;
    this.#neverIdles = !host.rotational && host.queueDepth > 1;
    this.#slices = new CfqSlices(tunables);
    this.#async = new CfqQueue(-1, false, host.requests, host.rotational);
    this.#idleTimer = new Alarm(host.events, () => this.#idledEnough());
  }

  get isEmpty(): boolean {
    return this.#length === 0;
  }

  add(request: number, nowNs: number): void {
    const { requests } = this.host;
    const queue = this.#queueFor(requests.task[request], isSyncRequest(requests, request));
    const { fifo_expire_async, fifo_expire_sync } = this.#tunables;
    requests.owner[request] = queue.id;
    requests.expiryNs[request] = nowNs + (queue.isSync ? fifo_expire_sync : fifo_expire_async) * MS;
    queue.fifo.append(request);
    queue.sorted.insert(request);
    if (requests.has(request, RequestFlag.meta)) queue.metaPending++;
    this.#length++;
    if (!queue.isBusy) this.#slices.makeBusy(queue, nowNs);
    queue.next = chooseNearer(requests, queue.next, request, this.#position, this.#seekRules);
    this.#learn(queue, request, nowNs);
    this.#enqueued(queue, request, nowNs);
  }

  /** What a new request means for whose turn it is (cfq_rq_enqueued). */
  #enqueued(queue: CfqQueue, request: number, nowNs: number): void {
    const { requests } = this.host;
    if (queue === this.#slices.active) {
      if (!queue.isWaiting) return;
      if (requests.sectors[request] > 8 || this.#slices.busy > 1) {
        this.#stopWaiting(queue);
        this.host.kick();
      } else queue.mustDispatch = true;
    } else if (this.#preempts(queue, request, nowNs)) {
      this.#expire(nowNs, true);
      this.#slices.moveToFront(queue, nowNs);
      this.host.kick();
    }
  }

  /** Learns from a request whether the queue is worth idling for (cfq_update_idle_window). */
  #learn(queue: CfqQueue, request: number, nowNs: number): void {
    const { requests } = this.host;
    queue.noteThinkTime(nowNs, 2 * this.#idleNs);
    queue.noteSeek(requests.sector[request], requests.sectors[request]);
    if (!queue.isSync) return;
    if (queue.sorted.length >= 4) queue.isDeep = true;
    if (this.#idleNs === 0 || (!queue.isDeep && queue.isSeeky)) queue.hasIdleWindow = false;
    else if (queue.knowsThinkTime) queue.hasIdleWindow = queue.thinkMeanNs <= this.#idleNs;
  }

  /** cfq_should_preempt. */
  #preempts(queue: CfqQueue, request: number, nowNs: number): boolean {
    const { active } = this.#slices;
    if (active === undefined) return false;
    if (queue.isSync && !active.isSync) return true;
    if (!queue.isSync) return false;
    if (this.#slices.isUsed(active, nowNs)) return true;
    const { syncNoIdle } = Workload;
    if (this.#slices.serving === syncNoIdle && queue.workload === syncNoIdle && active.isEmpty) {
      if (this.#slices.count(syncNoIdle) === 2) return true;
    }
    const { requests } = this.host;
    if (requests.has(request, RequestFlag.meta) && active.metaPending === 0) return true;
    if (!active.isWaiting) return false;
    const distance = Math.abs(requests.sector[request] - this.#position);
    return distance <= 8 * 1024;
  }

  dispatch(nowNs: number, force: boolean): boolean {
    if (this.#length === 0) return false;
    if (force) return this.#dispatchAny(nowNs);
    const queue = this.#select(nowNs);
    if (queue === undefined || !this.#mayDispatch(queue, nowNs)) return false;
    this.#dispatchFrom(queue, this.#expired(queue, nowNs));
    queue.sliceDispatched++;
    queue.mustDispatch = false;
    if (this.#slices.busy > 1 && !queue.isSync && queue.sliceDispatched >= this.#asyncRequests) {
      this.#expire(nowNs, false);
    }
    return true;
  }

  /** Requests of an async slice at the middle priority (cfq_prio_to_maxrq). */
  get #asyncRequests(): number {
    return 8 * this.#tunables.slice_async_rq;
  }

  /** Everything out, queue by queue (cfq_forced_dispatch). */
  #dispatchAny(nowNs: number): boolean {
    if (this.#slices.active !== undefined) this.#expire(nowNs, false);
    const queue = this.#slices.anyBusy();
    if (queue === undefined) return false;
    while (!queue.isEmpty) this.#dispatchFrom(queue, -1);
    this.#slices.makeIdle(queue);
    return true;
  }

  /** The queue whose turn it is; none while the drive is kept idle (cfq_select_queue). */
  #select(nowNs: number): CfqQueue | undefined {
    const { active } = this.#slices;
    if (active !== undefined) {
      if (!this.#slices.isUsed(active, nowNs) || active.mustDispatch) {
        if (!active.isEmpty) return active;
        if (this.#idleTimer.dueNs !== Infinity) return undefined;
        if (active.dispatched > 0 && this.#shouldIdle(active)) return undefined;
      }
      this.#expire(nowNs, false);
    }
    const chosen = this.#slices.choose(nowNs);
    this.#idleTimer.clear();
    return chosen;
  }

  /** cfq_should_idle. */
  #shouldIdle(queue: CfqQueue): boolean {
    if (queue.hasIdleWindow && !this.#neverIdles) return true;
    return queue.isSync && this.#slices.count(queue.tree) === 1;
  }

  /** Whether a queue may have one more request with the drive (cfq_may_dispatch). */
  #mayDispatch(queue: CfqQueue, nowNs: number): boolean {
    if (this.#shouldIdle(queue) && this.#inFlight[0] > 0) return false;
    if (!queue.isSync && this.#inFlight[1] > 0) return false;
    const { quantum, slice_sync, low_latency } = this.#tunables;
    let most = Math.max(Math.floor(quantum / 2), 1);
    if (queue.dispatched >= most) {
      const { busy } = this.#slices;
      if (busy > 1 && this.#slices.isUsedSoon(queue, nowNs)) return false;
      most = busy === 1 ? Infinity : quantum;
    }
    if (!queue.isSync && low_latency !== 0) {
      const depth = Math.floor((nowNs - this.#lastDelayedNs) / (slice_sync * MS));
      most = Math.min(most, depth === 0 && queue.dispatched === 0 ? 1 : depth);
    }
    return queue.dispatched < most;
  }

  /** The queue's oldest request if it has waited too long; looked at once a slice; else -1. */
  #expired(queue: CfqQueue, nowNs: number): number {
    if (queue.hasCheckedFifo) return -1;
    queue.hasCheckedFifo = true;
    const oldest = queue.fifo.first;
    return oldest >= 0 && nowNs >= this.host.requests.expiryNs[oldest] ? oldest : -1;
  }

  #dispatchFrom(queue: CfqQueue, expired: number): void {
    const request = expired >= 0 ? expired : queue.next;
    this.#remove(queue, request);
    queue.dispatched++;
    this.#inFlight[queue.isSync ? 1 : 0]++;
    this.host.dispatchSorted(request);
  }

  #remove(queue: CfqQueue, request: number): void {
    const { requests } = this.host;
    if (queue.next === request) queue.next = this.#nextOf(queue, request);
    queue.sorted.remove(request);
    queue.fifo.remove(request);
    if (requests.has(request, RequestFlag.meta)) queue.metaPending--;
    this.#length--;
  }

  /** The nearer of a request's neighbours (cfq_find_next_rq). */
  #nextOf(queue: CfqQueue, request: number): number {
    const { sorted } = queue;
    const { requests } = this.host;
    const first = sorted.first;
    let after = sorted.after(request);
    if (after < 0 && first !== request) after = first;
    const end = requests.end(request);
    return chooseNearer(requests, after, sorted.previous(request), end, this.#seekRules);
  }

  override activated(request: number): void {
    this.#position = this.host.requests.end(request);
  }

  override completed(request: number, nowNs: number): void {
    const { requests } = this.host;
    const queue = this.#byId(requests.owner[request]);
    queue.dispatched--;
    this.#inFlight[queue.isSync ? 1 : 0]--;
    if (queue.isSync) {
      queue.lastEndNs = nowNs;
      const waitedNs = nowNs - requests.startNs[request];
      if (waitedNs >= this.#tunables.fifo_expire_sync * MS) this.#lastDelayedNs = nowNs;
    }
    if (queue !== this.#slices.active) return;
    if (queue.isSliceNew) this.#slices.begin(queue, nowNs);
    if (this.#slices.isUsed(queue, nowNs)) this.#expire(nowNs, true);
    else if (queue.isSync && queue.isEmpty) {
      // A write someone waits for is mostly the last of its kind; a read is mostly not.
      this.#noIdleTreeIdles ||= requests.direction(request) === 0;
      const isAlone = this.#slices.busy === 1;
      if (this.#slices.serving === Workload.sync || this.#noIdleTreeIdles || isAlone) {
        this.#idle(queue, nowNs);
      }
    }
  }

  /** Keeps the drive idle for the queue's next request, if it is likely to come (cfq_arm_slice_timer). */
  #idle(queue: CfqQueue, nowNs: number): void {
    if (this.#neverIdles || this.#idleNs === 0 || !this.#shouldIdle(queue)) return;
    if (queue.dispatched > 0) return;
    if (queue.knowsThinkTime && queue.sliceEndNs - nowNs < queue.thinkMeanNs) return;
    queue.isWaiting = true;
    this.#idleTimer.set(nowNs + this.#idleNs);
  }

  /** cfq_idle_slice_timer. */
  #idledEnough(): void {
    const { nowNs } = this.host.events;
    const { active } = this.#slices;
    if (active !== undefined && !active.mustDispatch) {
      if (this.#slices.isUsed(active, nowNs)) this.#expire(nowNs, true);
      else if (active.isEmpty) {
        // Alone, it keeps its turn.
        if (this.#slices.busy <= 1 && this.#length === 0) return;
        active.isDeep = false;
        this.#expire(nowNs, true);
      }
    }
    this.host.kick();
  }

  #stopWaiting(queue: CfqQueue): void {
    queue.isWaiting = false;
    this.#idleTimer.clear();
  }

  /** The active queue's turn is over. */
  #expire(nowNs: number, keepsRest: boolean): void {
    const { active } = this.#slices;
    if (active === undefined) return;
    if (active.isWaiting) this.#stopWaiting(active);
    this.#slices.expire(active, nowNs, keepsRest);
    this.#noIdleTreeIdles = false;
  }

  override findFrontMerge(_direction: Direction, sector: number, bio: number): number {
    const queue = this.#queueOfBio(bio);
    return queue === undefined ? -1 : queue.sorted.at(sector);
  }

  override allowsMerge(request: number, bio: number): boolean {
    const { bios, requests } = this.host;
    const isSync = bios.op[bio] === 0 || (bios.flags[bio] & BioFlag.sync) !== 0;
    if (isSync && !isSyncRequest(requests, request)) return false;
    return requests.owner[request] === (isSync ? bios.task[bio] : -1);
  }

  override merged(request: number, how: Merge): void {
    if (how !== Merge.front) return;
    const { requests } = this.host;
    const queue = this.#byId(requests.owner[request]);
    queue.sorted.remove(request);
    queue.sorted.insert(request);
    queue.next = chooseNearer(requests, queue.next, request, this.#position, this.#seekRules);
  }

  mergedRequests(request: number, next: number): void {
    const { requests } = this.host;
    const { expiryNs, owner } = requests;
    const into = this.#byId(owner[request]);
    const from = this.#byId(owner[next]);
    if (into === from && expiryNs[next] < expiryNs[request]) {
      into.fifo.remove(request);
      into.fifo.insertAfter(next, request);
      expiryNs[request] = expiryNs[next];
    }
    if (from.next === next && into === from) from.next = request;
    this.#remove(from, next);
    if (from.isEmpty && from.isBusy && from !== this.#slices.active) this.#slices.makeIdle(from);
  }

  former(request: number): number {
    return this.#byId(this.host.requests.owner[request]).sorted.previous(request);
  }

  latter(request: number): number {
    return this.#byId(this.host.requests.owner[request]).sorted.after(request);
  }

  /** A task that is being waited for is not to wait for a request itself. */
  override mayQueue(sync: boolean, task: number): MayQueue {
    const queue = sync ? this.#byTask[task] : this.#async;
    if (queue === undefined || !queue.isWaiting || queue.mustAllocate) return MayQueue.yes;
    queue.mustAllocate = true;
    return MayQueue.must;
  }

  #queueOfBio(bio: number): CfqQueue | undefined {
    const { op, flags, task } = this.host.bios;
    const isSync = op[bio] === 0 || (flags[bio] & BioFlag.sync) !== 0;
    return isSync ? this.#byTask[task[bio]] : this.#async;
  }

  #queueFor(task: number, isSync: boolean): CfqQueue {
    if (!isSync) return this.#async;
    const { requests, rotational } = this.host;
    return (this.#byTask[task] ??= new CfqQueue(task, true, requests, rotational));
  }

  #byId(id: number): CfqQueue {
    return (id < 0 ? undefined : this.#byTask[id]) ?? this.#async;
  }
}

export const cfq: ElevatorKind<CfqTunables> = {
  name: 'cfq',
  defaults,
  create: (host, tunables) => new Cfq(host, tunables),
};

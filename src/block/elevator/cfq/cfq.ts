/**
 * cfq: each task its share of the drive's time (block/cfq-iosched.c, 2.6.34 to 3.x).
 *
 * Sync requests go to a queue for each task, async ones to one for each priority. Queues take turns, each
 * for a slice of time; queues that seek take theirs together, and so do the async ones. After the last
 * request of a sync queue the drive is kept idle for a little, since the task's next one is often near.
 * There are no control groups.
 */

import { MS } from '../../../sim/units.ts';
import { Alarm } from '../../../sim/events.ts';
import { RequestFlag } from '../../request.ts';
import { MayQueue, type ElevatorHost, type ElevatorKind } from '../elevator.ts';
import { FairElevator } from '../fair-elevator.ts';
import { isSyncRequest } from '../task-queues.ts';
import { ThinkTime } from '../task-habits.ts';
import { CommandQueueing } from './command-queueing.ts';
import { CfqQueue, Workload } from './queue.ts';
import { CfqSlices } from './slices.ts';
import { cfqDefaults, type CfqTunables } from './tunables.ts';

/** A request within this of the arm is close, sectors (CFQQ_CLOSE_THR). */
const CLOSE_SECTORS = 8 * 1024;
/** More than a page of a single request is taken for the end of what merges, sectors. */
const PAGE_SECTORS = 8;
/** Requests waiting that make a queue deep. */
const DEEP = 4;

class Cfq extends FairElevator<CfqQueue> {
  readonly #tunables: CfqTunables;
  readonly #idleNs: number;
  readonly #slices: CfqSlices;
  /** How soon each task comes back. */
  readonly #think: (ThinkTime | undefined)[] = [];
  readonly #idleTimer: Alarm;
  readonly #queueing: CommandQueueing;
  /** Requests dispatched and not complete: [async, sync]. */
  readonly #inFlight = new Int32Array(2);
  /** The task that is served in this turn: that of the first request. */
  #activeThink: ThinkTime | undefined;
  /** When a sync request last took too long: async ones are held back after that. */
  #lastDelayedNs = -1000 * MS;
  #noIdleTreeIdles = false;

  constructor(host: ElevatorHost, tunables: CfqTunables) {
    const { requests, rotational } = host;
    super(host, tunables, (id, isSync) => new CfqQueue(id, isSync, requests, rotational));
    this.#tunables = tunables;
    this.#idleNs = tunables.slice_idle * MS;
    this.#slices = new CfqSlices(host.events, tunables, host.hasTaskPlugs);
    this.#queueing = new CommandQueueing();
    this.#idleTimer = new Alarm(host.events, () => this.#idledEnough());
  }

  // Requests come in.

  add(request: number): void {
    const queue = this.#takeQueue(request);
    this.file(queue, request);
    if (!queue.isBusy) this.#slices.makeBusy(queue);
    queue.next = this.nearer.choose(queue.next, request);
    this.#learn(queue, request);
    this.#enqueued(queue, request);
  }

  /** Its task's queue, or the one that that was to be joined to (cfq_set_request, cfq_merge_cfqqs). */
  #takeQueue(request: number): CfqQueue {
    const queue = this.queues.take(request);
    if (queue.joins < 0) return queue;
    const into = this.queues.byId(queue.joins);
    this.queues.move(this.host.requests.task[request], into);
    return into;
  }

  /** Has two queues become one when their tasks next ask for something: the fewer tasks move. */
  #joinLater(queue: CfqQueue, close: CfqQueue): void {
    const other = this.queues.endOfJoins(close, queue);
    if (other === undefined || queue.tasks === 0) return;
    if (other.tasks >= queue.tasks) queue.joins = other.id;
    else other.joins = queue.id;
  }

  #thinkOf(request: number): ThinkTime {
    return (this.#think[this.host.requests.task[request]] ??= new ThinkTime());
  }

  /** In 2.6.34 one that already starts there goes out to make room (cfq_add_rq_rb). */
  protected override fileBySector(queue: CfqQueue, request: number): void {
    const { sorted } = queue;
    while (!this.host.hasTaskPlugs) {
      sorted.sector = this.host.requests.sector[request];
      const same = sorted.at();
      if (same < 0) break;
      this.#dispatchFrom(queue, same);
    }
    sorted.insert(request);
  }

  /** What a new request means for whose turn it is (cfq_rq_enqueued). */
  #enqueued(queue: CfqQueue, request: number): void {
    const { active } = this.#slices;
    if (queue === active) {
      if (!queue.isWaiting) return;
      if (this.host.requests.sectors[request] > PAGE_SECTORS || this.#slices.busy > 1) {
        this.#stopWaiting(queue);
        this.host.kick();
      } else queue.mustDispatch = true;
    } else if (active !== undefined && this.#preempts(queue, request, active)) {
      const from = active.workload;
      this.#expire(active, true);
      this.#slices.moveToFront(queue, from);
      this.host.kick();
    }
  }

  /** Learns from a request whether the queue is worth idling for (cfq_update_idle_window). */
  #learn(queue: CfqQueue, request: number): void {
    const think = this.#thinkOf(request);
    think.thinkNs = Math.min(this.host.events.nowNs - think.lastEndNs, 2 * this.#idleNs);
    think.note();
    queue.noteSeek(request);
    if (!queue.isSync || queue.isIdleClass) return;
    if (queue.sorted.length >= DEEP) queue.isDeep = true;
    if (this.#idleNs === 0 || (!queue.isDeep && queue.isSeeky)) queue.hasIdleWindow = false;
    else if (think.isKnown) queue.hasIdleWindow = think.meanNs <= this.#idleNs;
  }

  /** cfq_should_preempt. */
  #preempts(queue: CfqQueue, request: number, active: CfqQueue): boolean {
    if (queue.isIdleClass) return false;
    if (active.isIdleClass) return true;
    if (active.isRealTime && !queue.isRealTime) return false;
    if (queue.isSync && !active.isSync) return true;
    if (this.#slices.isUsed(active)) return true;
    const { syncNoIdle } = Workload;
    if (this.#slices.serving === syncNoIdle && queue.workload === syncNoIdle && active.isEmpty) {
      if (queue.tree?.count === 2) return true;
    }
    const { requests, hasTaskPlugs } = this.host;
    if (requests.has(request, RequestFlag.meta) && active.metaPending === 0) return true;
    if (queue.isRealTime && !active.isRealTime) return true;
    // From 3.1 on: it should not be idled for any more.
    if (hasTaskPlugs && active.isEmpty && !this.#shouldIdle(active)) return true;
    return active.isWaiting && this.#isClose(request);
  }

  #isClose(request: number): boolean {
    return Math.abs(this.host.requests.sector[request] - this.nearer.position) <= CLOSE_SECTORS;
  }

  // Requests go out.

  dispatch(force: boolean): boolean {
    if (this.length === 0) return false;
    if (force) return this.#dispatchAny();
    const queue = this.#select();
    if (queue === undefined || !this.#mayDispatch(queue)) return false;
    const request = this.#expired(queue);
    this.#dispatchFrom(queue, request);
    this.#activeThink ??= this.#thinkOf(request);
    queue.sliceDispatched++;
    queue.mustDispatch = false;
    const isSpent = !queue.isSync && queue.sliceDispatched >= this.#asyncRequests(queue);
    if (this.#slices.busy > 1 && (isSpent || queue.isIdleClass)) this.#expire(queue, false);
    return true;
  }

  /** Requests of an async slice (cfq_prio_to_maxrq). */
  #asyncRequests({ level }: CfqQueue): number {
    return 2 * this.#tunables.slice_async_rq * (8 - level);
  }

  /** Everything out, queue by queue (cfq_forced_dispatch). */
  #dispatchAny(): boolean {
    const { active } = this.#slices;
    if (active !== undefined) this.#expire(active, false);
    const queue = this.#slices.anyBusy();
    if (queue === undefined) return false;
    this.#slices.activate(queue);
    while (!queue.isEmpty) this.#dispatchFrom(queue, queue.next);
    this.#expire(queue, false);
    return true;
  }

  /** The queue whose turn it is; none while the drive is kept idle (cfq_select_queue). */
  #select(): CfqQueue | undefined {
    const { active } = this.#slices;
    let close: CfqQueue | undefined;
    if (active !== undefined) {
      const isBackBusy = active.isWaitingBusy && !active.isEmpty;
      if (!isBackBusy && !(this.#slices.isUsed(active) && !active.mustDispatch)) {
        if (!active.isEmpty) return active;
        close = this.#closeTo(active);
        if (close !== undefined) {
          if (active.joins < 0) this.#joinLater(active, close);
        } else if (this.#isAwaited(active)) return undefined;
      } else if (!isBackBusy && this.#isLastWaited(active)) return undefined;
      this.#expire(active, false);
    }
    if (close !== undefined) this.#slices.activate(close);
    const chosen = close ?? this.#slices.choose();
    this.#idleTimer.clear();
    return chosen;
  }

  /** Whether the drive is idle for this queue, or will be when what it does for it is done. */
  #isAwaited(queue: CfqQueue): boolean {
    if (this.#idleTimer.dueNs !== Infinity) return true;
    return queue.dispatched > 0 && this.#shouldIdle(queue);
  }

  /** A slice is over, but there is nobody else, and something of the queue is still on its way. */
  #isLastWaited(queue: CfqQueue): boolean {
    if (this.#slices.busy !== 1 || !queue.isEmpty) return false;
    return queue.dispatched > 0 && this.#shouldIdle(queue);
  }

  /** A queue whose next request is close to the arm, to go on with (cfq_close_cooperator). */
  #closeTo(queue: CfqQueue): CfqQueue | undefined {
    if (queue.isIdleClass || !queue.isSync || queue.isSeeky || this.#slices.busy === 1) {
      return undefined;
    }
    const { sector } = this.host.requests;
    const other = this.#slices.nearest(sector, queue.level, this.nearer);
    if (other === undefined || !this.#isClose(other.next)) return undefined;
    if (!other.isSync || other.isSeeky || other.isRealTime !== queue.isRealTime) return undefined;
    return other;
  }

  /** cfq_should_idle. */
  #shouldIdle(queue: CfqQueue): boolean {
    if (queue.isIdleClass) return false;
    if (queue.hasIdleWindow && !this.#neverIdles) return true;
    return queue.isSync && queue.tree?.count === 1;
  }

  /** Flash that queues commands is not idled for. */
  get #neverIdles(): boolean {
    return !this.host.rotational && this.#queueing.isLikely;
  }

  /** Whether a queue may have one more request with the drive (cfq_may_dispatch). */
  #mayDispatch(queue: CfqQueue): boolean {
    if (this.#shouldIdle(queue) && this.#inFlight[0] > 0) return false;
    if (!queue.isSync && this.#inFlight[1] > 0) return false;
    const { quantum, slice_sync, low_latency } = this.#tunables;
    let most = queue.isIdleClass ? 1 : Math.max(quantum >> 1, 1);
    if (queue.dispatched >= most) {
      if (queue.isIdleClass) return false;
      const { busy, busySync } = this.#slices;
      // From 2.6.39 on the one sync queue is not held back for the sake of async ones.
      const isAlone = busy === 1 || (this.host.hasTaskPlugs && queue.isSync && busySync === 1);
      if (!isAlone && this.#slices.isUsedSoon(queue)) return false;
      most = isAlone ? Infinity : quantum;
    }
    if (!queue.isSync && low_latency !== 0) {
      const sinceNs = this.host.events.nowNs - this.#lastDelayedNs;
      const depth = Math.floor(sinceNs / (slice_sync * MS));
      most = Math.min(most, depth === 0 && queue.dispatched === 0 ? 1 : depth);
    }
    return queue.dispatched < most;
  }

  /** The request to serve: the next one, or once a slice the oldest if it waited too long. */
  #expired(queue: CfqQueue): number {
    if (queue.hasCheckedFifo) return queue.next;
    queue.hasCheckedFifo = true;
    const oldest = this.overdue(queue);
    return oldest >= 0 ? oldest : queue.next;
  }

  #dispatchFrom(queue: CfqQueue, request: number): void {
    queue.next = this.nearer.nextOf(request, queue.sorted);
    this.unfile(queue, request);
    queue.dispatched++;
    this.#inFlight[queue.isSync ? 1 : 0]++;
    this.host.dispatchSorted(request);
  }

  override activated(request: number): void {
    super.activated(request);
    this.#queueing.activated();
  }

  override completed(request: number): void {
    const { requests, events } = this.host;
    const queue = this.queues.byId(requests.owner[request]);
    this.#queueing.completed(this.length, this.#slices.active);
    queue.dispatched--;
    this.#inFlight[queue.isSync ? 1 : 0]--;
    if (isSyncRequest(requests, request)) {
      this.#thinkOf(request).lastEndNs = events.nowNs;
      const waitedNs = events.nowNs - requests.startNs[request];
      if (waitedNs >= this.#tunables.fifo_expire_sync * MS) this.#lastDelayedNs = events.nowNs;
    }
    if (queue !== this.#slices.active) return;
    if (queue.isSliceNew) this.#slices.begin(queue);
    if (this.#shouldWaitBusy(queue)) {
      queue.sliceEndNs = events.nowNs + this.#idleNs;
      queue.isWaitingBusy = true;
    }
    if (this.#slices.isUsed(queue) || queue.isIdleClass) this.#expire(queue, true);
    else if (queue.isSync && queue.isEmpty && this.#closeTo(queue) === undefined) {
      // A write someone waits for is mostly the last of its kind; a read is mostly not.
      this.#noIdleTreeIdles ||= requests.direction(request) === 0;
      const isAlone = this.#slices.busy === 1;
      if (this.#slices.serving === Workload.sync || this.#noIdleTreeIdles || isAlone) {
        this.#idle(queue);
      }
    }
  }

  /** Whether the only queue should have a little more time, to be busy at its end (cfq_should_wait_busy). */
  #shouldWaitBusy(queue: CfqQueue): boolean {
    if (this.#slices.busy > 1) return false;
    if (this.#slices.isUsed(queue)) return true;
    const think = this.#activeThink;
    if (think === undefined || !think.isKnown) return false;
    return queue.sliceEndNs - this.host.events.nowNs < think.meanNs;
  }

  /** Keeps the drive idle for the queue's next request, if it is likely to come (cfq_arm_slice_timer). */
  #idle(queue: CfqQueue): void {
    if (this.#neverIdles || this.#idleNs === 0 || !this.#shouldIdle(queue)) return;
    const think = this.#activeThink;
    if (queue.dispatched > 0 || think === undefined) return;
    const { nowNs } = this.host.events;
    if (think.isKnown && queue.sliceEndNs - nowNs < think.meanNs) return;
    queue.isWaiting = true;
    this.#idleTimer.atNs = nowNs + this.#idleNs;
    this.#idleTimer.arm();
  }

  /** cfq_idle_slice_timer. */
  #idledEnough(): void {
    const { active } = this.#slices;
    if (active !== undefined && !active.mustDispatch) {
      if (this.#slices.isUsed(active)) this.#expire(active, false);
      else if (active.isEmpty) {
        active.isDeep = false;
        this.#expire(active, false);
      }
    }
    this.host.kick();
  }

  #stopWaiting(queue: CfqQueue): void {
    queue.isWaiting = false;
    this.#idleTimer.clear();
  }

  /** A queue's turn is over. */
  #expire(queue: CfqQueue, keepsRest: boolean): void {
    if (queue.isWaiting) this.#stopWaiting(queue);
    this.#slices.expire(queue, keepsRest);
    this.#activeThink = undefined;
    this.#noIdleTreeIdles = false;
  }

  // Merging.

  protected override shrank(queue: CfqQueue): void {
    if (queue.isEmpty && queue.isBusy && queue !== this.#slices.active)
      this.#slices.makeIdle(queue);
  }

  /** A task that is being waited for is not to wait for a request itself. */
  override mayQueue(bio: number): MayQueue {
    const queue = this.queues.ofBio(bio);
    if (queue === undefined || !queue.isWaiting || queue.mustAllocate) return MayQueue.yes;
    queue.mustAllocate = true;
    return MayQueue.must;
  }
}

export const cfq: ElevatorKind<CfqTunables> = {
  name: 'cfq',
  defaults: cfqDefaults,
  create: (host, tunables) => new Cfq(host, tunables),
};

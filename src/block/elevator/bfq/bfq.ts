/**
 * bfq: each task its share of the drive's throughput (block/bfq-iosched.c).
 *
 * Like cfq, a queue for each task's sync requests and one for all async ones, with idling; but a
 * turn is a budget of sectors and not of time, and turns follow each other by B-WF2Q+, so that each
 * gets its share however it behaves. A turn still ends by time where a queue seeks, and such a
 * queue is charged for the time. A task that comes back after a pause has its weight raised.
 *
 * Not modelled: joining of queues that read close together, injection of other queues' requests
 * while idling, soft real-time raising, control groups, burst detection.
 */

import { MS, SECOND } from '../../../sim/units.ts';
import { Alarm } from '../../../sim/events.ts';
import { Op } from '../../../device/device.ts';
import { BioFlag } from '../../bio.ts';
import { Merge } from '../../merge.ts';
import { RequestFlag } from '../../request.ts';
import { Nearer } from '../nearer.ts';
import { ElevatorBase, type ElevatorHost, type ElevatorKind } from '../elevator.ts';
import { Budgets } from './budgets.ts';
import { Why, type WhyExpired } from './expiry.ts';
import { FairOrder } from './fair-order.ts';
import { BfqQueue } from './queue.ts';

const defaults = {
  /** How long a request may wait within its queue, ms. */
  fifo_expire_sync: 125,
  fifo_expire_async: 250,
  /** Longest way back that is considered, KiB. */
  back_seek_max: 16 * 1024,
  back_seek_penalty: 2,
  /** How long to idle for a task's next request, ms. */
  slice_idle: 8,
  /** How long a turn may last, ms. */
  timeout_sync: 125,
  /** Largest budget, sectors; 0 to learn it from the drive's rate. */
  max_budget: 0,
  /** Raise the weight of tasks that come back after a pause, 0 or 1. */
  low_latency: 1,
  /** Idle for every sync queue, whatever it costs, 0 or 1. */
  strict_guarantees: 0,
};

type BfqTunables = typeof defaults;

/** The weight that the default IO priority stands for (bfq_ioprio_to_weight). */
const WEIGHT = 40;
/** An async sector counts as so many (bfq_async_charge_factor). */
const ASYNC_CHARGE = 3;
/** A raised weight is so many times its own (bfq_wr_coeff)... */
const RAISE = 30;
/** ...for at most so long (assumption: the kernel derives 3 to 25 s from the drive's rate)... */
const RAISE_NS = 7 * SECOND;
/** ...once a task has been idle for so long (bfq_wr_min_idle_time). */
const PAUSE_NS = 2 * SECOND;
/** How long to idle for a queue that seeks (BFQ_MIN_TT), and for a raised one. */
const SEEKY_IDLE_NS = 2 * MS;
const RAISED_IDLE_NS = 20 * MS;

class Bfq extends ElevatorBase {
  readonly #tunables: BfqTunables;
  readonly #nearer: Nearer;
  readonly #idleNs: number;
  readonly #budgets: Budgets;
  readonly #order = new FairOrder();
  readonly #async: BfqQueue;
  readonly #byTask: (BfqQueue | undefined)[] = [];
  readonly #idleTimer: Alarm;
  /** The drive queues commands itself (hw_tag). */
  readonly #queues: boolean;
  #active: BfqQueue | undefined;
  #length = 0;
  #inDriver = 0;

  constructor(host: ElevatorHost, tunables: BfqTunables) {
    super(host);
    this.#tunables = tunables;
    this.#nearer = new Nearer(host.requests, tunables.back_seek_max, tunables.back_seek_penalty);
    this.#idleNs = tunables.slice_idle * MS;
    this.#budgets = new Budgets(tunables.max_budget, tunables.timeout_sync * MS);
    this.#queues = host.queueDepth > 1;
    this.#async = new BfqQueue(-1, false, WEIGHT, host.requests, host.rotational);
    this.#idleTimer = new Alarm(host.events, () => this.#idledEnough());
  }

  get isEmpty(): boolean {
    return this.#length === 0;
  }

  add(request: number): void {
    const { nowNs } = this.host.events;
    const { requests, rotational } = this.host;
    const task = requests.task[request];
    const queue = requests.has(request, RequestFlag.sync)
      ? (this.#byTask[task] ??= new BfqQueue(task, true, WEIGHT, requests, rotational))
      : this.#async;
    const { fifo_expire_async, fifo_expire_sync } = this.#tunables;
    requests.owner[request] = queue.id;
    requests.expiryNs[request] = nowNs + (queue.isSync ? fifo_expire_sync : fifo_expire_async) * MS;
    queue.fifo.append(request);
    queue.sorted.insert(request);
    this.#length++;
    queue.next = this.#nearer.choose(queue.next, request);
    if (queue.isSync) queue.noteThinkTime(nowNs, this.#idleNs);
    queue.noteSeek(requests.sector[request], requests.sectors[request]);
    if (!queue.isBusy) this.#becomesBusy(queue, nowNs);
    if (queue === this.#active && queue.isWaiting) this.#stopWaiting(queue);
  }

  /** A queue comes (back) to life: perhaps raised, perhaps at once (bfq_bfqq_handle_idle_busy_switch). */
  #becomesBusy(queue: BfqQueue, nowNs: number): void {
    if (queue.raise > 1 && nowNs > queue.raisedSinceNs + RAISE_NS) this.#order.setRaise(queue, 1);
    const isBack = nowNs >= queue.lastIdleNs + PAUSE_NS;
    if (this.#tunables.low_latency !== 0 && queue.isSync && isBack && queue.raise === 1) {
      this.#order.setRaise(queue, RAISE);
      queue.raisedSinceNs = nowNs;
    }
    if (queue.maxBudget === 0) queue.maxBudget = Math.floor((this.#budgets.max * 2) / 3);
    queue.budget = this.#budgetOf(queue);
    this.#order.add(queue);
    const active = this.#active;
    if (active !== undefined && queue.currentWeight > active.currentWeight) {
      this.#expire(Why.preempted, nowNs);
    }
  }

  /** A budget is at least what the first request costs. */
  #budgetOf(queue: BfqQueue): number {
    return Math.max(queue.maxBudget, queue.next < 0 ? 0 : this.#charge(queue, queue.next));
  }

  /** What serving a request costs the budget (bfq_serv_to_charge). */
  #charge(queue: BfqQueue, request: number): number {
    const sectors = this.host.requests.sectors[request];
    return queue.isSync || queue.raise > 1 ? sectors : sectors * ASYNC_CHARGE;
  }

  dispatch(force: boolean): boolean {
    const { nowNs } = this.host.events;
    if (this.#length === 0) return false;
    const queue = force ? this.#next(nowNs) : this.#select(nowNs);
    if (queue === undefined) return false;
    const request = this.#expired(queue, nowNs);
    this.#order.served(queue, this.#charge(queue, request));
    this.#remove(queue, request);
    queue.dispatched++;
    this.host.dispatchTail(request);
    if (queue.raise > 1 && nowNs > queue.raisedSinceNs + RAISE_NS) this.#order.setRaise(queue, 1);
    return true;
  }

  /** Whatever queue has a request, without regard to idling. */
  #next(nowNs: number): BfqQueue | undefined {
    while (this.#active === undefined || this.#active.isEmpty) {
      if (this.#active !== undefined) this.#expire(Why.noMore, nowNs);
      if (this.#begin(nowNs) === undefined) return undefined;
    }
    return this.#active;
  }

  /** The queue whose turn it is; none while the drive is kept idle (bfq_select_queue). */
  #select(nowNs: number): BfqQueue | undefined {
    const active = this.#active;
    if (active === undefined) return this.#begin(nowNs);
    const mustIdle = active.isEmpty && this.#betterToIdle(active);
    if (nowNs >= active.budgetTimeoutNs && !mustIdle) this.#expire(Why.timeout, nowNs);
    else if (active.next >= 0) {
      if (active.served + this.#charge(active, active.next) <= active.budget) return active;
      this.#expire(Why.budgetUsed, nowNs);
    } else {
      const isAwaited = active.dispatched > 0 && this.#betterToIdle(active);
      if (active.isWaiting || isAwaited) return undefined;
      this.#expire(Why.noMore, nowNs);
    }
    return this.#begin(nowNs);
  }

  #begin(nowNs: number): BfqQueue | undefined {
    const queue = this.#order.choose();
    this.#active = queue;
    if (queue === undefined) return undefined;
    queue.served = 0;
    queue.turnBeganNs = nowNs;
    queue.budgetTimeoutNs =
      nowNs + this.#tunables.timeout_sync * MS * (queue.raise > 1 ? RAISE : 1);
    queue.hasCheckedFifo = false;
    return queue;
  }

  /** The request to serve: the next one, or once a turn the oldest if it is late (bfq_check_fifo). */
  #expired(queue: BfqQueue, nowNs: number): number {
    if (queue.hasCheckedFifo) return queue.next;
    queue.hasCheckedFifo = true;
    const oldest = queue.fifo.first;
    return nowNs >= this.host.requests.expiryNs[oldest] ? oldest : queue.next;
  }

  /** Whether idling for this queue's next request pays, or is needed for its share. */
  #betterToIdle(queue: BfqQueue): boolean {
    if (this.#tunables.strict_guarantees !== 0) return true;
    if (this.#idleNs === 0 || !queue.isSync) return false;
    const { rotational } = this.host;
    const isSteady = !queue.isSeeky && queue.isIoBound && queue.hasShortThink;
    const boosts = (rotational && !this.#queues) || ((rotational || !this.#queues) && isSteady);
    const { raised, count, isUneven } = this.#order;
    if (boosts && raised === 0) return true;
    const isShort = queue.raise > 1 && (raised < count || this.#inDriver >= queue.dispatched + 4);
    return isShort || isUneven || count === 1;
  }

  /** The turn is over (bfq_bfqq_expire). */
  #expire(why: WhyExpired, nowNs: number): void {
    const queue = this.#active;
    if (queue === undefined) return;
    if (queue.isWaiting) this.#stopWaiting(queue);
    this.#budgets.noteRate(queue, nowNs);
    const tookNs = nowNs - queue.turnBeganNs;
    // A queue that seeks is charged the time that it took, at the rate of the largest budget.
    const timeoutNs = this.#tunables.timeout_sync * MS;
    const forTime = (this.#budgets.max * Math.min(tookNs, timeoutNs)) / timeoutNs;
    const isSlow = queue.raise === 1 && (why === Why.timeout || queue.isSeeky);
    this.#order.endTurn(queue, isSlow ? Math.max(forTime, queue.served) : queue.served);
    this.#budgets.adapt(queue, why);
    queue.isIoBound = why !== Why.tooIdle;
    this.#active = undefined;
    if (queue.isEmpty) {
      queue.lastIdleNs = nowNs;
      this.#order.remove(queue);
    } else {
      queue.budget = this.#budgetOf(queue);
      this.#order.refile(queue);
    }
  }

  override activated(request: number): void {
    this.#inDriver++;
    this.#nearer.moveTo(request);
  }

  override completed(request: number): void {
    const { nowNs } = this.host.events;
    const queue = this.#byId(this.host.requests.owner[request]);
    this.#inDriver--;
    queue.dispatched--;
    queue.lastEndNs = nowNs;
    if (queue !== this.#active) return;
    const idles = queue.isEmpty && this.#betterToIdle(queue);
    if (idles) {
      if (queue.dispatched === 0 && !queue.isWaiting) this.#idle(queue, nowNs);
    } else if (nowNs >= queue.budgetTimeoutNs) this.#expire(Why.timeout, nowNs);
    else if (queue.isEmpty) this.#expire(Why.noMore, nowNs);
  }

  #idle(queue: BfqQueue, nowNs: number): void {
    let idleNs = this.#idleNs;
    if (queue.isSeeky && queue.raise === 1 && !this.#order.isUneven) {
      idleNs = Math.min(idleNs, SEEKY_IDLE_NS);
    } else if (queue.raise > 1) idleNs = Math.max(idleNs, RAISED_IDLE_NS);
    queue.isWaiting = true;
    this.#idleTimer.set(nowNs + idleNs);
  }

  /** bfq_idle_slice_timer_body. */
  #idledEnough(): void {
    const active = this.#active;
    if (active !== undefined && active.isWaiting) {
      const { nowNs } = this.host.events;
      active.isWaiting = false;
      if (nowNs >= active.budgetTimeoutNs) this.#expire(Why.timeout, nowNs);
      else if (active.isEmpty) this.#expire(Why.tooIdle, nowNs);
    }
    this.host.kick();
  }

  #stopWaiting(queue: BfqQueue): void {
    queue.isWaiting = false;
    this.#idleTimer.clear();
  }

  override depthFor(sync: boolean): number {
    // Less while a raised queue is busy (bfq_update_depths).
    const share = this.#order.raised > 0 ? (sync ? 6 / 16 : 3 / 16) : sync ? 3 / 4 : 1 / 2;
    return Math.max(1, Math.floor(this.host.nrRequests * share));
  }

  override findFrontMerge(bio: number): number {
    const { op, flags, task, sector, sectors } = this.host.bios;
    const isSync = op[bio] === Op.read || (flags[bio] & BioFlag.sync) !== 0;
    const queue = isSync ? this.#byTask[task[bio]] : this.#async;
    if (queue === undefined) return -1;
    queue.sorted.sector = sector[bio] + sectors[bio];
    return queue.sorted.at();
  }

  override allowsMerge(request: number, bio: number): boolean {
    const { op, flags, task } = this.host.bios;
    const isSync = op[bio] === Op.read || (flags[bio] & BioFlag.sync) !== 0;
    return this.host.requests.owner[request] === (isSync ? task[bio] : -1);
  }

  override merged(request: number, how: Merge): void {
    if (how !== Merge.front) return;
    const { requests } = this.host;
    const queue = this.#byId(requests.owner[request]);
    queue.sorted.remove(request);
    queue.sorted.insert(request);
    queue.next = this.#nearer.choose(queue.next, request);
  }

  mergedRequests(request: number, next: number): void {
    const { expiryNs, owner } = this.host.requests;
    const into = this.#byId(owner[request]);
    const from = this.#byId(owner[next]);
    if (into === from) {
      if (expiryNs[next] < expiryNs[request]) {
        into.fifo.remove(request);
        into.fifo.insertAfter(next, request);
        expiryNs[request] = expiryNs[next];
      }
      if (from.next === next) from.next = request;
    }
    this.#remove(from, next);
    if (from.isEmpty && from !== this.#active) this.#order.remove(from);
  }

  former(request: number): number {
    return this.#byId(this.host.requests.owner[request]).sorted.previous(request);
  }

  latter(request: number): number {
    return this.#byId(this.host.requests.owner[request]).sorted.after(request);
  }

  #remove(queue: BfqQueue, request: number): void {
    if (queue.next === request) queue.next = this.#nearer.nextOf(request, queue.sorted);
    queue.sorted.remove(request);
    queue.fifo.remove(request);
    this.#length--;
  }

  #byId(id: number): BfqQueue {
    return (id < 0 ? undefined : this.#byTask[id]) ?? this.#async;
  }
}

export const bfq: ElevatorKind<BfqTunables> = {
  name: 'bfq',
  defaults,
  create: (host, tunables) => new Bfq(host, tunables),
};

/**
 * bfq: each task its share of the drive's throughput (block/bfq-iosched.c).
 *
 * Like cfq, a queue for each task's sync requests and one for the async ones of a priority, with idling; but
 * a turn is a budget of sectors and not of time, and turns follow each other by B-WF2Q+, so that each gets
 * its share however it behaves. A turn still ends by time where a queue seeks, and such a queue is charged
 * for the time. Interactive and soft real-time tasks have their weight raised. While the drive is idled for
 * one queue a little of others is let through. Queues of tasks that begin close to each other are joined.
 *
 * Not modelled: control groups; joining of queues that were made within moments of each other whatever they
 * do (stable merging), and that a parted queue is raised as it was before it was joined.
 */

import { MS, US } from '../../../sim/units.ts';
import { Alarm } from '../../../sim/events.ts';
import type { ElevatorHost, ElevatorKind } from '../elevator.ts';
import { FairElevator } from '../fair-elevator.ts';
import { Budgets } from './budgets.ts';
import { Bursts } from './bursts.ts';
import { CommandQueueing } from './command-queueing.ts';
import { Cooperators } from './cooperators.ts';
import { Why, type WhyExpired } from './expiry.ts';
import { FairOrder } from './fair-order.ts';
import { Idling } from './idling.ts';
import { Injection } from './injection.ts';
import { PeakRate } from './peak-rate.ts';
import { BfqQueue, SMALL_SECTORS } from './queue.ts';
import { Raising } from './raising.ts';
import { bfqDefaults, type BfqTunables } from './tunables.ts';

/** An async sector counts as so many (bfq_async_charge_factor). */
const ASYNC_CHARGE = 3;
/** How long to idle for a queue that seeks (BFQ_MIN_TT), and for a raised one. */
const SEEKY_IDLE_NS = 2 * MS;
const RAISED_IDLE_NS = 20 * MS;
/** A request that comes so soon shows that its task only waited for the last one, idle times. */
const IN_TIME = 3;
/** So many such requests make a queue IO-bound (bfq_requests_within_timer). */
const REQUESTS_IN_TIME = 120;
/** A request smaller than this may still grow, sectors. */
const SMALL_REQUEST = 32;
/** A turn shorter than this tells nothing of how fast the queue is; one longer than that does. */
const SHORT_NS = MS;
const LONG_NS = 20 * MS;

class Bfq extends FairElevator<BfqQueue> {
  readonly #tunables: BfqTunables;
  readonly #idleNs: number;
  readonly #budgets: Budgets;
  readonly #order: FairOrder;
  readonly #peak: PeakRate;
  readonly #raising: Raising;
  readonly #bursts: Bursts;
  readonly #injection: Injection;
  readonly #queueing = new CommandQueueing();
  readonly #idling: Idling;
  readonly #cooperators: Cooperators;
  readonly #idleTimer: Alarm;
  #idlingSinceNs = 0;
  #active: BfqQueue | undefined;

  constructor(host: ElevatorHost, tunables: BfqTunables) {
    const { requests, rotational, events } = host;
    super(host, tunables, (id, isSync) => new BfqQueue(id, isSync, requests, rotational));
    this.#tunables = tunables;
    const { slice_idle, slice_idle_us, timeout_sync, strict_guarantees } = tunables;
    const isInUs = slice_idle_us !== bfqDefaults.slice_idle_us;
    this.#idleNs = isInUs ? slice_idle_us * US : slice_idle * MS;
    this.#budgets = new Budgets(tunables.max_budget, timeout_sync * MS);
    this.#order = new FairOrder(events);
    this.#peak = new PeakRate(events, requests, rotational);
    const isOn = tunables.low_latency !== 0;
    const idleNs = this.#idleNs;
    this.#raising = new Raising(events, this.#order, this.#peak, { isOn, rotational, idleNs });
    this.#bursts = new Bursts(events);
    this.#injection = new Injection(events, idleNs);
    this.#idling = new Idling(this.#order, this.#queueing, {
      rotational,
      isStrict: strict_guarantees !== 0,
      isOff: idleNs === 0,
    });
    this.#cooperators = new Cooperators(host, this.queues, this.#order, this.#raising, this.#peak);
    this.#idleTimer = new Alarm(events, () => this.#idledEnough());
  }

  // Requests come in.

  add(request: number): void {
    const { requests } = this.host;
    let queue = this.queues.take(request);
    if (queue.isNew && queue.isSync) {
      queue.task = requests.task[request];
      queue.maxBudget = Math.floor((this.#budgets.max * 2) / 3);
      this.#bursts.began(queue, this.#order.count);
    } else if (queue.isNew) queue.maxBudget = Math.floor((this.#budgets.max * 2) / 3);
    if (queue.isSync && this.#mayJoin) {
      queue = this.#cooperators.forRequest(queue, request, this.#active);
    }
    this.#learn(queue, request);
    if (queue.isEmpty) {
      this.#injection.first(queue, this.#active, this.#queueing.inDriver);
    }
    this.file(queue, request);
    const before = queue.next;
    queue.next = this.nearer.choose(before, request);
    if (!queue.isBusy) this.#becomesBusy(queue);
    else {
      this.#raising.more(queue);
      if (queue.next !== before) this.nextChanged(queue);
    }
    if (queue === this.#active && queue.isWaiting) this.#awaited(queue, request);
  }

  /** Flash that queues commands gains nothing by the joining of queues. */
  get #mayJoin(): boolean {
    return this.host.rotational || !this.#queueing.isLikely;
  }

  /** Learns of the task's habits (bfq_update_io_thinktime, _has_short_ttime, _io_seektime). */
  #learn(queue: BfqQueue, request: number): void {
    const { nowNs } = this.host.events;
    const { think } = queue;
    think.thinkNs = Math.min(nowNs - think.lastEndNs, 2 * this.#idleNs);
    think.note();
    if (queue.isSync && !queue.isIdleClass && this.#idleNs > 0) {
      const isShort = !think.isKnown || think.meanNs <= this.#idleNs;
      if (isShort !== queue.hasShortThink) {
        queue.hasShortThink = isShort;
        this.#injection.thinkChanged(queue);
      }
    }
    queue.noteSeek(request);
  }

  /** A queue comes (back) to life: perhaps raised, perhaps at once (bfq_bfqq_handle_idle_busy_switch). */
  #becomesBusy(queue: BfqQueue): void {
    const { nowNs } = this.host.events;
    const inTime = nowNs <= queue.think.lastEndNs + IN_TIME * this.#idleNs;
    const goesOn = queue.waitsUnblocked && inTime && queue.budgetLeft > 0;
    if (goesOn) queue.budget = Math.min(queue.budgetLeft, queue.maxBudget);
    else queue.budget = this.#budgetOf(queue);
    queue.served = 0;
    queue.waitsUnblocked = false;
    if (!queue.isNew && this.#raising.isBack(queue)) this.#bursts.cameBack(queue);
    queue.isNew = false;
    if (!queue.isIoBound) {
      queue.inTime = inTime ? queue.inTime + 1 : 0;
      if (queue.inTime >= REQUESTS_IN_TIME) queue.isIoBound = true;
    }
    if (this.#raising.busy(queue)) queue.budget = Math.min(queue.budget, 2 * this.#budgets.min);
    queue.busySinceNs = nowNs;
    queue.servedSinceBusy = 0;
    queue.updatesSoftRealTime = false;
    this.#order.add(queue, goesOn);
    const active = this.#active;
    if (active === undefined) return;
    const isHigher = queue.ioClass < active.ioClass || queue.currentWeight > active.currentWeight;
    if (isHigher || (goesOn && queue.raise >= active.raise)) this.#expire(active, Why.preempted);
  }

  /** The request that the drive was kept idle for is there (bfq_rq_enqueued). */
  #awaited(queue: BfqQueue, request: number): void {
    const isTimeUp = this.host.events.nowNs >= queue.budgetTimeoutNs;
    const isSmall =
      queue.sorted.length === 1 && this.host.requests.sectors[request] < SMALL_REQUEST;
    // It may grow until the queue is asked for it, unless idling was for the sake of fairness.
    if (isSmall && !isTimeUp && this.#idling.boosts(queue)) return;
    this.#stopWaiting(queue);
    if (isTimeUp) this.#expire(queue, Why.timeout);
  }

  /** A budget is at least what the first request costs. */
  #budgetOf(queue: BfqQueue): number {
    return Math.max(queue.maxBudget, queue.next < 0 ? 0 : this.#charge(queue));
  }

  /** What serving a queue's next request costs its budget (bfq_serv_to_charge). */
  #charge(queue: BfqQueue): number {
    const sectors = this.host.requests.sectors[queue.next];
    const isPlain = queue.isSync || queue.raise > 1 || this.#idling.isUneven(queue);
    return isPlain ? sectors : sectors * ASYNC_CHARGE;
  }

  /** bfq_updated_next_req. */
  protected override nextChanged(queue: BfqQueue): void {
    if (queue.next < 0 || queue === this.#active || !queue.isBusy) return;
    const budget = Math.max(this.#budgetOf(queue), queue.served);
    if (budget !== queue.budget) this.#order.setBudget(queue, budget);
  }

  // Requests go out.

  dispatch(force: boolean): boolean {
    if (this.length === 0) return false;
    if (!force && this.#tunables.strict_guarantees !== 0 && this.#queueing.inDriver > 0)
      return false;
    const queue = force ? this.#any() : this.#select();
    if (queue === undefined) return false;
    const request = queue.next;
    if (queue.servedSinceBusy === 0) queue.firstServedNs = this.host.events.nowNs;
    this.#order.served(queue, this.#charge(queue));
    const isInService = queue === this.#active;
    if (isInService) this.#injection.issued(request);
    queue.dispatched++;
    if (this.#peak.issued(request, this.#queueing.inDriver)) this.#budgets.follow(this.#peak.rate);
    this.#takeOut(queue, request);
    this.#queueing.inDriver++;
    this.host.dispatchTail(request);
    if (!isInService) return true;
    this.#raising.served(queue);
    if (queue.isIdleClass && this.#order.count > 1) this.#expire(queue, Why.budgetUsed);
    return true;
  }

  /** The request after is the oldest, once a turn, when that is late (bfq_find_next_rq, bfq_check_fifo). */
  #takeOut(queue: BfqQueue, request: number): void {
    this.unfile(queue, request);
    if (!queue.hasCheckedFifo && !queue.isEmpty) {
      queue.hasCheckedFifo = true;
      const late = this.overdue(queue);
      if (late >= 0) queue.next = late;
    }
    if (!queue.isEmpty) this.nextChanged(queue);
    else this.shrank(queue);
  }

  /** Whatever queue has a request, without regard to idling. */
  #any(): BfqQueue | undefined {
    while (this.#active === undefined || this.#active.isEmpty) {
      if (this.#active !== undefined) this.#expire(this.#active, Why.noMore);
      if (this.#begin() === undefined) return undefined;
    }
    return this.#active;
  }

  /** The queue to serve; none while the drive is kept idle (bfq_select_queue). */
  #select(): BfqQueue | undefined {
    let queue = this.#active;
    if (queue !== undefined && this.#isTimeUp(queue) && !this.#mustIdle(queue)) {
      this.#expire(queue, Why.timeout);
      queue = undefined;
    }
    for (;;) {
      queue ??= this.#begin();
      if (queue === undefined) return undefined;
      if (queue.next >= 0) {
        if (this.#charge(queue) <= queue.budgetLeft) {
          if (queue.isWaiting) this.#stopWaiting(queue);
          return queue;
        }
        this.#expire(queue, Why.budgetUsed);
      } else {
        if (queue.isWaiting || (queue.dispatched > 0 && this.#idling.isBetter(queue))) {
          return this.#injectable(queue);
        }
        this.#expire(queue, Why.noMore);
      }
      queue = undefined;
    }
  }

  /** bfq_may_expire_for_budg_timeout. */
  #isTimeUp(queue: BfqQueue): boolean {
    if (this.host.events.nowNs < queue.budgetTimeoutNs) return false;
    return !queue.isWaiting || queue.budgetLeft >= queue.budget / 3;
  }

  #mustIdle(queue: BfqQueue): boolean {
    return queue.isEmpty && this.#idling.isBetter(queue);
  }

  /** A queue of which something may go out while the drive is kept idle for another. */
  #injectable(queue: BfqQueue): BfqQueue | undefined {
    // The same task's async requests, or those of the queue that it waits for, do it no harm.
    const { requests } = this.host;
    const priority = requests.priority;
    for (let i = 0; queue.task >= 0 && i < this.#order.count; i++) {
      const other = this.#order.at(i);
      if (other === undefined || other.isSync || other.next < 0) continue;
      const isIts = requests.task[other.next] === queue.task;
      if (isIts && this.queues.async(priority[other.next]) === other && this.#fits(other))
        return other;
    }
    if (queue.waker >= 0) {
      const waker = this.queues.byId(queue.waker);
      if (waker.isBusy && waker.next >= 0 && this.#fits(waker)) return waker;
    }
    const isTolerant = queue.raise === 1 || this.#order.raised > 1 || !queue.hasShortThink;
    return isTolerant && !this.#idling.boosts(queue) ? this.#injectAny(queue) : undefined;
  }

  #fits(queue: BfqQueue): boolean {
    return this.#charge(queue) <= queue.budgetLeft;
  }

  /** bfq_choose_bfqq_for_injection. */
  #injectAny(queue: BfqQueue): BfqQueue | undefined {
    const { inDriver } = this.#queueing;
    const { nowNs } = this.host.events;
    let limit = queue.injectLimit;
    if (limit === 0 && queue.serviceNs === 0 && queue.isWaiting) {
      if (nowNs >= this.#idlingSinceNs + this.#idleNs) limit = 1;
    }
    if (inDriver >= limit) return undefined;
    const anyMay = queue.raise === 1 || !queue.hasShortThink;
    for (let i = 0; i < this.#order.count; i++) {
      const other = this.#order.at(i);
      if (other === undefined || other.isEmpty || !(anyMay || other.raise > 1)) continue;
      if (!this.#fits(other)) continue;
      // On flash a large request is slow, and is preferred: one at most.
      const isLarge = this.host.requests.sectors[other.next] >= SMALL_SECTORS;
      const most = !this.host.rotational && isLarge ? Math.min(1, limit) : queue.injectLimit;
      if (inDriver >= most) continue;
      this.#injection.injected();
      return other;
    }
    return undefined;
  }

  #begin(): BfqQueue | undefined {
    const queue = this.#order.choose();
    this.#active = queue;
    if (queue === undefined) return undefined;
    const { nowNs } = this.host.events;
    this.#budgets.turnBegins();
    this.#raising.turnBegins(queue);
    queue.turnBeganNs = nowNs;
    const times = this.#raising.isSoft(queue) ? 1 : queue.raise;
    queue.budgetTimeoutNs = nowNs + this.#tunables.timeout_sync * MS * times;
    queue.hasCheckedFifo = false;
    return queue;
  }

  /** A turn is over (bfq_bfqq_expire). @param idled the drive was kept idle up to now, for nothing */
  #expire(queue: BfqQueue, why: WhyExpired, idled = false): void {
    const { nowNs } = this.host.events;
    if (queue.isWaiting) this.#stopWaiting(queue);
    this.#budgets.tookNs = (idled ? this.#idlingSinceNs : nowNs) - queue.turnBeganNs;
    this.#chargeTime(queue, why);
    if (why === Why.tooIdle && queue.served <= queue.budget / 5) queue.isIoBound = false;
    this.#raising.turnEnds(queue);
    this.#raising.mayBeSoft(queue);
    this.#injection.turnEnds();
    this.#budgets.adapt(queue, why);
    if (queue.next >= 0) queue.budget = this.#budgetOf(queue);
    if (queue.isShared && queue.isSeeky) queue.isToSplit = true;
    this.#active = undefined;
    if (queue.isEmpty && !(why === Why.preempted && this.#idling.isNeeded(queue))) {
      if (queue.dispatched === 0) queue.idleSinceNs = nowNs;
      this.#order.remove(queue);
      queue.waitsUnblocked = why !== Why.timeout && why !== Why.budgetUsed;
    } else {
      this.#order.endTurn(queue);
      this.#order.refile(queue);
    }
    if (!queue.waitsUnblocked) queue.served = 0;
  }

  /** A slow queue is charged the time that it took instead of what it got. */
  #chargeTime(queue: BfqQueue, why: WhyExpired): void {
    if (queue.raise > 1) return;
    const { tookNs } = this.#budgets;
    const isShort = tookNs < SHORT_NS;
    const isSlow =
      queue.isSync && (tookNs > LONG_NS ? queue.served < this.#budgets.most / 2 : queue.isSeeky);
    if (!isSlow && !(why === Why.timeout && queue.budgetLeft >= queue.budget / 3)) return;
    // At least a seek.
    if (isShort) this.#budgets.tookNs = this.host.rotational ? 8 * MS : SEEKY_IDLE_NS;
    const forTime = this.#budgets.forTime(queue);
    queue.budget = Math.max(queue.budget, forTime);
    this.#order.served(queue, forTime - queue.served);
  }

  override completed(request: number): void {
    const queue = this.queues.byId(this.host.requests.owner[request]);
    const { nowNs } = this.host.events;
    this.#injection.completed(request, queue, this.#queueing.inDriver, this.#queueing.most);
    this.#queueing.completed(this.length, this.#active);
    this.#queueing.inDriver--;
    queue.dispatched--;
    queue.think.lastEndNs = nowNs;
    if (queue.dispatched === 0 && !queue.isBusy) queue.idleSinceNs = nowNs;
    if (this.#peak.done()) this.#budgets.follow(this.#peak.rate);
    if (queue.updatesSoftRealTime) this.#raising.mayBeSoft(queue);
    if (queue !== this.#active) return;
    if (this.#mustIdle(queue)) {
      if (queue.dispatched === 0) this.#idle(queue);
    } else if (this.#isTimeUp(queue)) this.#expire(queue, Why.timeout);
    else if (queue.isEmpty) this.#expire(queue, Why.noMore);
  }

  /** bfq_arm_slice_timer. */
  #idle(queue: BfqQueue): void {
    const { nowNs } = this.host.events;
    let idleNs = this.#idleNs;
    if (queue.isSeeky && queue.raise === 1 && !this.#idling.isUneven(queue)) {
      idleNs = Math.min(idleNs, SEEKY_IDLE_NS);
    } else if (queue.raise > 1) idleNs = Math.max(idleNs, RAISED_IDLE_NS);
    queue.isWaiting = true;
    this.#idlingSinceNs = nowNs;
    this.#idleTimer.atNs = nowNs + idleNs;
    this.#idleTimer.arm();
  }

  /** bfq_idle_slice_timer_body. */
  #idledEnough(): void {
    const active = this.#active;
    if (active !== undefined) {
      active.isWaiting = false;
      if (this.host.events.nowNs >= active.budgetTimeoutNs) this.#expire(active, Why.timeout, true);
      else if (active.isEmpty) this.#expire(active, Why.tooIdle, true);
    }
    this.host.kick();
  }

  #stopWaiting(queue: BfqQueue): void {
    queue.isWaiting = false;
    this.#idleTimer.clear();
  }

  /** Less while a raised queue is busy (bfq_update_depths). */
  override depthFor(sync: boolean): number {
    const share = this.#order.raised > 0 ? (sync ? 6 / 16 : 3 / 16) : sync ? 3 / 4 : 1 / 2;
    return Math.max(1, Math.floor(this.host.nrRequests * share));
  }

  protected override shrank(queue: BfqQueue): void {
    if (!queue.isEmpty || !queue.isBusy || queue === this.#active) return;
    this.#order.remove(queue);
    queue.served = 0;
  }
}

export const bfq: ElevatorKind<BfqTunables> = {
  name: 'bfq',
  defaults: bfqDefaults,
  create: (host, tunables) => new Bfq(host, tunables),
};

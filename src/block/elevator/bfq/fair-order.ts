/**
 * Whose turn it is in bfq: B-WF2Q+ (block/bfq-wf2q.c; Valente & Checconi, IEEE TC 2010).
 *
 * Each busy queue has a virtual start and a virtual finish, as far apart as its budget over its weight. Of
 * those that should have started by now, the one that should finish first is next. Virtual time goes on with
 * the service given, over the weights of all; a queue without requests still counts among these until the
 * time that it should have finished. Each priority class has a time of its own, and classes go before each
 * other, but the idle class gets a turn now and then. A queue per task is few enough for plain arrays
 * instead of the kernel's augmented trees.
 */

import type { EventQueue } from '../../../sim/events.ts';
import { MS } from '../../../sim/units.ts';
import type { BfqQueue } from './queue.ts';

/** After so long the idle class is served before the others (BFQ_CL_IDLE_TIMEOUT). */
const IDLE_CLASS_NS = 200 * MS;

/** The queues of one class (struct bfq_service_tree). */
class ClassOrder {
  readonly busy: BfqQueue[] = [];
  /** Not busy, but its finish is still to come. */
  readonly resting: BfqQueue[] = [];
  virtualTime = 0;
  weights = 0;
}

export class FairOrder {
  /** Busy queues, those of them that are raised, and those that are sync. */
  count = 0;
  raised = 0;

  readonly #events: EventQueue;
  /** Real time, best effort, idle. */
  readonly #classes = [new ClassOrder(), new ClassOrder(), new ClassOrder()];
  #idleClassServedNs = 0;

  constructor(events: EventQueue) {
    this.#events = events;
  }

  #classOf(queue: BfqQueue): ClassOrder {
    return this.#classes[queue.ioClass - 1];
  }

  /** Whether busy queues are of several classes. */
  get isOfSeveralClasses(): boolean {
    const [realTime, bestEffort, idle] = this.#classes;
    const first = realTime.busy.length > 0 ? 1 : 0;
    const second = bestEffort.busy.length > 0 ? 1 : 0;
    return first + second + (idle.busy.length > 0 ? 1 : 0) > 1;
  }

  /** Busy queues, the newest first, of each class in turn; undefined after the last. */
  at(index: number): BfqQueue | undefined {
    let left = index;
    for (let i = 0; i < this.#classes.length; i++) {
      const { busy } = this.#classes[i];
      if (left < busy.length) return busy[busy.length - 1 - left];
      left -= busy.length;
    }
    return undefined;
  }

  /**
   * A queue has something to do: it starts now, or where its last turn ended if that is later.
   * @param goesOn its last turn goes on, as if it had never ended
   */
  add(queue: BfqQueue, goesOn: boolean): void {
    if (queue.hasNewPriority) this.#takePriority(queue);
    const order = this.#classOf(queue);
    const isBackdated = goesOn && order.virtualTime > queue.finish;
    const least = isBackdated ? queue.finish : order.virtualTime;
    queue.start = queue.isWeighed ? Math.max(least, queue.finish) : least;
    if (queue.isWeighed) remove(order.resting, queue);
    else {
      order.weights += queue.currentWeight;
      queue.isWeighed = true;
    }
    queue.isBusy = true;
    order.busy.push(queue);
    this.count++;
    if (queue.raise > 1) this.raised++;
    this.#setFinish(queue);
    if (isBackdated && order.virtualTime > queue.finish) {
      const behind = (order.virtualTime - queue.finish) / queue.raise;
      queue.start += behind;
      queue.finish += behind;
    }
  }

  #takePriority(queue: BfqQueue): void {
    if (queue.isWeighed) {
      this.#forget(queue);
      remove(this.#classOf(queue).resting, queue);
    }
    queue.takePriority();
  }

  #forget(queue: BfqQueue): void {
    this.#classOf(queue).weights -= queue.currentWeight;
    queue.isWeighed = false;
  }

  #setFinish(queue: BfqQueue): void {
    queue.finish = queue.start + queue.budget / queue.currentWeight;
  }

  /** It has nothing to do any more. What it was served is what its turn comes to. */
  remove(queue: BfqQueue): void {
    const order = this.#classOf(queue);
    this.endTurn(queue);
    queue.isBusy = false;
    remove(order.busy, queue);
    this.count--;
    if (queue.raise > 1) this.raised--;
    if (queue.finish > order.virtualTime) order.resting.push(queue);
    else this.#forget(queue);
  }

  /** The next queue; undefined when none is busy (bfq_lookup_next_entity). */
  choose(): BfqQueue | undefined {
    const { nowNs } = this.#events;
    const [realTime, bestEffort, idle] = this.#classes;
    if (nowNs > this.#idleClassServedNs + IDLE_CLASS_NS) {
      this.#idleClassServedNs = nowNs;
      if (idle.busy.length > 0) return this.#first(idle);
    }
    return this.#first(realTime) ?? this.#first(bestEffort) ?? this.#first(idle);
  }

  /** The first of a class. Time jumps on to the first start when none should have started yet. */
  #first(order: ClassOrder): BfqQueue | undefined {
    const { busy } = order;
    let earliest = Infinity;
    for (let i = 0; i < busy.length; i++) if (busy[i].start < earliest) earliest = busy[i].start;
    if (earliest > order.virtualTime && earliest < Infinity) {
      order.virtualTime = earliest;
      this.#forgetPast(order);
    }
    let chosen: BfqQueue | undefined;
    for (let i = 0; i < busy.length; i++) {
      const queue = busy[i];
      if (queue.start > order.virtualTime) continue;
      if (chosen === undefined || queue.finish < chosen.finish) chosen = queue;
    }
    return chosen;
  }

  /** Those at rest whose finish is past count no more (bfq_forget_idle). */
  #forgetPast(order: ClassOrder): void {
    const { resting, virtualTime } = order;
    for (let i = resting.length - 1; i >= 0; i--) {
      const queue = resting[i];
      if (queue.finish > virtualTime) continue;
      this.#forget(queue);
      resting[i] = resting[resting.length - 1];
      resting.pop();
    }
  }

  /** A queue was served so many sectors more, or is charged for them (bfq_bfqq_served). */
  served(queue: BfqQueue, sectors: number): void {
    const order = this.#classOf(queue);
    queue.served += sectors;
    queue.servedSinceBusy += sectors;
    if (queue.raise > 1) queue.raisedSectors += sectors;
    order.virtualTime += sectors / order.weights;
    this.#forgetPast(order);
  }

  /** The turn in service is over: it ends with what it was served (__bfq_deactivate, __bfq_requeue_entity). */
  endTurn(queue: BfqQueue): void {
    queue.finish = queue.start + queue.served / queue.currentWeight;
  }

  /** Files it again behind itself, after `endTurn`. */
  refile(queue: BfqQueue): void {
    queue.start = queue.finish;
    this.#setFinish(queue);
  }

  /** A queue that is not in service has another budget (bfq_updated_next_req). */
  setBudget(queue: BfqQueue, budget: number): void {
    queue.budget = budget;
    this.#setFinish(queue);
  }

  /** A queue's weight is raised by another factor. */
  setRaise(queue: BfqQueue, raise: number): void {
    if (queue.isWeighed) this.#classOf(queue).weights += queue.weight * (raise - queue.raise);
    if (queue.isBusy && queue.raise > 1 !== raise > 1) this.raised += raise > 1 ? 1 : -1;
    queue.raise = raise;
  }
}

function remove(queues: BfqQueue[], queue: BfqQueue): void {
  const at = queues.indexOf(queue);
  queues.copyWithin(at, at + 1);
  queues.pop();
}

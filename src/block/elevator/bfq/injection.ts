/**
 * Injection (bfq_update_inject_limit): while the drive is idled for a queue, a few requests of others may go
 * out. How many is learnt from what it does to the queue's next request, the first after it was empty: from
 * coming in to completion it should not take half as long again as without.
 *
 * And the waker of a queue (bfq_check_waker): the one whose completions its task waits for before it goes on.
 */

import type { EventQueue } from '../../../sim/events.ts';
import { MS, SECOND } from '../../../sim/units.ts';
import type { BfqQueue } from './queue.ts';

/** The limit begins anew after this... */
const ANEW_NS = SECOND;
/** ...or when the think time changed, but not sooner than this; nor is it learnt so soon after it fell. */
const THINK_NS = 100 * MS;
const LEARN_NS = 10 * MS;
/** What begins so soon after a completion may have been woken by it. */
const WAKE_NS = 4 * MS;
/** So many times one after another make a waker, within so many idle times of the first. */
const WAKINGS = 3;
const WITHIN_IDLES = 128;

export class Injection {
  readonly #events: EventQueue;
  readonly #idleNs: number;
  /** Whether requests of others went out since the queue in service was empty. */
  #hasInjected = false;
  /** The next request of the queue in service is to be timed, since when, and which it is. */
  #isToTime = false;
  #sinceNs = 0;
  #timed = -1;
  /** The queue of the last completion, by id. */
  #lastDone = -1;
  #lastDoneNs = -Infinity;

  constructor(events: EventQueue, idleNs: number) {
    this.#events = events;
    this.#idleNs = idleNs;
  }

  /** A request comes in for a queue that was empty. */
  first(queue: BfqQueue, active: BfqQueue | undefined, inDriver: number): void {
    if (!queue.isSync) return;
    this.#wakes(queue);
    const { nowNs } = this.#events;
    if (nowNs >= queue.limitDecreasedNs + ANEW_NS) this.#reset(queue);
    const hasEffect = queue.serviceNs > 0 && this.#hasInjected && inDriver > 0;
    if (queue !== active || (inDriver > 0 && !hasEffect)) return;
    if (nowNs < queue.limitDecreasedNs + LEARN_NS) return;
    this.#sinceNs = nowNs;
    this.#isToTime = true;
    if (inDriver === 0) this.#hasInjected = false;
  }

  #wakes(queue: BfqQueue): void {
    const { nowNs } = this.#events;
    const by = this.#lastDone;
    if (by < 0 || by === queue.id || queue.hasShortThink) return;
    if (nowNs - this.#lastDoneNs >= WAKE_NS) return;
    if (by !== queue.maybeWaker || nowNs > queue.firstWakingNs + WITHIN_IDLES * this.#idleNs) {
      queue.maybeWaker = by;
      queue.wakings = 1;
      queue.firstWakingNs = nowNs;
    } else if (++queue.wakings === WAKINGS) {
      queue.waker = by;
      queue.maybeWaker = -1;
    }
  }

  /** With a short think time nothing is injected until its effect is known; with a long one, one. */
  #reset(queue: BfqQueue): void {
    queue.serviceNs = 0;
    this.#timed = -1;
    queue.injectLimit = queue.hasShortThink ? 0 : 1;
    queue.limitDecreasedNs = this.#events.nowNs;
  }

  /** A queue's think time became short, or long. */
  thinkChanged(queue: BfqQueue): void {
    if (queue.serviceNs !== 0) return;
    const isSoon = this.#events.nowNs < queue.limitDecreasedNs + THINK_NS;
    if (!isSoon || !queue.hasShortThink) this.#reset(queue);
  }

  /** A request of the queue in service goes out. */
  issued(request: number): void {
    if (!this.#isToTime) return;
    this.#isToTime = false;
    this.#timed = request;
  }

  /** A request of another queue goes out. */
  injected(): void {
    this.#hasInjected = true;
  }

  /**
   * A request is done.
   * @param inDriver how many the drive has, with this one
   * @param mostInDriver the most that it was seen to have
   */
  completed(request: number, queue: BfqQueue, inDriver: number, mostInDriver: number): void {
    if (request === this.#timed) this.#learn(queue, inDriver, mostInDriver);
    this.#lastDone = queue.id;
    this.#lastDoneNs = this.#events.nowNs;
  }

  #learn(queue: BfqQueue, inDriver: number, mostInDriver: number): void {
    const { nowNs } = this.#events;
    const tookNs = nowNs - this.#sinceNs;
    const limit = queue.injectLimit;
    if (queue.serviceNs > 0 && this.#hasInjected) {
      if (tookNs >= queue.serviceNs * 1.5) {
        if (limit > 0) {
          queue.injectLimit--;
          queue.limitDecreasedNs = nowNs;
        }
      } else if (limit <= mostInDriver) queue.injectLimit++;
    }
    const isAlone = inDriver === 1;
    if ((queue.serviceNs === 0 && isAlone) || tookNs < queue.serviceNs) {
      if (queue.serviceNs === 0) queue.injectLimit = Math.max(1, limit);
      queue.serviceNs = tookNs;
    } else if (!this.#hasInjected && isAlone) queue.serviceNs = tookNs;
    this.#timed = -1;
    this.#hasInjected = false;
  }

  /** A turn is over: nothing is to be learnt from it any more. */
  turnEnds(): void {
    this.#hasInjected = false;
    this.#isToTime = false;
    this.#timed = -1;
  }
}

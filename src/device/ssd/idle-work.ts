/**
 * Work for idle times: when no request has been outstanding for a while, collection goes on beyond
 * what is pressing, or the single-level cache is folded, until there is nothing left to gain. The first
 * request that comes ends it: a lane does no more than finish the operation it is at.
 *
 * One event waits for the idle time to pass, however many requests come and go meanwhile; an idle
 * drive has none.
 */

import type { EventQueue } from '../../sim/events.ts';

/** An event of a snapshot that is to be scheduled again: in the order of their numbers, so that ties fall as they would have. */
export interface Pending {
  readonly order: number;
  readonly schedule: () => void;
}

export class IdleWork {
  readonly #events: EventQueue;
  readonly #setIdle: (isIdle: boolean) => void;
  readonly #afterNs: number;
  readonly #onTimer: number;
  /** When the last request was done, ns; Infinity while one is outstanding. */
  #sinceNs = 0;
  /** When the event comes, ns; -1 when none is pending. */
  #timerNs = -1;
  #timerOrder = 0;
  #isIdle = false;

  /** @param setIdle told when there is time for what is not pressing, and when there no longer is */
  constructor(events: EventQueue, afterUs: number, setIdle: (isIdle: boolean) => void) {
    this.#events = events;
    this.#setIdle = setIdle;
    this.#afterNs = Math.round(afterUs * 1000);
    this.#onTimer = events.register(() => this.#timer());
  }

  /** The first request is outstanding. */
  began(): void {
    this.#sinceNs = Infinity;
    if (!this.#isIdle) return;
    this.#isIdle = false;
    this.#setIdle(false);
  }

  /** The last request is done. */
  ended(): void {
    const now = this.#events.nowNs;
    this.#sinceNs = now;
    if (this.#timerNs < 0) this.#timerAt(now + this.#afterNs);
  }

  #timerAt(ns: number): void {
    this.#timerNs = ns;
    this.#timerOrder = this.#events.nextSequence;
    this.#events.schedule(ns, this.#onTimer, 0);
  }

  #timer(): void {
    const now = this.#events.nowNs;
    // Not this timer: the drive was set back to a snapshot meanwhile.
    if (this.#timerNs !== now) return;
    this.#timerNs = -1;
    if (this.#sinceNs === Infinity) return;
    const due = this.#sinceNs + this.#afterNs;
    if (due > now) {
      this.#timerAt(due);
      return;
    }
    this.#isIdle = true;
    this.#setIdle(true);
  }

  /** Times relative to the present; no request is outstanding. */
  save() {
    const now = this.#events.nowNs;
    return {
      sinceNs: this.#sinceNs - now,
      timerNs: this.#timerNs < 0 ? -1 : this.#timerNs - now,
      timerOrder: this.#timerOrder,
      isIdle: this.#isIdle,
    };
  }

  /** @returns the timer, where one is pending */
  load(saved: ReturnType<IdleWork['save']>): Pending[] {
    const now = this.#events.nowNs;
    this.#sinceNs = saved.sinceNs + now;
    this.#isIdle = saved.isIdle;
    this.#timerNs = -1;
    if (saved.timerNs < 0) return [];
    const schedule = (): void => this.#timerAt(saved.timerNs + now);
    return [{ order: saved.timerOrder, schedule }];
  }
}

/** Counts the time during which anything at all is going on. */

import type { EventQueue } from '../../sim/events.ts';

export class BusyClock {
  readonly #events: EventQueue;
  #active = 0;
  #sinceNs = NaN;
  #totalNs = NaN;

  constructor(events: EventQueue) {
    this.#events = events;
    this.#sinceNs = 0;
    this.#totalNs = 0;
  }

  enter(): void {
    if (this.#active++ === 0) this.#sinceNs = this.#events.nowNs;
  }

  leave(): void {
    if (--this.#active === 0) this.#totalNs += this.#events.nowNs - this.#sinceNs;
  }

  totalNs(): number {
    return this.#totalNs + (this.#active > 0 ? this.#events.nowNs - this.#sinceNs : 0);
  }
}

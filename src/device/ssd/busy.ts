/** Counts the time during which anything at all is going on. */

import type { EventQueue } from '../../sim/events.ts';

export class BusyClock {
  readonly #events: EventQueue;
  #active = 0;
  #sinceNs = 0;
  #totalNs = 0;

  constructor(events: EventQueue) {
    this.#events = events;
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

/** The drive's requests by tag, in columns: what was asked, and when; and the event that ends each. */

import { Op } from '../device.ts';
import type { EventQueue } from '../../sim/events.ts';

export class Requests {
  readonly op: Uint8Array;
  readonly lbn: Float64Array;
  readonly sectors: Float64Array;
  readonly flags: Uint8Array;
  readonly arrivedNs: Float64Array;
  /** When the controller has understood the command, ns. */
  readonly readyNs: Float64Array;
  readonly status: Uint8Array;
  readonly isOutstanding: Uint8Array;
  /** Of a write to the medium: gives up the link before its data. */
  readonly isExtra: Uint8Array;

  /** For `complete`: when, ns, not rounded. */
  doneNs = NaN;
  readonly #events: EventQueue;
  readonly #finish: number = 0;

  /** @param finish handler that ends a request, by tag */
  constructor(depth: number, events: EventQueue, finish: number) {
    this.op = new Uint8Array(depth);
    this.lbn = new Float64Array(depth);
    this.sectors = new Float64Array(depth);
    this.flags = new Uint8Array(depth);
    this.arrivedNs = new Float64Array(depth);
    this.readyNs = new Float64Array(depth);
    this.status = new Uint8Array(depth);
    this.isOutstanding = new Uint8Array(depth);
    this.isExtra = new Uint8Array(depth);
    this.#events = events;
    this.#finish = finish;
  }

  /** Sectors that cross the link: writing zeroes sends none. */
  linked(tag: number): number {
    return this.op[tag] === Op.writeZeroes ? 0 : this.sectors[tag];
  }

  /** Lets a request end at `doneNs`. */
  complete(tag: number): void {
    const events = this.#events;
    events.atNs = Math.max(Math.round(this.doneNs), events.nowNs);
    events.post(this.#finish, tag);
  }
}

/**
 * The event queue: simulated time, and what happens when.
 *
 * A binary heap of (time, sequence) over typed arrays. Events due at the same nanosecond fire in
 * the order in which they were scheduled, so one seed gives one result on every machine. Handlers
 * are registered once and named by small integers; an event carries one 32-bit integer argument.
 *
 * Nothing here allocates by the event. A hot caller puts the time into the register `atNs` and then
 * calls `post`: a number with a fraction or above 2^31 that is handed to a function is put on V8's
 * heap, unless that call is inlined, and a field is not (docs/HOT-PATH.md).
 */

import { NO_FLOATS, NO_INTS } from './columns.ts';

/** Called when an event fires; `arg` is the integer given to `schedule`. */
export type EventHandler = (arg: number) => void;

export class EventQueue {
  /** Simulated time, ns. Only `advanceTo` and `step` move it, and only forwards. */
  nowNs = NaN;

  /** For `post`: when the event is due, absolute simulated time, ns. */
  atNs = NaN;

  /** For `postReserved`: a number that was taken from `nextSequence`. */
  sequence = NaN;

  /** The number of the next event that is scheduled; whoever puts one off takes it, and adds one. */
  nextSequence = 0;

  #size = 0;
  #times: Float64Array = NO_FLOATS;
  #sequences: Float64Array = NO_FLOATS;
  #handlerIds: Int32Array = NO_INTS;
  #args: Int32Array = NO_INTS;
  readonly #handlers: EventHandler[] = [];

  /** @param capacity how many pending events to make room for; grows by doubling. */
  constructor(capacity = 64) {
    this.nowNs = 0;
    this.#times = new Float64Array(capacity);
    this.#sequences = new Float64Array(capacity);
    this.#handlerIds = new Int32Array(capacity);
    this.#args = new Int32Array(capacity);
  }

  /** How many events are pending. */
  get size(): number {
    return this.#size;
  }

  /** Names a handler. Call once per handler, not once per event. */
  register(handler: EventHandler): number {
    return this.#handlers.push(handler) - 1;
  }

  /**
   * Schedules `handler(arg)` at `atNs`: `post` for callers that are not hot.
   * @param atNs absolute simulated time, ns; not before `nowNs`
   * @throws RangeError when `atNs` is in the past or not a number
   */
  schedule(atNs: number, handler: number, arg: number): void {
    this.atNs = atNs;
    this.post(handler, arg);
  }

  /**
   * Schedules `handler(arg)` at the time in the register `atNs`, which keeps it.
   * @throws RangeError when that is in the past or not a number
   */
  post(handler: number, arg: number): void {
    this.sequence = this.nextSequence++;
    this.postReserved(handler, arg);
  }

  /**
   * The same in the place of an event that was put off: `sequence` is the number it would have had.
   * @throws RangeError as `post` does
   */
  postReserved(handler: number, arg: number): void {
    const { atNs, sequence } = this;
    if (!(atNs >= this.nowNs)) {
      throw new RangeError(`event scheduled at ${atNs} ns, before the present (${this.nowNs} ns)`);
    }
    if (this.#size === this.#times.length) this.#grow();
    const times = this.#times;
    const sequences = this.#sequences;
    const handlerIds = this.#handlerIds;
    const args = this.#args;
    let hole = this.#size++;
    while (hole > 0) {
      const parent = (hole - 1) >> 1;
      if (times[parent] < atNs) break;
      if (times[parent] === atNs && sequences[parent] < sequence) break;
      times[hole] = times[parent];
      sequences[hole] = sequences[parent];
      handlerIds[hole] = handlerIds[parent];
      args[hole] = args[parent];
      hole = parent;
    }
    times[hole] = atNs;
    sequences[hole] = sequence;
    handlerIds[hole] = handler;
    args[hole] = arg;
  }

  /** When the next event is due, ns; Infinity when none is pending. */
  nextEventNs(): number {
    return this.#size === 0 ? Infinity : this.#times[0];
  }

  /** Fires the next event, moving time to it. False when none is pending. */
  step(): boolean {
    if (this.#size === 0) return false;
    const handler = this.#handlerIds[0];
    const arg = this.#args[0];
    this.nowNs = this.#times[0];
    this.#removeFirst();
    this.#handlers[handler](arg);
    return true;
  }

  /** Fires every event due up to and including `ns`, each at its own time, then moves time to `ns`. */
  advanceTo(ns: number): void {
    while (this.#size > 0 && this.#times[0] <= ns) this.step();
    if (ns > this.nowNs) this.nowNs = ns;
  }

  #removeFirst(): void {
    const last = --this.#size;
    if (last === 0) return;
    const times = this.#times;
    const sequences = this.#sequences;
    const handlerIds = this.#handlerIds;
    const args = this.#args;
    const time = times[last];
    const sequence = sequences[last];
    let hole = 0;
    for (;;) {
      let child = 2 * hole + 1;
      if (child >= last) break;
      const right = child + 1;
      if (
        right < last &&
        (times[right] < times[child] ||
          (times[right] === times[child] && sequences[right] < sequences[child]))
      ) {
        child = right;
      }
      if (times[child] > time || (times[child] === time && sequences[child] > sequence)) break;
      times[hole] = times[child];
      sequences[hole] = sequences[child];
      handlerIds[hole] = handlerIds[child];
      args[hole] = args[child];
      hole = child;
    }
    times[hole] = time;
    sequences[hole] = sequence;
    handlerIds[hole] = handlerIds[last];
    args[hole] = args[last];
  }

  #grow(): void {
    const capacity = Math.max(16, this.#times.length * 2);
    const copy = <T extends Float64Array | Int32Array>(from: T, to: T): T => {
      to.set(from);
      return to;
    };
    this.#times = copy(this.#times, new Float64Array(capacity));
    this.#sequences = copy(this.#sequences, new Float64Array(capacity));
    this.#handlerIds = copy(this.#handlerIds, new Int32Array(capacity));
    this.#args = copy(this.#args, new Int32Array(capacity));
  }
}

/**
 * One re-armable timer on an event queue. Setting it again replaces the earlier setting; clearing
 * it makes the pending event do nothing when its time comes.
 */
export class Alarm {
  /** When it will ring, ns; Infinity when it is not set. */
  dueNs = Infinity;

  /** For `arm`: when it is to ring, absolute simulated time, ns. */
  atNs = Infinity;

  readonly #queue: EventQueue;
  readonly #handler: number;
  #generation = 0;

  constructor(queue: EventQueue, ring: () => void) {
    this.#queue = queue;
    this.#handler = queue.register((generation) => {
      if (generation !== this.#generation || this.dueNs === Infinity) return;
      this.dueNs = Infinity;
      ring();
    });
  }

  /** Rings at `atNs` (absolute, ns), and no longer at any earlier setting. */
  set(atNs: number): void {
    this.atNs = atNs;
    this.arm();
  }

  /** The same, with the time in the register `atNs`. */
  arm(): void {
    const { atNs } = this;
    if (atNs === this.dueNs) return;
    this.dueNs = atNs;
    this.#generation = (this.#generation + 1) | 0;
    this.#queue.atNs = atNs;
    this.#queue.post(this.#handler, this.#generation);
  }

  clear(): void {
    this.dueNs = Infinity;
  }
}

/**
 * Collection on dies that nobody else wants, worked off without the event queue.
 *
 * A die is one lane here. While it reads one victim and programs into one block, and no read waits for it,
 * the next of its operations follows from the one before. Such a *run* keeps its next step here; the steps
 * of a channel are worked off in their order when anybody is about to see what they change: the channel
 * when it is booked, the map when it is looked at. The event queue gets one event for many rows, at a time
 * before which the run cannot end. Then, or when a read comes or a unit of the victim ceases to be valid,
 * the die goes back to the event queue, at whatever it is doing.
 *
 * At one and the same nanosecond a channel's steps and events come in the order in which they were scheduled,
 * everything else before. Steps are numbered behind what their channel has scheduled last, and take no numbers
 * of the event queue's: these would tell when somebody looked.
 */

import { NO_BYTES, NO_FLOATS, NO_INTS } from '../../sim/columns.ts';
import type { EventQueue } from '../../sim/events.ts';
import type { Collector } from './collector.ts';
import { SMALL_READ_BYTES, type Geometry } from './geometry.ts';
import type { Pending } from './idle-work.ts';

/** What a run's die is doing; its next step is at the end of that. */
export const Phase = { none: 0, sensing: 1, sending: 2, programming: 3, resting: 4 } as const;
export type Phase = (typeof Phase)[keyof typeof Phase];

/** From the number of one step to the next, so that a great many come before the next event's. */
const STEP_NUMBER = 2 ** -16;
/** Fewer programs than these ahead are left to the event queue. */
const PROGRAMS_MIN = 4;

/** What runs need of the array. */
export interface RunOptions {
  /** By channel: when it is free, ns. */
  readonly channelFreeNs: Float64Array;
  /** Nothing of collection's crosses the channel. */
  readonly copyback: boolean;
  /** A die's rest after a program, ns. */
  readonly restNs: number;
  /** The die goes back to the event queue. */
  readonly leave: (die: number) => void;
}

// Constants of this file, which compiled code holds as they are (docs/HOT-PATH.md).
const {
  none: NONE,
  programming: PROGRAMMING,
  resting: RESTING,
  sending: SENDING,
  sensing: SENSING,
} = Phase;

export class CollectionRuns {
  /** By die: what it is at, `Phase.none` for one that has no run, and when that ends, ns. */
  readonly phase: Uint8Array = NO_BYTES;
  readonly stepNs: Float64Array = NO_FLOATS;
  /** By die: the number of that step among the drive's events. */
  readonly order: Float64Array = NO_FLOATS;
  /** By die: when its cells began on that, ns. */
  readonly cellNs: Float64Array = NO_FLOATS;
  /** By channel: the number of the step or event that it has scheduled last. */
  readonly #lastOrder: Float64Array = NO_FLOATS;
  /** By channel: its next step, ns. */
  readonly #dueNs: Float64Array = NO_FLOATS;
  /** No step is due before, ns. */
  #earliestNs = NaN;
  /** The number of the event that takes place now, before which steps are due too; -1 for none. */
  #beforeOrder = NaN;

  readonly #geometry: Geometry;
  readonly #events: EventQueue;
  readonly #channelFreeNs: Float64Array = NO_FLOATS;
  readonly #copyback: boolean;
  readonly #restNs: number = NaN;
  readonly #leave: (die: number) => void;
  readonly #onBound: number = 0;
  readonly #dies: number = 0;
  readonly #channels: number = 0;
  /** By lane: units in hand, and those of the row taken last. */
  #inHand: Int32Array = NO_INTS;
  #taken: Int32Array = NO_INTS;
  /** By die: when the event queue looks at it, ns. */
  readonly #boundNs: Float64Array = NO_FLOATS;
  readonly #boundOrder: Float64Array = NO_FLOATS;
  /** By units of a row: how long they and their command take to cross the channel, ns. */
  readonly #outNs: Float64Array = NO_FLOATS;
  readonly #inNs: number = NaN;
  /** By row of a block: how long a program there takes, a sense, and one of at most `#smallUnits` units, ns. */
  readonly #programNs: Float64Array = NO_FLOATS;
  readonly #senseNs: Float64Array = NO_FLOATS;
  readonly #senseSmallNs: Float64Array = NO_FLOATS;
  readonly #smallUnits: number = 0;
  readonly #unitsPerProgram: number = 0;
  /** No program takes less, its data's way into the die and the rest after it included, ns. */
  readonly #leastNs: number = NaN;
  #collector!: Collector;

  constructor(geometry: Geometry, events: EventQueue, options: RunOptions) {
    const { dies, channels, unitBytes } = geometry;
    this.#geometry = geometry;
    this.#events = events;
    this.#channelFreeNs = options.channelFreeNs;
    this.#copyback = options.copyback;
    this.#restNs = options.restNs;
    this.#leave = options.leave;
    this.#dies = dies;
    this.#channels = channels;
    this.phase = new Uint8Array(dies);
    this.stepNs = new Float64Array(dies).fill(Infinity);
    this.cellNs = new Float64Array(dies);
    this.#dueNs = new Float64Array(channels).fill(Infinity);
    this.#earliestNs = Infinity;
    this.#beforeOrder = -1;
    this.order = new Float64Array(dies);
    this.#lastOrder = new Float64Array(channels);
    this.#boundNs = new Float64Array(dies).fill(-1);
    this.#boundOrder = new Float64Array(dies);
    const transfer = (units: number): number =>
      geometry.channelCommandNs + (options.copyback ? 0 : geometry.channelTime(units * unitBytes));
    this.#outNs = Float64Array.from({ length: geometry.unitsPerRow + 1 }, (_, n) => transfer(n));
    this.#inNs = transfer(geometry.unitsPerProgram);
    this.#leastNs = this.#inNs + Math.min(...geometry.programNs) + this.#restNs;
    const { unitsPerBlock, unitsPerRow } = geometry;
    const byRow = (timeOf: (physical: number) => number): Float64Array =>
      Float64Array.from({ length: unitsPerBlock / unitsPerRow }, (_, n) => timeOf(n * unitsPerRow));
    this.#programNs = byRow((physical) => geometry.programTime(physical));
    this.#senseNs = byRow((physical) => geometry.senseTime(physical, Infinity));
    this.#senseSmallNs = byRow((physical) => geometry.senseTime(physical, 0));
    this.#unitsPerProgram = geometry.unitsPerProgram;
    this.#smallUnits = Math.floor(SMALL_READ_BYTES / unitBytes);
    this.#onBound = events.register((die) => this.#bound(die));
  }

  /** Whose units it moves; set once. */
  attach(collector: Collector): void {
    this.#collector = collector;
    this.#inHand = collector.inHand;
    this.#taken = collector.taken;
  }

  /** Hands a free die over, at the start of what comes next for it; false where that is not worth it. */
  begin(die: number): boolean {
    const programs = this.#collector.programsAhead(die);
    if (programs < PROGRAMS_MIN) return false;
    const channel = this.#geometry.channelOfDie(die);
    this.settle(channel);
    // It comes from a program or the like.
    this.phase[die] = RESTING;
    this.stepNs[die] = this.#events.nowNs;
    this.#step(die, channel);
    if (this.stepNs[die] < this.#dueNs[channel]) this.#dueNs[channel] = this.stepNs[die];
    if (this.stepNs[die] < this.#earliestNs) this.#earliestNs = this.stepNs[die];
    this.#watch(die, programs);
    return true;
  }

  /** The die goes back to the event queue, if it has a run. */
  end(die: number): void {
    if (this.phase[die] === NONE) return;
    const channel = this.#geometry.channelOfDie(die);
    this.settle(channel);
    this.#leave(die);
    this.phase[die] = NONE;
    this.stepNs[die] = Infinity;
    this.#workOff(channel);
  }

  /** An event of a die, the next that is scheduled, is about to be. */
  schedules(die: number): void {
    const channel = this.#geometry.channelOfDie(die);
    this.settle(channel);
    this.#lastOrder[channel] = this.#events.nextSequence;
  }

  /** A die's event takes place: works off what its channel has scheduled to come before. */
  comes(die: number, orders: Float64Array): void {
    const channel = this.#geometry.channelOfDie(die);
    if (this.#dueNs[channel] > this.#events.nowNs) return;
    this.#beforeOrder = orders[die];
    this.#workOff(channel);
    this.#beforeOrder = -1;
  }

  /** Works off what is due before now on all channels. */
  catchUp(): void {
    const now = this.#events.nowNs;
    if (this.#earliestNs >= now) return;
    let earliest = Infinity;
    for (let channel = 0; channel < this.#channels; channel++) {
      this.settle(channel);
      if (this.#dueNs[channel] < earliest) earliest = this.#dueNs[channel];
    }
    this.#earliestNs = earliest;
  }

  /** Works off what is due before now on a channel. */
  settle(channel: number): void {
    if (this.#dueNs[channel] < this.#events.nowNs) this.#workOff(channel);
  }

  #workOff(channel: number): void {
    const now = this.#events.nowNs;
    const { stepNs } = this;
    for (;;) {
      let first = channel;
      for (let die = channel + this.#channels; die < this.#dies; die += this.#channels) {
        const isEarlier =
          stepNs[die] < stepNs[first] ||
          (stepNs[die] === stepNs[first] && this.order[die] < this.order[first]);
        if (isEarlier) first = die;
      }
      const isDue =
        stepNs[first] < now || (stepNs[first] === now && this.order[first] < this.#beforeOrder);
      if (!isDue) {
        this.#dueNs[channel] = stepNs[first];
        return;
      }
      this.#step(first, channel);
    }
  }

  /** Does a die's next step, at its time. */
  #step(die: number, channel: number): void {
    const { stepNs, phase } = this;
    const free = this.#channelFreeNs;
    const collector = this.#collector;
    const at = stepNs[die];
    this.order[die] = this.#lastOrder[channel] += STEP_NUMBER;
    if (phase[die] === SENSING) {
      const end = (free[channel] > at ? free[channel] : at) + this.#outNs[this.#taken[die]];
      free[channel] = end;
      stepNs[die] = end;
      phase[die] = SENDING;
      return;
    }
    if (phase[die] === PROGRAMMING) {
      collector.programmed(die);
      if (this.#restNs > 0) {
        stepNs[die] = at + this.#restNs;
        phase[die] = RESTING;
        return;
      }
    }
    if (this.#inHand[die] >= this.#unitsPerProgram) {
      const start = (free[channel] > at ? free[channel] : at) + this.#inNs;
      free[channel] = start;
      this.cellNs[die] = start;
      stepNs[die] = start + this.#programNs[collector.nextTargetRow(die)];
      phase[die] = PROGRAMMING;
      collector.takeProgram(die);
      return;
    }
    if (!collector.takeRow(die)) throw new Error(`collection of lane ${die} ran past its victim`);
    const isSmall = this.#taken[die] <= this.#smallUnits;
    this.cellNs[die] = at;
    stepNs[die] = at + (isSmall ? this.#senseSmallNs : this.#senseNs)[collector.rowInBlock];
    phase[die] = SENSING;
  }

  /** Has the event queue look at the die when so many programs cannot be over yet. */
  #watch(die: number, programs: number): void {
    const now = this.#events.nowNs;
    const at = now + (programs - 1) * this.#leastNs;
    const known = this.#boundNs[die];
    if (known > now && known <= at) return;
    this.#boundNs[die] = at;
    this.#boundOrder[die] = this.#events.nextSequence;
    this.#events.atNs = at;
    this.#events.post(this.#onBound, die);
  }

  #bound(die: number): void {
    if (this.#boundNs[die] !== this.#events.nowNs) return;
    this.#boundNs[die] = -1;
    if (this.phase[die] === NONE) return;
    this.settle(this.#geometry.channelOfDie(die));
    const programs = this.#collector.programsAhead(die);
    if (programs < PROGRAMS_MIN) this.end(die);
    else this.#watch(die, programs);
  }

  /** What of the row taken last leaves a die, bytes. */
  bytesOut(die: number): number {
    return this.#copyback ? 0 : this.#taken[die] * this.#geometry.unitBytes;
  }

  /** Times relative to the present. */
  save() {
    const now = this.#events.nowNs;
    const relative = (times: Float64Array) => times.map((ns) => ns - now);
    return {
      phase: this.phase.slice(),
      stepNs: relative(this.stepNs),
      cellNs: relative(this.cellNs),
      order: this.order.slice(),
      lastOrder: this.#lastOrder.slice(),
      boundNs: this.#boundNs.map((ns) => (ns < now ? -1 : ns - now)),
      boundOrder: this.#boundOrder.slice(),
    };
  }

  /** @returns the steps and looks at dies that are pending, to be scheduled among the array's own events */
  load(saved: ReturnType<CollectionRuns['save']>): Pending[] {
    const now = this.#events.nowNs;
    const absolute = (times: Float64Array) => times.map((ns) => ns + now);
    this.phase.set(saved.phase);
    this.stepNs.set(absolute(saved.stepNs));
    this.cellNs.set(absolute(saved.cellNs));
    this.#boundNs.fill(-1);
    this.#dueNs.fill(-Infinity);
    this.#earliestNs = -Infinity;
    const pending: Pending[] = [];
    saved.phase.forEach((phase, die) => {
      if (phase === NONE) return;
      const schedule = (): void => {
        this.order[die] = this.#events.nextSequence++;
      };
      pending.push({ order: saved.order[die], schedule });
    });
    saved.lastOrder.forEach((order, channel) => {
      const schedule = (): void => {
        this.#lastOrder[channel] = this.#events.nextSequence++;
      };
      pending.push({ order, schedule });
    });
    saved.boundNs.forEach((ns, die) => {
      if (ns < 0) return;
      const schedule = (): void => {
        this.#boundNs[die] = ns + now;
        this.#boundOrder[die] = this.#events.nextSequence;
        this.#events.schedule(ns + now, this.#onBound, die);
      };
      pending.push({ order: saved.boundOrder[die], schedule });
    });
    return pending;
  }
}

/**
 * Chips whose dies share one ready/busy line, which is low while any of them is at work (open drain:
 * ONFI, R/B#), and a controller that goes by it. It cannot see which die has sensed, so it begins reads
 * on a chip in rounds: one a die, all at once; their data crosses the channel when the slowest has
 * sensed; and what comes meanwhile waits for the next round. A controller that asks each die for its
 * status instead (ONFI, Read Status Enhanced) has no need to.
 *
 * Programs, erases and collection's reads do not take part: their ends are asked for.
 */

import type { EventQueue } from '../../sim/events.ts';
import type { Geometry } from './geometry.ts';
import type { Pending } from './idle-work.ts';

export class ReadRounds {
  /** Operand of `endsAt`, ns. */
  endNs = NaN;
  readonly #dies: number = 0;
  readonly #chips: number = 0;
  readonly #events: EventQueue;
  readonly #kick: (die: number) => void;
  readonly #onOver: number = 0;
  /** By chip: when its round began, ns (-1: there is none), and how many of its dies still sense. */
  readonly #begunNs: Float64Array;
  readonly #sensing: Int32Array;
  /** By chip: when the round's data is across, ns (-1: not known yet), and the number of that event. */
  readonly #overNs: Float64Array;
  readonly #overOrder: Float64Array;
  /** By die: it has sensed in this round, and others of its chip have not. */
  readonly #waits: Uint8Array;

  /** @param kick lets a die start on what waits for it */
  constructor(geometry: Geometry, events: EventQueue, kick: (die: number) => void) {
    this.#dies = geometry.dies;
    this.#chips = geometry.chips;
    this.#events = events;
    this.#kick = kick;
    this.#onOver = events.register((chip) => this.#over(chip));
    this.#begunNs = new Float64Array(this.#chips).fill(-1);
    this.#sensing = new Int32Array(this.#chips);
    this.#overNs = new Float64Array(this.#chips).fill(-1);
    this.#overOrder = new Float64Array(this.#chips);
    this.#waits = new Uint8Array(this.#dies);
  }

  /** Whether the die may begin a read now, which it then has; if not, it is kicked when it may. */
  mayBegin(die: number): boolean {
    const chip = die % this.#chips;
    const now = this.#events.nowNs;
    const begun = this.#begunNs[chip];
    if (begun >= 0 && begun !== now) return false;
    this.#begunNs[chip] = now;
    this.#sensing[chip]++;
    return true;
  }

  /** The die has sensed; whether it was the last of its chip in this round. */
  isLast(die: number): boolean {
    this.#waits[die] = 1;
    return --this.#sensing[die % this.#chips] === 0;
  }

  /** Whether the die's data waits for the others of its chip. */
  isWaiting(die: number): boolean {
    return this.#waits[die] === 1;
  }

  /** Its data is on its way. */
  sent(die: number): void {
    this.#waits[die] = 0;
  }

  /** The chip's data is across at `endNs`: the round is over then. */
  endsAt(chip: number): void {
    this.#overNs[chip] = this.endNs;
    this.#overOrder[chip] = this.#events.nextSequence;
    this.#events.atNs = this.endNs;
    this.#events.post(this.#onOver, chip);
  }

  #over(chip: number): void {
    if (this.#overNs[chip] !== this.#events.nowNs) return;
    this.#overNs[chip] = -1;
    this.#begunNs[chip] = -1;
    for (let die = chip; die < this.#dies; die += this.#chips) this.#kick(die);
  }

  /** Times relative to the present. */
  save() {
    const now = this.#events.nowNs;
    return {
      isBegun: this.#begunNs.map((ns) => Number(ns >= 0)),
      begunNs: this.#begunNs.map((ns) => ns - now),
      sensing: this.#sensing.slice(),
      isEnding: this.#overNs.map((ns) => Number(ns >= 0)),
      overNs: this.#overNs.map((ns) => ns - now),
      overOrder: this.#overOrder.slice(),
      waits: this.#waits.slice(),
    };
  }

  /** @returns the ends of rounds that are pending, to be scheduled among the array's own events */
  load(saved: ReturnType<ReadRounds['save']>): Pending[] {
    const now = this.#events.nowNs;
    this.#sensing.set(saved.sensing);
    this.#waits.set(saved.waits);
    this.#overNs.fill(-1);
    const pending: Pending[] = [];
    saved.isBegun.forEach((isBegun, chip) => {
      // One that began before this queue's time did is not now either.
      this.#begunNs[chip] = isBegun === 1 ? Math.max(0, saved.begunNs[chip] + now) : -1;
      if (saved.isEnding[chip] === 0) return;
      const schedule = (): void => {
        this.endNs = saved.overNs[chip] + now;
        this.endsAt(chip);
      };
      pending.push({ order: saved.overOrder[chip], schedule });
    });
    return pending;
  }
}

/**
 * Channels whose commands yield to data: a die (or chip) gets its next command only when nothing
 * waits for the channel, and those that wait then take turns. While one sends, the others of the
 * channel may finish but not begin: this is how MQSim's NVM_PHY_ONFI_NVDDR2 and TSU work. A real
 * controller slips a command of a third of a microsecond in between two transfers, so this is a rule
 * for comparisons, not the default.
 */

import { NO_BYTES, NO_FLOATS, NO_INTS } from '../../sim/columns.ts';
import type { EventQueue } from '../../sim/events.ts';
import type { Geometry } from './geometry.ts';
import type { Pending } from './idle-work.ts';

export class ChannelTurns {
  readonly #geometry: Geometry;
  readonly #events: EventQueue;
  readonly #freeNs: Float64Array = NO_FLOATS;
  readonly #kick: (die: number) => void;
  readonly #onIdle: number;
  readonly #waits: Uint8Array = NO_BYTES;
  /** By channel: how many dies wait, and whose turn it is among them. */
  readonly #waiting: Int32Array = NO_INTS;
  readonly #turn: Int32Array = NO_INTS;
  /** By channel: when it is looked at again, ns (-1: it is not), and the number of that event. */
  readonly #atNs: Float64Array = NO_FLOATS;
  readonly #atOrder: Float64Array = NO_FLOATS;

  /**
   * @param freeNs by channel, when what is booked on it ends
   * @param kick lets a die start on what waits for it
   */
  constructor(
    geometry: Geometry,
    events: EventQueue,
    freeNs: Float64Array,
    kick: (die: number) => void,
  ) {
    this.#geometry = geometry;
    this.#events = events;
    this.#freeNs = freeNs;
    this.#kick = kick;
    this.#onIdle = events.register((channel) => this.#look(channel));
    this.#waits = new Uint8Array(geometry.dies);
    this.#waiting = new Int32Array(geometry.channels);
    this.#turn = new Int32Array(geometry.channels);
    this.#atNs = new Float64Array(geometry.channels).fill(-1);
    this.#atOrder = new Float64Array(geometry.channels);
  }

  /** Whether the die may be sent a command now; if not, it is kicked when it may. */
  mayStart(die: number): boolean {
    const channel = this.#geometry.channelOfDie(die);
    if (this.#freeNs[channel] <= this.#events.nowNs) return true;
    if (this.#waits[die] === 0) {
      this.#waits[die] = 1;
      this.#waiting[channel]++;
    }
    this.#lookAt(channel, this.#freeNs[channel]);
    return false;
  }

  #lookAt(channel: number, ns: number): void {
    if (this.#atNs[channel] >= this.#events.nowNs) return;
    this.#atNs[channel] = ns;
    this.#atOrder[channel] = this.#events.nextSequence;
    this.#events.schedule(ns, this.#onIdle, channel);
  }

  #look(channel: number): void {
    const now = this.#events.nowNs;
    if (this.#atNs[channel] !== now) return;
    this.#atNs[channel] = -1;
    const { channels, dies } = this.#geometry;
    const each = dies / channels;
    for (let n = 0; n < each && this.#waiting[channel] > 0; n++) {
      // Data that got ready meanwhile goes first.
      if (this.#freeNs[channel] > now) break;
      const die = channel + channels * this.#turn[channel];
      this.#turn[channel] = this.#turn[channel] + 1 < each ? this.#turn[channel] + 1 : 0;
      if (this.#waits[die] === 0) continue;
      this.#waits[die] = 0;
      this.#waiting[channel]--;
      this.#kick(die);
    }
    if (this.#waiting[channel] > 0) this.#lookAt(channel, Math.max(now, this.#freeNs[channel]));
  }

  /** Times relative to the present. */
  save() {
    const now = this.#events.nowNs;
    return {
      waits: this.#waits.slice(),
      turn: this.#turn.slice(),
      atNs: this.#atNs.map((ns) => (ns < 0 ? -1 : ns - now)),
      atOrder: this.#atOrder.slice(),
    };
  }

  /** @returns the looks at channels that are pending, to be scheduled among the array's own events */
  load(saved: ReturnType<ChannelTurns['save']>): Pending[] {
    const now = this.#events.nowNs;
    this.#turn.set(saved.turn);
    this.#waits.set(saved.waits);
    this.#waiting.fill(0);
    saved.waits.forEach((waits, die) => {
      this.#waiting[this.#geometry.channelOfDie(die)] += waits;
    });
    this.#atNs.fill(-1);
    const pending: Pending[] = [];
    saved.atNs.forEach((ns, channel) => {
      if (ns < 0) return;
      const schedule = (): void => this.#lookAt(channel, ns + now);
      pending.push({ order: saved.atOrder[channel], schedule });
    });
    return pending;
  }
}

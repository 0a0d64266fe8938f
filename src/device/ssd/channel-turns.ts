/**
 * Channels whose commands yield to data: a die (or chip) gets its next command only when nothing
 * waits for the channel, and those that wait then take turns. While one sends, the others of the
 * channel may finish but not begin: this is how MQSim's NVM_PHY_ONFI_NVDDR2 and TSU work. A real
 * controller slips a command of a third of a microsecond in between two transfers, so this is a rule
 * for comparisons, not the default.
 */

import type { EventQueue } from '../../sim/events.ts';
import type { Geometry } from './geometry.ts';

export class ChannelTurns {
  readonly #geometry: Geometry;
  readonly #events: EventQueue;
  readonly #freeNs: Float64Array;
  readonly #kick: (die: number) => void;
  readonly #onIdle: number;
  readonly #waits: Uint8Array;
  /** By channel: how many dies wait, whose turn it is among them, and when it is looked at again. */
  readonly #waiting: Int32Array;
  readonly #turn: Int32Array;
  readonly #atNs: Float64Array;

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
    if (this.#atNs[channel] > this.#events.nowNs) return;
    this.#atNs[channel] = ns;
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

  save() {
    return { waits: this.#waits.slice(), turn: this.#turn.slice() };
  }

  /** Goes on from there; the channels' times are back already. */
  load(saved: ReturnType<ChannelTurns['save']>): void {
    this.#turn.set(saved.turn);
    this.#waits.fill(0);
    this.#waiting.fill(0);
    this.#atNs.fill(-1);
    saved.waits.forEach((waits, die) => {
      if (waits === 1 && this.mayStart(die)) this.#kick(die);
    });
  }
}

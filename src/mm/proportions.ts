/**
 * Floating proportions: which share of recent events was whose, older ones counting half as much
 * with each period. Until 3.6 a period is so many events (lib/proportions.c); since 3.7 it is so
 * much time (lib/flex_proportions.c).
 */

/** Everyone's events. */
export class GlobalProportion {
  events = 0;
  /** Periods gone by. */
  period = 0;
  /** log2 of the events in a period; 0 when periods are times. */
  readonly shift: number;
  readonly #periodNs: number;
  /** Half a period, events, as the kernel counts them. */
  readonly #half: number;
  #endsAt: number;
  #startedNs = 0;

  /**
   * @param shift log2 of a period's events; 0 for periods of time
   * @param periodNs a period's length when it is a time, ns
   */
  constructor(shift: number, periodNs = 0) {
    this.shift = shift;
    this.#periodNs = periodNs;
    this.#half = shift === 0 ? Infinity : 2 ** (shift - 1);
    this.#endsAt = this.#half;
  }

  /** Moves on to the period of `nowNs`. */
  advance(nowNs: number): void {
    if (this.shift > 0) {
      if (this.events < this.#endsAt) return;
      this.period = Math.floor(this.events / this.#half);
      this.#endsAt = (this.period + 1) * this.#half;
      return;
    }
    const periods = Math.floor((nowNs - this.#startedNs) / this.#periodNs);
    if (periods === 0) return;
    this.#startedNs += periods * this.#periodNs;
    this.period += periods;
    this.events = Math.floor(this.events / 2 ** periods);
  }

  /** What a share is a share of. */
  get denominator(): number {
    if (this.shift === 0) return Math.max(1, this.events);
    return this.#half + (this.events % this.#half);
  }
}

/** One party's events. */
export class Proportion {
  events = 0;
  #period = 0;

  add(global: GlobalProportion, nowNs: number): void {
    this.#age(global, nowNs);
    this.events++;
    global.events++;
  }

  /** Its share, 0..1. */
  share(global: GlobalProportion, nowNs: number): number {
    this.#age(global, nowNs);
    return Math.min(1, this.events / global.denominator);
  }

  #age(global: GlobalProportion, nowNs: number): void {
    global.advance(nowNs);
    if (this.#period === global.period) return;
    this.events = Math.floor(this.events / 2 ** (global.period - this.#period));
    this.#period = global.period;
  }
}

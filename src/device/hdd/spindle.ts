/**
 * The spindle: which angle is under the heads.
 *
 * It has turned through `time mod period` since simulated time 0, computed from the absolute time each
 * time, so that no error adds up over hours.
 */

import type { HddProfile } from './profile.ts';

/** Two angles closer than this, in ns of rotation, are the same: rounded times must not cost a turn. */
const SAME_ANGLE_NS = 1;

export class Spindle {
  readonly periodNs: number = NaN;

  /** For `turn` and `wait`: the time, ns. */
  atNs = NaN;
  /** Result of `turn`: ns since the index mark last passed, 0 <= phase < period. */
  phaseNs = NaN;
  /** For `wait`: the angle, as ns past the index mark. */
  angleNs = NaN;
  /** Result of `wait`: ns until the angle comes by. */
  waitNs = NaN;

  /** A time at which the index mark passes, ns. */
  #originNs = 0;
  readonly #invPeriod: number = NaN;

  constructor({ rpm, rpmError_percent }: HddProfile['mechanics']) {
    this.periodNs = 60e9 / (rpm * (1 + rpmError_percent / 100));
    this.#invPeriod = 1 / this.periodNs;
  }

  /** Where the platter is at `atNs`. */
  turn(): void {
    const { periodNs } = this;
    const since = this.atNs - this.#originNs;
    const phase = since - Math.floor(since * this.#invPeriod) * periodNs;
    if (phase < 0) this.phaseNs = phase + periodNs;
    else this.phaseNs = phase >= periodNs ? phase - periodNs : phase;
  }

  /** How long `angleNs` takes from `atNs` on. */
  wait(): void {
    this.turn();
    const wait = this.angleNs - this.phaseNs;
    this.waitNs = wait >= -SAME_ANGLE_NS ? Math.max(0, wait) : wait + this.periodNs;
  }

  /** Turns the platter: from now on it is at `phaseNs` at `atNs`. */
  setPhase(atNs: number, phaseNs: number): void {
    this.#originNs = atNs - phaseNs;
  }
}

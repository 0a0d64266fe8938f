/**
 * Requests that wait for the medium, and which of them is next.
 *
 * Shortest positioning time first (Jacobson & Wilkes, HPL-CSP-91-7; Seltzer, Chen & Ousterhout,
 * USENIX 1990): the request whose first sector passes under the head soonest. A request can cost no
 * less than its seek, so most are ruled out before their angle is looked at. Firmware allows for
 * seeks that take longer than expected: what passes within the slack counts as missed, but for what follows
 * directly. Nobody
 * starves: the oldest goes first as soon as it, or one behind it, could else wait past the age limit.
 */

import type { Mechanism } from './mechanism.ts';
import type { HddProfile } from './profile.ts';
import type { Requests } from './requests.ts';
import type { EventQueue } from '../../sim/events.ts';
import { MS } from '../../sim/units.ts';

export class PendingQueue {
  length = 0;
  /** For `take`: when the medium is free, ns. */
  freeNs = NaN;
  /** For `take`: the sector behind the last ones that passed under the head for a request. */
  behindLbn = NaN;
  /** Tags in the order of their arrival. */
  readonly #tags: Int32Array;
  readonly #arrivedNs: Float64Array;
  readonly #cylinder: Int32Array;
  readonly #head: Int32Array;
  readonly #angleNs: Float64Array;
  readonly #isWrite: Uint8Array;
  readonly #requests: Requests;
  readonly #mechanism: Mechanism;
  readonly #clock: EventQueue;
  readonly #byPosition: boolean;
  readonly #ageLimitNs: number = NaN;
  readonly #slackNs: number = NaN;

  constructor(profile: HddProfile, requests: Requests, mechanism: Mechanism, clock: EventQueue) {
    const { depth, order, ageLimit_ms, slack_ms } = profile.queue;
    this.#tags = new Int32Array(depth);
    this.#arrivedNs = new Float64Array(depth);
    this.#cylinder = new Int32Array(depth);
    this.#head = new Int32Array(depth);
    this.#angleNs = new Float64Array(depth);
    this.#isWrite = new Uint8Array(depth);
    this.#requests = requests;
    this.#mechanism = mechanism;
    this.#clock = clock;
    this.#byPosition = order === 'positioning';
    this.#ageLimitNs = ageLimit_ms * MS;
    this.#slackNs = slack_ms * MS;
  }

  /** Takes in a request, now; work on it starts no earlier than its `readyNs`. */
  push(tag: number, isWrite: boolean): void {
    this.#tags[this.length++] = tag;
    this.#arrivedNs[tag] = this.#clock.nowNs;
    this.#isWrite[tag] = isWrite ? 1 : 0;
    if (!this.#byPosition) return;
    const mechanism = this.#mechanism;
    mechanism.lbn = this.#requests.lbn[tag];
    mechanism.locate();
    this.#cylinder[tag] = mechanism.geometry.cylinder;
    this.#head[tag] = mechanism.geometry.head;
    this.#angleNs[tag] = mechanism.angleNs;
  }

  /** Takes the next request out. @returns its tag */
  take(): number {
    const at = this.#byPosition && this.length > 1 ? this.#choose() : 0;
    const tags = this.#tags;
    const tag = tags[at];
    this.length--;
    for (let i = at; i < this.length; i++) tags[i] = tags[i + 1];
    return tag;
  }

  /**
   * Whether, from the oldest on, one could be served past the age limit if another went first and
   * each before it, and it too, took the longest way. No more than half the limit is kept free for that: a full
   * queue of long seeks would be first come, first served.
   */
  #isPressed(): boolean {
    const halfNs = this.#ageLimitNs / 2;
    const wayNs = this.#mechanism.longestNs;
    for (let i = 0; i < this.length; i++) {
      const leftNs = this.#arrivedNs[this.#tags[i]] + this.#ageLimitNs - this.freeNs;
      if (leftNs > halfNs) return false;
      if (leftNs < Math.min((i + 2) * wayNs, halfNs)) return true;
    }
    return false;
  }

  #choose(): number {
    if (this.#isPressed()) return 0;
    const { freeNs } = this;
    const tags = this.#tags;
    const mechanism = this.#mechanism;
    const { seek } = mechanism;
    const { lbn, readyNs } = this.#requests;
    let best = 0;
    let bestNs = Infinity;
    for (let i = 0; i < this.length; i++) {
      const tag = tags[i];
      const delayNs = Math.max(0, readyNs[tag] - freeNs);
      const cylinder = this.#cylinder[tag];
      seek.find(Math.abs(cylinder - mechanism.cylinder));
      if (delayNs + seek.ns >= bestNs) continue;
      mechanism.angleNs = this.#angleNs[tag];
      // What comes next on the disk is had without a seek, or by one that the skew is for.
      const slackNs = lbn[tag] === this.behindLbn ? 0 : this.#slackNs;
      mechanism.fromNs = freeNs + delayNs + slackNs;
      mechanism.position(cylinder, this.#head[tag], this.#isWrite[tag] === 1);
      const ns = delayNs + mechanism.positionNs;
      if (ns < bestNs) {
        bestNs = ns;
        best = i;
      }
    }
    return best;
  }
}

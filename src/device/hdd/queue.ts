/**
 * Requests that wait for the medium, and which of them is next.
 *
 * Shortest positioning time first (Jacobson & Wilkes, HPL-CSP-91-7; Seltzer, Chen & Ousterhout,
 * USENIX 1990): the request whose first sector passes under the head soonest. A request can cost no
 * less than its seek, so most are ruled out before their angle is looked at. Firmware allows for
 * seeks that take longer than expected: what passes within the slack counts as missed. Nobody
 * starves: the oldest goes first as soon as it, or one behind it, could else wait past the age limit.
 */

import type { Mechanism } from './mechanism.ts';
import type { HddProfile } from './profile.ts';
import { MS } from '../../sim/units.ts';

export class PendingQueue {
  length = 0;
  /** Tags in the order of their arrival. */
  readonly #tags: Int32Array;
  readonly #arrivedNs: Float64Array;
  readonly #readyNs: Float64Array;
  readonly #cylinder: Int32Array;
  readonly #head: Int32Array;
  readonly #angleNs: Float64Array;
  readonly #isWrite: Uint8Array;
  readonly #mechanism: Mechanism;
  readonly #byPosition: boolean;
  readonly #ageLimitNs: number;
  readonly #slackNs: number;

  constructor(profile: HddProfile, mechanism: Mechanism) {
    const { depth, order, ageLimit_ms, slack_ms } = profile.queue;
    this.#tags = new Int32Array(depth);
    this.#arrivedNs = new Float64Array(depth);
    this.#readyNs = new Float64Array(depth);
    this.#cylinder = new Int32Array(depth);
    this.#head = new Int32Array(depth);
    this.#angleNs = new Float64Array(depth);
    this.#isWrite = new Uint8Array(depth);
    this.#mechanism = mechanism;
    this.#byPosition = order === 'positioning';
    this.#ageLimitNs = ageLimit_ms * MS;
    this.#slackNs = slack_ms * MS;
  }

  /** @param readyNs when the controller has understood the command: its work starts no earlier */
  push(tag: number, lbn: number, isWrite: boolean, arrivedNs: number, readyNs: number): void {
    this.#tags[this.length++] = tag;
    this.#arrivedNs[tag] = arrivedNs;
    this.#readyNs[tag] = readyNs;
    this.#isWrite[tag] = isWrite ? 1 : 0;
    if (!this.#byPosition) return;
    const { geometry } = this.#mechanism;
    geometry.locate(lbn);
    this.#cylinder[tag] = geometry.cylinder;
    this.#head[tag] = geometry.head;
    this.#angleNs[tag] = geometry.angle * this.#mechanism.sectorNs(geometry.sectorsPerTrack);
  }

  /** Takes the next request out; the medium is free at `freeNs`. @returns its tag */
  take(freeNs: number): number {
    const at = this.#byPosition && this.length > 1 ? this.#choose(freeNs) : 0;
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
  #isPressed(freeNs: number): boolean {
    const halfNs = this.#ageLimitNs / 2;
    const wayNs = this.#mechanism.longestNs;
    for (let i = 0; i < this.length; i++) {
      const leftNs = this.#arrivedNs[this.#tags[i]] + this.#ageLimitNs - freeNs;
      if (leftNs > halfNs) return false;
      if (leftNs < Math.min((i + 2) * wayNs, halfNs)) return true;
    }
    return false;
  }

  #choose(freeNs: number): number {
    if (this.#isPressed(freeNs)) return 0;
    const tags = this.#tags;
    const mechanism = this.#mechanism;
    const slackNs = this.#slackNs;
    let best = 0;
    let bestNs = Infinity;
    for (let i = 0; i < this.length; i++) {
      const tag = tags[i];
      const delay = Math.max(0, this.#readyNs[tag] - freeNs);
      const cylinder = this.#cylinder[tag];
      if (delay + mechanism.seekToNs(cylinder) >= bestNs) continue;
      const ns =
        delay +
        mechanism.positioningNs(
          cylinder,
          this.#head[tag],
          this.#angleNs[tag],
          this.#isWrite[tag] === 1,
          freeNs + delay + slackNs,
        );
      if (ns < bestNs) {
        bestNs = ns;
        best = i;
      }
    }
    return best;
  }
}

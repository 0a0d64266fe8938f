/**
 * Write streams: data of different lifetime goes to blocks of its own, so that a block's units go
 * stale together and collection finds little to move.
 *
 * Which stream a write belongs to, its sender says (NVMe's streams directive, or the kernel's write
 * life hints), or the drive finds out itself: by how often its unit has been written lately, counted
 * as Hsieh, Kuo & Chang do ("Efficient Identification of Hot Data for Flash Memory Storage Systems",
 * ACM TOS 2006): each unit has two of a table of small counters by hashing; both count its writes, all
 * are halved now and then, and a unit is hot while both stand high.
 */

import { NO_BYTES } from '../../sim/columns.ts';
import { Stream } from './blocks.ts';
import type { SsdProfile } from './profile.ts';

/** How many streams the host's writes are told apart by. */
function streamsNamed(profile: SsdProfile): number {
  const { streams } = profile.ftl;
  return streams === undefined ? 1 : (streams.directive ?? 2);
}

/** How many streams leave the write buffer: those, and the last for translation pages. */
export function hostStreams(profile: SsdProfile): number {
  return streamsNamed(profile) + (profile.ftl.cached_map === undefined ? 0 : 1);
}

/** The number of the host's nth stream among all that are written. */
export const hostStream = (n: number): Stream => (n === 0 ? Stream.host : Stream.gc + n);

/** Four-bit counters, as in the paper. */
const MOST = 15;

export class Streams {
  readonly count: number;
  /** By slot of the write buffer: which of the host's streams it belongs to. */
  readonly ofSlot: Uint8Array = NO_BYTES;

  readonly #named: number;
  readonly #counters: Uint8Array = NO_BYTES;
  readonly #hotCount: number;
  readonly #decayWrites: number;
  #writes = 0;

  constructor(profile: SsdProfile, slots: number) {
    this.count = hostStreams(profile);
    this.#named = streamsNamed(profile);
    this.ofSlot = new Uint8Array(slots);
    const detect = profile.ftl.streams?.detect;
    this.#counters = new Uint8Array(detect?.counters ?? 0);
    this.#hotCount = detect?.hot_writes ?? 0;
    this.#decayWrites = detect?.halve_after_writes ?? 0;
  }

  /**
   * A unit's data is let into a slot.
   * @param named the stream its write names, 0 for none
   */
  assign(slot: number, logical: number, named: number): void {
    this.ofSlot[slot] = this.#counters.length > 0 ? this.#count(logical) : named % this.#named;
  }

  /** A translation page is let into a slot. */
  assignPage(slot: number): void {
    this.ofSlot[slot] = this.count - 1;
  }

  /** Counts a write; 1 when the unit is hot, else 0. */
  #count(logical: number): number {
    const counters = this.#counters;
    if (++this.#writes >= this.#decayWrites) {
      this.#writes = 0;
      for (let i = 0; i < counters.length; i++) counters[i] >>= 1;
    }
    const first = (Math.imul(logical, 0x9e3779b1) >>> 0) % counters.length;
    const second = (Math.imul(logical ^ (logical >>> 15), 0x85ebca6b) >>> 0) % counters.length;
    if (counters[first] < MOST) counters[first]++;
    if (second !== first && counters[second] < MOST) counters[second]++;
    return Number(counters[first] >= this.#hotCount && counters[second] >= this.#hotCount);
  }

  save() {
    return {
      ofSlot: this.ofSlot.slice(),
      counters: this.#counters.slice(),
      writes: this.#writes,
    };
  }

  load(saved: ReturnType<Streams['save']>): void {
    this.ofSlot.set(saved.ofSlot);
    this.#counters.set(saved.counters);
    this.#writes = saved.writes;
  }
}

/**
 * How many requests may exist in blk-mq (block/blk-mq-tag.c, lib/sbitmap.c): each needs a tag. With an
 * elevator there are `nr_requests` of them beside the drive's own; without one they are the drive's.
 * Who finds none sleeps. Nothing is ever called congested here, nor may anyone go on for a batch.
 *
 * Tags are bits in words. An elevator may keep all but reads to a part of the tags (limit_depth): then
 * only the first few of each word are theirs, but anyone else may hold those too. The search begins in
 * the word of the tag that was last freed. (The kernel keeps one such hint a processor, and the first is
 * random; here there is one, and it starts at 0.)
 *
 * Sleepers wake in order of sleep, reads and others in a list each; of the two, whoever has slept
 * longest and may have a tag. (The kernel spreads sleepers over eight wait queues, so that its order is
 * only roughly this.)
 */

import { Op } from '../device/device.ts';
import { BioFlag } from './bio.ts';
import type { BioTable } from './bio-table.ts';
import { Freed, type RequestSource } from './pool.ts';

/** Bits of a word: fewer when there are few tags, so that there are four words at least. */
function wordBits(tags: number): number {
  let bits = 64;
  if (tags >= 4) while (4 * bits > tags) bits /= 2;
  return bits;
}

export class RequestTags implements RequestSource {
  readonly nrRequests: number;
  inBeing = 0;

  readonly #bios: BioTable;
  /** How many of the tags are for writes and the like, with someone waiting or not (limit_depth). */
  readonly #depthFor: (sync: boolean) => number;
  readonly #wordBits: number;
  readonly #words: number;
  /** A set bit is a tag in use: two numbers of 32 bits a word. */
  readonly #bits: Int32Array;
  #hint = 0;
  /** Sleepers: [others, reads]. */
  readonly #first = new Int32Array(2).fill(-1);
  readonly #last = new Int32Array(2).fill(-1);

  constructor(bios: BioTable, nrRequests: number, depthFor: (sync: boolean) => number) {
    this.#bios = bios;
    this.nrRequests = nrRequests;
    this.#depthFor = depthFor;
    this.#wordBits = wordBits(nrRequests);
    this.#words = Math.ceil(nrRequests / this.#wordBits);
    this.#bits = new Int32Array(2 * this.#words);
  }

  isCongested(): boolean {
    return false;
  }

  congestedUpTo(): number {
    return 0;
  }

  tryTake(bio: number): boolean {
    if (this.inBeing >= this.nrRequests) return false;
    const { op, flags } = this.#bios;
    const most = op[bio] === Op.read ? Infinity : this.#depthFor((flags[bio] & BioFlag.sync) !== 0);
    const depth = Math.min(most, this.nrRequests);
    let word = Math.floor(this.#hint / this.#wordBits);
    for (let i = 0; i < this.#words; i++) {
      const bit = this.#findFree(word, this.#bitsFor(word, depth));
      if (bit >= 0) {
        this.#bios.tag[bio] = this.#take(word, bit);
        return true;
      }
      if (++word === this.#words) word = 0;
    }
    return false;
  }

  /** How many bits of a word one may have who may have `depth` of all tags (__map_depth_with_shallow). */
  #bitsFor(word: number, depth: number): number {
    const tags = this.nrRequests;
    const bits = Math.min(this.#wordBits, tags - word * this.#wordBits);
    if (depth >= tags) return bits;
    const whole = Math.floor((bits * depth) / tags);
    return bits * depth - whole * tags >= (word + 1) * bits ? whole + 1 : whole;
  }

  #findFree(word: number, bits: number): number {
    const low = this.#bits[2 * word];
    const free = ~low & (bits >= 32 ? -1 : (1 << bits) - 1);
    if (free !== 0) return 31 - Math.clz32(free & -free);
    if (bits <= 32) return -1;
    const high = ~this.#bits[2 * word + 1] & (bits >= 64 ? -1 : (1 << (bits - 32)) - 1);
    return high === 0 ? -1 : 63 - Math.clz32(high & -high);
  }

  #take(word: number, bit: number): number {
    this.#bits[2 * word + (bit >> 5)] |= 1 << (bit & 31);
    this.inBeing++;
    const tag = word * this.#wordBits + bit;
    if (tag === this.#hint) this.#hint = (tag + 1) % this.nrRequests;
    return tag;
  }

  give(tag: number): number {
    const word = Math.floor(tag / this.#wordBits);
    const bit = tag - word * this.#wordBits;
    this.#bits[2 * word + (bit >> 5)] &= ~(1 << (bit & 31));
    this.#hint = tag;
    this.inBeing--;
    return this.#first[0] >= 0 || this.#first[1] >= 0 ? Freed.wake : 0;
  }

  sleep(bio: number): void {
    const list = this.#bios.op[bio] === Op.read ? 1 : 0;
    if (this.#last[list] < 0) this.#first[list] = bio;
    else this.#bios.next[this.#last[list]] = bio;
    this.#last[list] = bio;
  }

  takeSleeper(): number {
    const other = this.#first[0];
    const read = this.#first[1];
    const { submitNs } = this.#bios;
    const otherFirst = other >= 0 && (read < 0 || submitNs[other] <= submitNs[read]);
    const bio = this.#tryWake(otherFirst ? 0 : 1);
    return bio >= 0 ? bio : this.#tryWake(otherFirst ? 1 : 0);
  }

  #tryWake(list: number): number {
    const bio = this.#first[list];
    if (bio < 0 || !this.tryTake(bio)) return -1;
    const next = this.#bios.next[bio];
    this.#first[list] = next;
    if (next < 0) this.#last[list] = -1;
    this.#bios.next[bio] = -1;
    return bio;
  }
}

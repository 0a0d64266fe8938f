/**
 * RAID-5, left-symmetric (drivers/md/raid5.c). A write that does not cover its stripe first reads
 * what the new parity is to be computed from: the old data and parity (read-modify-write) or the
 * rest of the stripe (reconstruct-write), whichever is less. Then data and parity are written.
 *
 * There is no stripe cache: nothing is remembered from one bio to the next, and writes of different
 * bios to one stripe do not wait for each other or share their reads. Discards pass without parity.
 */

import { Op } from '../../device/device.ts';
import type { BlockQueue } from '../bio.ts';
import { StackedQueue } from './stacked-queue.ts';

/** What is done with a stripe that a bio writes to. */
const Phase = { read: 0, write: 1 } as const;
type Phase = (typeof Phase)[keyof typeof Phase];

export class Parity extends StackedQueue {
  readonly capacitySectors: number;
  readonly optimalSectors: number;
  readonly #chunkSectors: number;
  readonly #dataMembers: number;
  /** By bio: its data is still to be written when the pieces under way are done. */
  #isReading = new Uint8Array(64);

  constructor(members: readonly BlockQueue[], chunkSectors: number) {
    super(members);
    const smallest = Math.min(...members.map(({ capacitySectors }) => capacitySectors));
    this.#chunkSectors = chunkSectors;
    this.#dataMembers = members.length - 1;
    this.optimalSectors = chunkSectors * this.#dataMembers;
    this.capacitySectors = Math.floor(smallest / chunkSectors) * chunkSectors * this.#dataMembers;
  }

  protected send(row: number): void {
    this.#isReading[row] = 0;
    if (this.op[row] !== Op.write) {
      this.#eachStripe(row, Phase.write);
      return;
    }
    const before = this.counters.pieces;
    this.#eachStripe(row, Phase.read);
    if (this.counters.pieces > before) this.#isReading[row] = 1;
    else this.#eachStripe(row, Phase.write);
  }

  protected override goOn(row: number): void {
    if (this.#isReading[row] === 0) return;
    this.#isReading[row] = 0;
    this.#eachStripe(row, Phase.write);
  }

  #eachStripe(row: number, phase: Phase): void {
    const stripeSectors = this.#chunkSectors * this.#dataMembers;
    const end = this.at[row] + this.sectors[row];
    for (let sector = this.at[row]; sector < end;) {
      const stripe = Math.floor(sector / stripeSectors);
      const from = sector - stripe * stripeSectors;
      const to = Math.min(end - stripe * stripeSectors, stripeSectors);
      if (phase === Phase.read) this.#readForParity(row, stripe, from, to);
      else this.#transfer(row, stripe, from, to);
      sector = stripe * stripeSectors + to;
    }
  }

  /** Data, and parity for a write: `from` .. `to` are sectors within the stripe. */
  #transfer(row: number, stripe: number, from: number, to: number): void {
    const chunk = this.#chunkSectors;
    const op = this.op[row];
    for (let at = from; at < to;) {
      const index = Math.floor(at / chunk);
      const end = Math.min(to, (index + 1) * chunk);
      this.#data(row, op, stripe, index, at - index * chunk, end - index * chunk);
      at = end;
    }
    if (op !== Op.write) return;
    const [low, high] = this.#parityRange(from, to);
    this.counters.parityWrites++;
    this.counters.parityWriteSectors += high - low;
    this.pieceSector = stripe * chunk + low;
    this.piece(row, this.#parityMember(stripe), op, high - low);
  }

  #readForParity(row: number, stripe: number, from: number, to: number): void {
    const chunk = this.#chunkSectors;
    const [low, high] = this.#parityRange(from, to);
    const modify = to - from + (high - low);
    const reconstruct = this.#dataMembers * (high - low) - (to - from);
    if (reconstruct === 0) return;
    const isModify = modify < reconstruct;
    for (let index = 0; index < this.#dataMembers; index++) {
      // What the bio writes of this chunk: nothing when begin is not before end.
      const begin = Math.max(from - index * chunk, 0);
      const end = Math.min(to - index * chunk, chunk);
      if (isModify) this.#old(row, stripe, index, begin, end);
      else if (begin >= end) this.#old(row, stripe, index, low, high);
      else {
        this.#old(row, stripe, index, low, begin);
        this.#old(row, stripe, index, end, high);
      }
    }
    if (!isModify) return;
    this.#countRead(high - low);
    this.pieceSector = stripe * chunk + low;
    this.piece(row, this.#parityMember(stripe), Op.read, high - low);
  }

  /** Reads old data for parity; nothing when the range is empty. */
  #old(row: number, stripe: number, index: number, begin: number, end: number): void {
    if (begin >= end) return;
    this.#countRead(end - begin);
    this.#data(row, Op.read, stripe, index, begin, end);
  }

  #data(row: number, op: number, stripe: number, index: number, begin: number, end: number): void {
    const member = (this.#parityMember(stripe) + 1 + index) % this.members.length;
    this.pieceSector = stripe * this.#chunkSectors + begin;
    this.piece(row, member, op, end - begin);
  }

  #countRead(sectors: number): void {
    this.counters.parityReads++;
    this.counters.parityReadSectors += sectors;
  }

  /** The part of the parity chunk that a write within the stripe touches. */
  #parityRange(from: number, to: number): readonly [number, number] {
    const chunk = this.#chunkSectors;
    const index = Math.floor(from / chunk);
    return to <= (index + 1) * chunk ? [from - index * chunk, to - index * chunk] : [0, chunk];
  }

  #parityMember(stripe: number): number {
    return this.#dataMembers - (stripe % this.members.length);
  }

  protected override grow(rows: number): void {
    super.grow(rows);
    const isReading = new Uint8Array(rows);
    isReading.set(this.#isReading);
    this.#isReading = isReading;
  }
}

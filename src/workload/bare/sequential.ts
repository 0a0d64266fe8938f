/** Reading or writing in order on a bare drive, and the flush of scattered cached writes. */

import { Op } from '../../device/device.ts';
import type { AnyProfile } from '../../device/profile.ts';
import { RandomStream } from '../../sim/random.ts';
import { MIB, MS, SECOND, SECTOR_BYTES } from '../../sim/units.ts';
import { OneByOne } from './one-by-one.ts';

export interface SequentialOptions {
  readonly write: boolean;
  /** Where on the disk, 0 (outermost) .. 1 (innermost). */
  readonly at: number;
  readonly mib: number;
  /** Of one request, sectors; 256 (128 KiB) by default. */
  readonly sectors?: number | undefined;
}

/** @returns 10^6 bytes a second, one request at a time */
export function runSequential(profile: AnyProfile, options: SequentialOptions): number {
  const { write, at, mib, sectors = 256 } = options;
  const host = new OneByOne(profile);
  const count = Math.floor((mib * MIB) / SECTOR_BYTES / sectors);
  const room = host.device.capacitySectors - count * sectors;
  const from = Math.floor((room * at) / sectors) * sectors;
  const op = write ? Op.write : Op.read;
  for (let i = 0; i < count; i++) host.request(op, from + i * sectors, sectors);
  if (write) host.request(Op.flush, 0, 0);
  return (count * sectors * SECTOR_BYTES) / 1e6 / (host.events.nowNs / SECOND);
}

/**
 * Scattered 4 KiB writes into the cache, then a flush; the mean over several rounds.
 * @returns the flush's time, ms
 */
export function runScatteredFlush(profile: AnyProfile, writes: number, rounds = 20): number {
  const host = new OneByOne(profile);
  const random = new RandomStream(1, 'scattered-flush');
  const blocks = Math.floor(host.device.capacitySectors / 8);
  let sumNs = 0;
  for (let round = 0; round < rounds; round++) {
    for (let i = 0; i < writes; i++) host.request(Op.write, random.below(blocks) * 8, 8);
    sumNs += host.request(Op.flush, 0, 0);
    host.wait(SECOND);
  }
  return sumNs / rounds / MS;
}

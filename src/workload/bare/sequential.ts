/** Reading or writing in order on a bare drive, and the flush of scattered cached writes. */

import { Op } from '../../device/device.ts';
import type { AnyProfile } from '../../device/profile.ts';
import { createDeviceOn } from '../../device/registry.ts';
import { EventQueue } from '../../sim/events.ts';
import { RandomStream } from '../../sim/random.ts';
import { KIB, MIB, MS, SECOND, SECTOR_BYTES } from '../../sim/units.ts';
import { OneByOne } from './one-by-one.ts';

export interface SequentialOptions {
  readonly write: boolean;
  /** Where on the disk, 0 (outermost) .. 1 (innermost). */
  readonly at: number;
  readonly mib: number;
  /** Of one request, sectors; 256 (128 KiB) by default. */
  readonly sectors?: number | undefined;
  /** At most as many as the drive has tags; 1 by default. */
  readonly outstanding?: number | undefined;
}

/** @returns 10^6 bytes a second; of writes, until a flush has brought the last to the medium */
export function runSequential(profile: AnyProfile, options: SequentialOptions): number {
  const { write, at, mib, sectors = 256, outstanding = 1 } = options;
  const events = new EventQueue();
  const device = createDeviceOn(events, profile, { seed: 1 });
  const count = Math.floor((mib * MIB) / SECTOR_BYTES / sectors);
  const room = device.capacitySectors - count * sectors;
  const from = Math.floor((room * at) / sectors) * sectors;
  const op = write ? Op.write : Op.read;
  let begun = 0;
  let left = count;
  const next = (tag: number): void => {
    if (begun < count) device.submit(tag, op, from + begun++ * sectors, sectors, 0);
    else if (write && left === 0) device.submit(tag, Op.flush, 0, 0, 0);
  };
  let endNs = 0;
  device.attach({
    complete(tag, timeNs) {
      endNs = timeNs;
      if (left-- > 0) next(tag);
    },
  });
  for (let tag = 0; tag < Math.min(outstanding, device.queueDepth); tag++) next(tag);
  while (events.step());
  return (count * sectors * SECTOR_BYTES) / 1e6 / (endNs / SECOND);
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

/**
 * One write in order and a flush, again and again (FreeBSD's `diskinfo -wS`), in requests of at most
 * 128 KiB.
 * @returns the two together, us, on average
 */
export function runWriteAndFlush(profile: AnyProfile, kib: number, rounds = 20): number {
  const host = new OneByOne(profile);
  const sectors = (kib * KIB) / SECTOR_BYTES;
  const most = (128 * KIB) / SECTOR_BYTES;
  const rounded = Math.ceil(sectors);
  const startNs = host.events.nowNs;
  for (let round = 0; round < rounds; round++) {
    for (let at = 0; at < rounded; at += most) {
      host.request(Op.write, round * rounded + at, Math.min(most, rounded - at));
    }
    host.request(Op.flush, 0, 0);
  }
  return (host.events.nowNs - startNs) / rounds / 1000;
}

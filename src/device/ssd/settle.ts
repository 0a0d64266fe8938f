/**
 * Brings a drive that starts near its steady state into it: uniform random writes of one mapping
 * unit each, until write amplification stays what it is.
 */

import type { EventQueue } from '../../sim/events.ts';
import { RandomStream } from '../../sim/random.ts';
import { Op } from '../device.ts';
import type { SsdDrive } from './drive.ts';

/** Write amplification of two windows in a row differs by less than this share. */
const STABLE = 0.02;
const WINDOWS_MAX = 64;
/** A window is this part of the logical units, but not fewer than so many. */
const WINDOW_SHARE = 1 / 512;
const WINDOW_LEAST = 4096;
const DEPTH = 64;
/** Units written between two calls of `onProgress`. */
const STRIDE = 65536;

export interface Settled {
  writeAmplification: number;
  /** Units written. */
  writes: number;
  isStable: boolean;
}

/**
 * Leaves no request outstanding.
 * @param onProgress told now and then: the window's number, its share that is done, and the write
 *   amplification of the window before
 */
export function settle(
  drive: SsdDrive,
  events: EventQueue,
  seed: number,
  onProgress: (window: number, share: number, amplification: number) => void = () => {},
): Settled {
  const { logicalUnits, unitSectors } = drive.geometry;
  const whole = Math.floor(drive.capacitySectors / unitSectors);
  const random = new RandomStream(seed, 'settle');
  const depth = Math.min(DEPTH, drive.queueDepth);
  const window = Math.max(WINDOW_LEAST, Math.floor(logicalUnits * WINDOW_SHARE));
  const load = { outstanding: 0, writes: 0, isOver: false };
  const submit = (tag: number): void => {
    load.outstanding++;
    load.writes++;
    drive.submit(tag, Op.write, random.below(whole) * unitSectors, unitSectors, 0);
  };
  drive.attach({
    complete: (tag) => {
      load.outstanding--;
      if (!load.isOver) submit(tag);
    },
  });
  for (let tag = 0; tag < depth; tag++) submit(tag);
  let last = Infinity;
  let isStable = false;
  for (let n = 1; n <= WINDOWS_MAX && !isStable; n++) {
    const { hostUnits, gcUnits } = drive.counters;
    for (let due = hostUnits + STRIDE; drive.counters.hostUnits < hostUnits + window;) {
      events.step();
      if (drive.counters.hostUnits < due) continue;
      due += STRIDE;
      onProgress(n, (drive.counters.hostUnits - hostUnits) / window, last);
    }
    const amplification =
      1 + (drive.counters.gcUnits - gcUnits) / (drive.counters.hostUnits - hostUnits);
    isStable = Math.abs(amplification / last - 1) < STABLE;
    last = amplification;
  }
  load.isOver = true;
  while (load.outstanding > 0) events.step();
  return { writeAmplification: last, writes: load.writes, isStable };
}

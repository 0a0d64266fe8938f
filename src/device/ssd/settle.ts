/**
 * Brings a drive that starts near its steady state into it: uniform random writes of one mapping
 * unit each, until write amplification stays what it is.
 *
 * Write amplification is read off the blocks that are taken to be emptied: 1 / (1 - their valid share).
 * Counting what is written over a stretch would tell it as well, but lanes fill and empty their blocks
 * in step, so that one stretch holds a round of collection more than another.
 */

import type { EventQueue } from '../../sim/events.ts';
import { RandomStream } from '../../sim/random.ts';
import { Op } from '../device.ts';
import type { SsdDrive } from './drive.ts';

/** Write amplification of two windows in a row differs by less than this share. */
const STABLE = 0.02;
const WINDOWS_MAX = 64;
/** In a window so many units are programmed: this part of the logical units, or a few blocks a lane. */
const WINDOW_SHARE = 1 / 128;
const WINDOW_BLOCKS = 16;
const DEPTH = 64;
/** Units written between two steps. */
const STRIDE = 16384;

export interface Settled {
  writeAmplification: number;
  /** Units written. */
  writes: number;
  isStable: boolean;
}

/** How far it is: the number of the window, its share that is done, and what the one before came to. */
export interface Settling {
  window: number;
  share: number;
  /** NaN in the first window. */
  amplification: number;
}

/** Brings a drive into its steady state in one go. Leaves no request outstanding. */
export function settle(drive: SsdDrive, events: EventQueue, seed: number): Settled {
  const steps = settleStepwise(drive, events, seed);
  for (;;) {
    const { done, value } = steps.next();
    if (done === true) return value;
  }
}

/** The same in steps of some milliseconds, between which the caller may tell of it, or give it up. */
export function* settleStepwise(
  drive: SsdDrive,
  events: EventQueue,
  seed: number,
): Generator<Settling, Settled> {
  const { logicalUnits, unitSectors, lanes, unitsPerBlock } = drive.geometry;
  const { counters } = drive;
  const whole = Math.floor(drive.capacitySectors / unitSectors);
  const random = new RandomStream(seed, 'settle');
  const depth = Math.min(DEPTH, drive.queueDepth);
  const window = Math.max(lanes * unitsPerBlock * WINDOW_BLOCKS, logicalUnits * WINDOW_SHARE);
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
  let amplification = NaN;
  let isStable = false;
  for (let n = 1; n <= WINDOWS_MAX && !isStable; n++) {
    const { hostUnits, gcUnits } = counters;
    const { victims, victimUnits } = drive;
    const begun = hostUnits + gcUnits;
    for (let share = 0; share < 1;) {
      const due = counters.hostUnits + STRIDE;
      while (share < 1 && counters.hostUnits < due) {
        events.step();
        share = (counters.hostUnits + counters.gcUnits - begun) / window;
      }
      yield { window: n, share: Math.min(1, share), amplification };
    }
    const last = amplification;
    const taken = drive.victims - victims;
    // Blocks of a single-level cache hold less, and pages of the map are no host's.
    if (drive.hasPlainBlocks && taken > 0) {
      const room = taken * unitsPerBlock;
      amplification = room / (room - (drive.victimUnits - victimUnits));
    } else {
      amplification = 1 + (counters.gcUnits - gcUnits) / (counters.hostUnits - hostUnits);
    }
    isStable = Math.abs(amplification / last - 1) < STABLE;
  }
  load.isOver = true;
  while (load.outstanding > 0) events.step();
  return { writeAmplification: amplification, writes: load.writes, isStable };
}

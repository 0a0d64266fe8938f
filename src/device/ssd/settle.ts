/**
 * Brings a drive that starts near its steady state into it: uniform random writes of one mapping
 * unit each, until write amplification stays what it is, and is known well enough to be stated.
 *
 * Write amplification is read off the blocks that are taken to be emptied: 1 / (1 - their valid share).
 * Counting what is written over a stretch would tell it as well, but lanes fill and empty their blocks
 * in step, so that one stretch holds a round of collection more than another. How far the victims' shares
 * lie apart tells how well their mean is known; it takes a hundred blocks of greedy's, which are alike,
 * and thousands of one drawn out of two.
 *
 * Each window is as long as all before it, so that what is stated is the later half of all that was run,
 * and the earlier half is what it is held against. Where victims do not tell (a single-level cache, pages
 * of a map), nothing says how well the figure is known, and windows stay as long as the first.
 */

import type { EventQueue } from '../../sim/events.ts';
import { RandomStream } from '../../sim/random.ts';
import { Op } from '../device.ts';
import type { SsdDrive } from './drive.ts';

/** Write amplification of two windows in a row differs by less than this share, and what chance may add. */
const STABLE = 0.02;
/** Its standard error is less than this share: it is four of them from being 5 % off. */
const KNOWN = 0.0125;
const WINDOWS_MAX = { longer: 9, alike: 64 } as const;
/** In the first window so many units are programmed: this part of the logical units, or a few blocks a lane. */
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
  const { hasPlainBlocks } = drive;
  let window = Math.max(lanes * unitsPerBlock * WINDOW_BLOCKS, logicalUnits * WINDOW_SHARE);
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
  let error = 0;
  let isStable = false;
  const most = hasPlainBlocks ? WINDOWS_MAX.longer : WINDOWS_MAX.alike;
  for (let n = 1; n <= most && !isStable; n++) {
    const { hostUnits, gcUnits } = counters;
    const { count, units, squares } = drive.victims;
    const begun = hostUnits + gcUnits;
    for (let share = 0; share < 1;) {
      const due = counters.hostUnits + STRIDE;
      while (share < 1 && counters.hostUnits < due) {
        events.step();
        share = (counters.hostUnits + counters.gcUnits - begun) / window;
      }
      yield { window: n, share: Math.min(1, share), amplification };
    }
    if (n > 1 && hasPlainBlocks) window *= 2;
    const before = { amplification, error };
    const taken = drive.victims.count - count;
    // Blocks of a single-level cache hold less, and pages of the map are no host's.
    if (hasPlainBlocks && taken > 0) {
      const mean = (drive.victims.units - units) / taken;
      const variance = (drive.victims.squares - squares) / taken - mean * mean;
      amplification = unitsPerBlock / (unitsPerBlock - mean);
      error = Math.sqrt(Math.max(0, variance) / taken) / (unitsPerBlock - mean);
    } else {
      amplification = 1 + (counters.gcUnits - gcUnits) / (counters.hostUnits - hostUnits);
    }
    const drift = Math.abs(amplification / before.amplification - 1);
    isStable = error < KNOWN && drift < STABLE + Math.hypot(error, before.error);
  }
  load.isOver = true;
  while (load.outstanding > 0) events.step();
  return { writeAmplification: amplification, writes: load.writes, isStable };
}

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
 *
 * Where pages of a map are written too, what is written is counted: victims then make room for both. A
 * few of them have nothing left in them and make half of all room; the stretch must be so long that it
 * matters little how many of these are found in it.
 *
 * Each window is as long as all before it, so that what is stated is the later half of all that was run,
 * and the earlier half is what it is held against. With a single-level cache victims tell nothing; nothing
 * says then how well the figure is known, and windows stay as long as the first.
 */

import type { EventQueue } from '../../sim/events.ts';
import { RandomStream } from '../../sim/random.ts';
import { Op } from '../device.ts';
import type { SsdDrive } from './drive.ts';

/** Write amplification of two windows in a row differs by less than this share, and what chance may add. */
const STABLE = 0.02;
/** Its standard error is less than this share: it is four of them from being 5 % off, or three where it is counted. */
const KNOWN = { byVictims: 0.0125, counted: 0.015 } as const;
/**
 * What chance may add to that, standard errors. Where windows are long before it is known at all, one in
 * twenty is beyond two of them, and one in three beyond one: each would take as long again.
 */
const CHANCE = { plain: 1, withMap: 2, alike: 1 } as const;
/**
 * Blocks that pages have left are found at more even intervals than by chance, since there are no more to
 * find than are written: 20 stretches of 2400 victims (four of MQSim's 64 lanes, its cached map) differ by 3.4 %, where
 * victims independent of one another would by 5.6 %.
 */
const EVENNESS = 0.6;
const WINDOWS_MAX = { plain: 9, withMap: 9, alike: 64 } as const;
/** With a map, no further window is begun that would take what is programmed beyond this, units: a minute at the most. */
const UNITS_MAX = 2 ** 26 * 1.1;
/** In the first window so many units are programmed: this part of the logical units, or a few blocks a lane. */
const WINDOW_SHARE = 1 / 128;
const WINDOW_BLOCKS = 16;
const DEPTH = 64;
/** Events between two looks at how far a window is: what collection has moved is not known for nothing. */
const EVENTS = 256;
/** Units written between two steps. */
const STRIDE = 16384;

export interface Settled {
  writeAmplification: number;
  /** Units written, and windows that took. */
  writes: number;
  windows: number;
  /** Whether each window was as long as all before it, not as the first. */
  isDoubling: boolean;
  isStable: boolean;
  /** How far it is from what it was in the window before, as a share of it, and what that must be below. */
  drift: number;
  driftMax: number;
  /** Its standard error, as a share of it, and what that must be below; NaN where nothing tells it. */
  error: number;
  errorMax: number;
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

/**
 * The same in steps of some milliseconds, between which the caller may tell of it, or give it up.
 * @param windowsMax after which it is given up; by the kind of drive when absent
 */
export function* settleStepwise(
  drive: SsdDrive,
  events: EventQueue,
  seed: number,
  windowsMax?: number,
): Generator<Settling, Settled> {
  const { logicalUnits, physicalUnits, unitSectors, lanes, unitsPerBlock } = drive.geometry;
  const { counters } = drive;
  const whole = Math.floor(drive.capacitySectors / unitSectors);
  const random = new RandomStream(seed, 'settle');
  const depth = Math.min(DEPTH, drive.queueDepth);
  const { hasEqualBlocks, hasPlainBlocks } = drive;
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
  let error = NaN;
  let drift = NaN;
  let driftMax = STABLE;
  const errorMax = hasPlainBlocks ? KNOWN.byVictims : KNOWN.counted;
  let isStable = false;
  const kind = hasPlainBlocks ? 'plain' : hasEqualBlocks ? 'withMap' : 'alike';
  const most = windowsMax ?? WINDOWS_MAX[kind];
  const unitsMax = windowsMax === undefined && kind === 'withMap' ? UNITS_MAX : Infinity;
  let units = 0;
  let windows = 0;
  while (windows < most && !isStable && units + window <= unitsMax) {
    const n = ++windows;
    const { hostUnits, gcUnits } = counters;
    const victims = { ...drive.victims };
    const begun = hostUnits + gcUnits;
    for (let share = 0; share < 1;) {
      const due = counters.hostUnits + STRIDE;
      while (share < 1 && counters.hostUnits < due) {
        for (let i = 0; i < EVENTS; i++) events.step();
        share = (counters.hostUnits + counters.gcUnits - begun) / window;
      }
      yield { window: n, share: Math.min(1, share), amplification };
    }
    units += window;
    if (n > 1 && hasEqualBlocks) window *= 2;
    const before = { amplification, error };
    const taken = drive.victims.count - victims.count;
    amplification = 1 + (counters.gcUnits - gcUnits) / (counters.hostUnits - hostUnits);
    // Blocks of a single-level cache hold less.
    if (hasEqualBlocks && taken > 0) {
      const mean = (drive.victims.units - victims.units) / taken;
      const variance = (drive.victims.squares - victims.squares) / taken - mean * mean;
      error = Math.sqrt(Math.max(0, variance) / taken) / (unitsPerBlock - mean);
      if (hasPlainBlocks) amplification = unitsPerBlock / (unitsPerBlock - mean);
      else error *= EVENNESS;
    }
    drift = Math.abs(amplification / before.amplification - 1);
    driftMax = STABLE + CHANCE[kind] * Math.hypot(error || 0, before.error || 0);
    // Of what pages leave behind, the start of the other policies knows nothing: it takes a turn to find out.
    const isTurnDue = kind === 'withMap' && !drive.startsSettled && units < physicalUnits;
    isStable = drift < driftMax && !(error >= errorMax) && !isTurnDue;
  }
  load.isOver = true;
  while (load.outstanding > 0) events.step();
  const { writes } = load;
  return {
    writeAmplification: amplification,
    writes,
    windows,
    isDoubling: hasEqualBlocks,
    isStable,
    drift,
    driftMax,
    error,
    errorMax,
  };
}

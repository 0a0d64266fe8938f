/**
 * The blocks that translation pages take in the steady state of a drive whose map is mostly not in memory.
 *
 * What collection moves changes the map, so that almost every page waits to be written, and one is written
 * for each unit of the host's (`cached-map.ts`), the same again after all others. A block of pages stays
 * as it was written until its pages' turn comes round again, and then holds nothing that is valid; the
 * policy takes it as soon as it looks at it. One that draws d of N blocks finds it after N / d collections
 * in the mean, and the space of those that wait for that is taken from the data: it is what makes such a
 * drive's write amplification, beside the pages themselves.
 *
 * For 512 GB (MQSim's default with its cached map) this comes to 8.1 blocks of 1943 a lane, and a mean victim of
 * 962 valid units of 1024; a sixteenth of that drive, run for the host's 0.2 of its capacity, has 960.
 */

import { gained } from './stationary.ts';

export interface LaneOfPages {
  /** Data that is valid, and translation pages, units. */
  readonly units: number;
  readonly pages: number;
  /** Full blocks, and units in one. */
  readonly blocks: number;
  readonly unitsPerBlock: number;
  /** As `drawsOf` has it, where the policy draws. */
  readonly draws: number;
}

/** Blocks of a lane that held translation pages and have not been found yet: nothing in them is valid. */
export function staleMapBlocks(lane: LaneOfPages): number {
  const { units, pages, blocks, unitsPerBlock, draws } = lane;
  const waits = blocks / Math.min(draws, blocks);
  let stale = 0;
  // Each round changes it by a small part of what the round before did.
  for (let n = 0; n < 8; n++) {
    const forData = (blocks - stale) * unitsPerBlock - pages;
    const ofData = gained(Math.min(0.9999, units / forData), unitsPerBlock, draws);
    // As many pages are written as the data's victims make room for; each block of these is found once.
    const share = ofData / (unitsPerBlock + ofData);
    stale = share * waits;
  }
  return stale;
}

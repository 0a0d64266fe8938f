/**
 * A flash drive made smaller in proportion: fewer and shorter erase blocks on as many dies, with the
 * same over-provisioning and the same time to erase a page's worth. Write amplification and rates in
 * steady state are those of the whole drive (they depend on shares, not on sizes, as long as a die
 * has many blocks and a block many units), and a drive's worth of writes is soon written.
 */

import { SECTOR_BYTES } from '../sim/units.ts';
import { ssdProfileSchema, type SsdProfile } from '../device/ssd/profile.ts';

/**
 * @param blocksBy divides the blocks of a plane
 * @param pagesBy divides the pages of a block
 */
export function shrunk(profile: SsdProfile, blocksBy: number, pagesBy: number): SsdProfile {
  const { array } = profile;
  const blocks = Math.floor(array.blocks_per_plane / blocksBy);
  const pages = Math.floor(array.pages_per_block / pagesBy + 1e-9);
  const share = (blocks * pages) / (array.blocks_per_plane * array.pages_per_block);
  return ssdProfileSchema.parse({
    ...profile,
    capacity_sectors: Math.floor((profile.capacity_sectors * share) / 8) * 8,
    array: {
      ...array,
      blocks_per_plane: blocks,
      pages_per_block: pages,
      erase_us: (array.erase_us * pages) / array.pages_per_block,
    },
  });
}

/** The least a plane keeps: write amplification wants many blocks, and a block many units. */
const FEWEST = { blocks: 64, pages: 12 } as const;

/** The same with about so many units in all, at most as many as there are. */
export function shrunkTo(profile: SsdProfile, units: number): SsdProfile {
  const { array } = profile;
  const { blocks_per_plane: blocks, pages_per_block: pages } = array;
  // Page types repeat along a block: each is to keep its share.
  const period = [array.pages_per_program, array.read_us.length, array.program_us.length].reduce(
    leastCommonMultiple,
  );
  const atOnce = period <= pages ? period : array.pages_per_program;
  const whole = (profile.capacity_sectors * SECTOR_BYTES) / profile.ftl.unit_bytes;
  const by = Math.max(1, whole / units);
  const pagesLeft = Math.max(FEWEST.pages, Math.round(pages / by / atOnce) * atOnce);
  const pagesBy = Math.max(1, pages / Math.ceil(pagesLeft / atOnce) / atOnce);
  const blocksBy = Math.max(1, Math.min(by / pagesBy, blocks / FEWEST.blocks));
  return shrunk(profile, blocksBy, pagesBy);
}

function leastCommonMultiple(a: number, b: number): number {
  let [x, y] = [a, b];
  while (y > 0) [x, y] = [y, x % y];
  return (a / x) * b;
}

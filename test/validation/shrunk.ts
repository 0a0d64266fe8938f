/**
 * A flash drive made smaller in proportion: fewer and shorter erase blocks on as many dies, with the
 * same over-provisioning and the same time to erase a page's worth. Write amplification and rates in
 * steady state are those of the whole drive (they depend on shares, not on sizes, as long as a die
 * has many blocks and a block many units), and a drive's worth of writes is soon written.
 */

import { ssdProfileSchema, type SsdProfile } from '../../src/device/ssd/profile.ts';

/**
 * @param blocksBy divides the blocks of a plane
 * @param pagesBy divides the pages of a block
 */
export function shrunk(profile: SsdProfile, blocksBy: number, pagesBy: number): SsdProfile {
  const { array } = profile;
  const blocks = Math.floor(array.blocks_per_plane / blocksBy);
  const pages = Math.floor(array.pages_per_block / pagesBy);
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

/** How a drive starts, as `ftl.initial_fill` of its profile says. */

import { mapInMemory, mapLayout } from './cached-map.ts';
import { gained, drawsOf } from './gc/stationary.ts';
import { staleMapBlocks } from './gc/map-blocks.ts';
import type { Geometry } from './geometry.ts';
import type { SsdProfile } from './profile.ts';
import { Steady, WrittenInOrder, type PagesApart, type Start } from './start.ts';
import { hostStreams } from './streams.ts';

export function startOf(profile: SsdProfile, geometry: Geometry): Start {
  const fill = profile.ftl.initial_fill;
  if (fill !== 'steady') {
    const units = Math.floor(geometry.logicalUnits * fill);
    return new WrittenInOrder(geometry, units, mapLayout(profile, units).pages);
  }
  const byAddress = profile.ftl.allocation === 'by-address';
  // Collection is about to free the next block; the two that are written are not open yet.
  const cache = profile.slc?.static_blocks ?? 0;
  const free = profile.gc.start_free_blocks + 1 + hostStreams(profile) + cache;
  const draws = drawsOf(profile.gc.policy, profile.gc.choices);
  const map =
    mapInMemory(profile, geometry.logicalUnits) === 1
      ? undefined
      : { apart: pagesApart(profile, geometry, geometry.blocksPerLane - free, draws) };
  return new Steady(geometry, free, byAddress, draws, undefined, map);
}

/**
 * Where nearly every translation page waits to be written, they lie in blocks of their own (`map-blocks.ts`).
 * That is where at least one is changed for each unit that the host writes: by the entry that makes room
 * for the unit's, or by collection, as far as what it moves is not in memory. Of policies that take blocks
 * in their order it is not known where those come; such drives start with pages among the data.
 */
function pagesApart(
  profile: SsdProfile,
  geometry: Geometry,
  blocks: number,
  draws: number | undefined,
): PagesApart | undefined {
  const { lanes, unitsPerBlock, logicalUnits, mappedUnits } = geometry;
  const missing = 1 - mapInMemory(profile, logicalUnits);
  if (draws === undefined || profile.slc !== undefined) return undefined;
  const units = Math.ceil(logicalUnits / lanes);
  const pages = Math.ceil((mappedUnits - logicalUnits) / lanes);
  const forData = blocks - Math.ceil(pages / unitsPerBlock);
  const validShare = units / (forData * unitsPerBlock);
  if (validShare >= 1) return undefined;
  const moved = unitsPerBlock / gained(validShare, unitsPerBlock, draws) - 1;
  if (missing * (1 + moved) < 1) return undefined;
  const stale = Math.round(staleMapBlocks({ units, pages, blocks, unitsPerBlock, draws }));
  // Each block of data but one has something stale in it.
  const most = Math.floor(forData - units / unitsPerBlock) - 1;
  return most < 0 ? undefined : { stale: Math.min(stale, most) };
}

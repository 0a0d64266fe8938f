/**
 * One zone of a rotational drive: how its physical sectors become addresses.
 *
 * A zone is a row of physical sectors, track after track in the layout's order. Sparing cuts it
 * into equal regions (a track, a cylinder, a range of cylinders, the zone), each with spare sectors
 * at one end. Slipped sectors are passed over: what follows them moves on by one, up to the end of
 * the region when the region's spares make up for it, up to the end of the zone when they do not.
 * DiskSim's manual (CMU-PDL-08-101, section on dm_layout_g1) names the schemes.
 */

import type { HddProfile } from './profile.ts';
import { InputError } from '../../sim/input-error.ts';

export interface Zone {
  readonly firstLbn: number;
  readonly endLbn: number;
  readonly firstCylinder: number;
  readonly cylinders: number;
  readonly sectorsPerTrack: number;
  readonly physicalSectors: number;
  readonly firstOffset: number;
  readonly trackSkew: number;
  readonly cylinderSkew: number;
  /** Sectors at the zone's front that no address reaches. */
  readonly reserved: number;
  readonly dataPerRegion: number;
  readonly sectorsPerRegion: number;
  /** Spare sectors in front of a region's data. */
  readonly front: number;
  /** Whether spares of the region make up for slipped sectors. */
  readonly absorbed: boolean;
  /** Slipped sectors that turn the tracks behind them on by one sector each, ascending. */
  readonly turning: readonly number[];
  /** Whether tracks count for that one by one, or cylinders. */
  readonly turnsTracks: boolean;
  readonly tracksPerCylinder: number;
  /** From this sector of the zone on (ascending, first 0), addresses are moved by `shifts`. */
  readonly breaks: Float64Array;
  readonly shifts: Float64Array;
  /** Rows of physical sectors, [from, to, how many], whose data lies elsewhere in the zone. */
  readonly remaps: readonly (readonly [from: number, to: number, sectors: number])[];
}

/** Slipped sectors of a zone before a track, or before its cylinder. */
export function slipsBefore(zone: Zone, track: number): number {
  const { turning, sectorsPerTrack, turnsTracks, tracksPerCylinder } = zone;
  const first = turnsTracks ? track : track - (track % tracksPerCylinder);
  const cutoff = first * sectorsPerTrack;
  let count = 0;
  while (count < turning.length && turning[count] < cutoff) count++;
  return count;
}

type Layout = HddProfile['layout'];

/**
 * A zone of a profile, ready to be counted through.
 * @param firstLbn its first sector's address
 * @throws InputError when nothing but spares fits in
 */
export function makeZone(
  zone: Layout['zones'][number],
  layout: Layout,
  surfaces: number,
  firstLbn: number,
): Zone {
  const spt = zone.sectorsPerTrack;
  const perCylinder = spt * surfaces;
  const cylinders = zone.lastCylinder - zone.firstCylinder + 1;
  const physical = cylinders * perCylinder;
  const { sparing } = layout;
  const inTracks = sparing === 'tracks-at-zone-end';
  const spares = inTracks ? zone.spares * spt : zone.spares;
  const byRegion: Partial<Record<Layout['sparing'], number>> = {
    'track-end': spt,
    'cylinder-end': perCylinder,
    'cylinder-end-unused': perCylinder,
    'cylinder-front': perCylinder,
    'cylinder-front-unused': perCylinder,
    'range-end': perCylinder * layout.range_cylinders,
  };
  const sectorsPerRegion = byRegion[sparing] ?? physical;
  const spared = sparing === 'none' || sparing === 'disk-end' ? 0 : spares;
  const dataPerRegion = sectorsPerRegion - spared;
  if (dataPerRegion <= 0) {
    throw new InputError(`the zone from cylinder ${zone.firstCylinder} is all spares`);
  }
  const front = sparing.startsWith('cylinder-front') ? spared : 0;
  // A last region cut short by the zone's end has no spares.
  const places =
    physical - zone.reserved_sectors - Math.floor(physical / sectorsPerRegion) * spared;

  const slips = inTracks
    ? zone.slips.flatMap((track) => Array.from({ length: spt }, (_, i) => track * spt + i))
    : [...zone.slips];
  slips.sort((a, b) => a - b);
  const absorbed = !(sparing.endsWith('-unused') || sparing === 'disk-end' || sparing === 'none');
  const turns = sparing === 'track-end' || sparing.startsWith('cylinder');
  const { breaks, shifts } = absorbed
    ? absorbedSlips(slips, sectorsPerRegion, dataPerRegion, front)
    : passedOver(slips);
  return {
    firstLbn,
    endLbn: firstLbn + places - (absorbed ? 0 : slips.length),
    firstCylinder: zone.firstCylinder,
    cylinders,
    sectorsPerTrack: spt,
    physicalSectors: physical,
    firstOffset: zone.firstOffset_sectors,
    trackSkew: zone.trackSkew_sectors,
    cylinderSkew: zone.cylinderSkew_sectors,
    reserved: zone.reserved_sectors,
    dataPerRegion,
    sectorsPerRegion,
    front,
    absorbed,
    turning: turns ? slips : [],
    turnsTracks: sparing === 'track-end',
    tracksPerCylinder: surfaces,
    breaks,
    shifts,
    remaps: zone.remaps.map(([from, to]) =>
      inTracks ? [from * spt, to * spt, spt] : [from, to, 1],
    ),
  };
}

/**
 * The physical sector of the zone that an address would have were nothing remapped.
 * @param rel addresses from the zone's first one on, reserved ones counted
 * @param shift that of the last break at or before it
 */
export function naturalPlace(zone: Zone, rel: number, shift: number): number {
  const place = rel + shift;
  // Slipped sectors that use up spares push data into them, but leave it in its region.
  const region = Math.floor((zone.absorbed ? rel : place) / zone.dataPerRegion);
  return zone.front + place + region * (zone.sectorsPerRegion - zone.dataPerRegion);
}

/** The address that would be at a physical sector were nothing remapped; -1 when none would. */
export function naturalAddress(zone: Zone, physical: number): number {
  const { breaks, shifts, firstLbn, endLbn, reserved } = zone;
  let [low, high] = [firstLbn, endLbn];
  let piece = 0;
  const placeOf = (lbn: number): number => {
    const rel = lbn - firstLbn + reserved;
    while (piece > 0 && breaks[piece] > rel) piece--;
    while (piece + 1 < breaks.length && breaks[piece + 1] <= rel) piece++;
    return naturalPlace(zone, rel, shifts[piece]);
  };
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    if (placeOf(middle) < physical) low = middle + 1;
    else high = middle;
  }
  return low < endLbn && placeOf(low) === physical ? low : -1;
}

interface Slips {
  readonly breaks: Float64Array;
  readonly shifts: Float64Array;
}

/**
 * Slips that shift what follows up to the end of their region.
 * @param slips physical sectors of the zone, ascending
 */
function absorbedSlips(
  slips: readonly number[],
  sectorsPerRegion: number,
  dataPerRegion: number,
  front: number,
): Slips {
  const breaks = [0];
  const shifts = [0];
  const shiftFrom = (at: number, shift: number): void => {
    const same = breaks.at(-1) === at;
    breaks[same ? breaks.length - 1 : breaks.length] = at;
    shifts[same ? shifts.length - 1 : shifts.length] = shift;
  };
  let region = -1;
  let before = 0;
  for (const slip of slips) {
    const own = Math.floor(slip / sectorsPerRegion);
    if (own !== region) {
      if (before > 0) shiftFrom((region + 1) * dataPerRegion, 0);
      region = own;
      before = 0;
    }
    const place = slip - own * sectorsPerRegion - front - before;
    // A slipped spare that nothing is moved into, or one that lies before the data.
    if (place < 0 || place >= dataPerRegion) continue;
    before++;
    shiftFrom(own * dataPerRegion + place, before);
  }
  if (before > 0) shiftFrom((region + 1) * dataPerRegion, 0);
  return { breaks: Float64Array.from(breaks), shifts: Float64Array.from(shifts) };
}

/** Slips that shift all that follows in the zone. */
function passedOver(slips: readonly number[]): Slips {
  const endless = Number.MAX_SAFE_INTEGER;
  return absorbedSlips(slips, endless, endless, 0);
}

/**
 * How the tracks of a disk are turned against each other: by as much as going from one to the next
 * takes, so that neither reading nor writing in order waits for another revolution. Whoever changes
 * what that takes has to change the skew as well, or to stay within it where it was measured.
 */

import type { HddProfile } from '../device/hdd/profile.ts';

/** Of every zone, revolutions from one track to the next: a name among paths of numbers. */
export const SKEW = 'layout.zones.skew';

/** Beyond the way to the next track for a write, and for a read, ms: assumptions. */
const MARGIN_MS = { write: 0.05, read: 0.3 } as const;
/** What a skew that was measured leaves at least, ms. */
const LEAST_MARGIN_MS = 0.02;

/** What going from one track to the next is made of. */
export interface Switch {
  /** A seek of one cylinder or, where the next track is another head's, the slower of both. */
  readonly move_ms: number;
  readonly writeSettle_ms: number;
  readonly readSettle_ms?: number;
}

/** The skew a maker would choose, revolutions of `rev_ms` each. */
export function skewFor(
  { move_ms, writeSettle_ms, readSettle_ms = 0 }: Switch,
  rev_ms: number,
): number {
  // Another head needs no settling to read.
  const read_ms = Math.max(0, readSettle_ms) + MARGIN_MS.read;
  return Math.min(0.95, (move_ms + Math.max(writeSettle_ms + MARGIN_MS.write, read_ms)) / rev_ms);
}

/**
 * Brings skew and what it is for together again, after a fit has moved one of them: an assumed skew
 * follows, a measured or fitted one is kept, and what it leaves no room for is cut. Only where the seeks
 * are a datasheet's: a curve that was measured goes with tracks that were. Along surfaces the head changes
 * once in a sweep, and no track is skewed for that.
 */
export function keepInOrder(profile: HddProfile): void {
  const { mechanics, layout } = profile;
  const { seek } = mechanics;
  if (seek.form !== 'datasheet') return;
  const rev_ms = 60_000 / mechanics.rpm;
  const isByHeads = layout.order !== 'surface-serpentine';
  const move = (): number =>
    isByHeads ? Math.max(seek.trackToTrack_ms, mechanics.headSwitch_ms) : seek.trackToTrack_ms;
  const { [SKEW]: source = '' } = profile.sources;
  if (source.startsWith('assumption')) {
    skewBy(profile, skewFor({ ...mechanics, move_ms: move() }, rev_ms));
    return;
  }
  const room = skewOf(profile) * rev_ms - LEAST_MARGIN_MS;
  if (room <= 0) return;
  seek.trackToTrack_ms = Math.min(seek.trackToTrack_ms, room);
  if (isByHeads) mechanics.headSwitch_ms = Math.min(mechanics.headSwitch_ms, room);
  const left = room - move();
  mechanics.writeSettle_ms = Math.min(mechanics.writeSettle_ms, left);
  mechanics.readSettle_ms = Math.min(mechanics.readSettle_ms, left);
}

/** The skew of the outermost zone, revolutions. */
export function skewOf({ layout }: HddProfile): number {
  const { cylinderSkew_sectors, sectorsPerTrack } = layout.zones[0];
  return cylinderSkew_sectors / sectorsPerTrack;
}

/**
 * Gives every zone another skew at the same sequential rate: what a revolution more or less of skew
 * takes, denser tracks make up for, and fewer of them hold as much.
 */
export function skewBy({ layout, mechanics }: HddProfile, revolutions: number): void {
  let cylinder = 0;
  for (const zone of layout.zones) {
    const before = zone.cylinderSkew_sectors / zone.sectorsPerTrack;
    const sectors = (zone.sectorsPerTrack * (1 + revolutions)) / (1 + before);
    const cylinders = zone.lastCylinder - zone.firstCylinder + 1;
    const needed = Math.ceil((cylinders * zone.sectorsPerTrack) / Math.floor(sectors)) + 1;
    zone.sectorsPerTrack = Math.floor(sectors);
    zone.cylinderSkew_sectors = Math.round(revolutions * zone.sectorsPerTrack);
    zone.trackSkew_sectors = zone.cylinderSkew_sectors;
    zone.firstCylinder = cylinder;
    zone.lastCylinder = cylinder + needed - 1;
    cylinder += needed;
  }
  mechanics.cylinders = cylinder;
}

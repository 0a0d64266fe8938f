/**
 * Where a sector is: address -> cylinder, head and angle, over zones, spares and slipped sectors.
 *
 * Sectors and answers are in fields (docs/HOT-PATH.md).
 */

import type { HddProfile } from './profile.ts';
import { makeZone, slipsBefore, type Zone } from './zone.ts';
import { remappedRows } from './remaps.ts';
import { InputError } from '../../sim/input-error.ts';

/**
 * Addressable sectors of all zones.
 * @throws InputError when a zone is all spares, or a remap is impossible
 */
export function sectorsOf(layout: HddProfile['layout'], surfaces: number): number {
  let lbn = 0;
  for (const zone of layout.zones) {
    const made = makeZone(zone, layout, surfaces, lbn);
    remappedRows(made);
    lbn = made.endLbn;
  }
  return lbn;
}

export class Geometry {
  readonly capacitySectors: number = NaN;
  readonly surfaces: number = 0;

  /** The sector to find: for `find`, `findCylinderEnd` and `findTrackEnd`; 0 <= lbn < capacity. */
  lbn = NaN;

  /** Results of `find`. */
  cylinder = 0;
  head = 0;
  /** Sectors from the index mark to the sector's start, 0 <= angle < sectorsPerTrack. */
  angle = NaN;
  sectorsPerTrack = 1;
  /** Whether the sector was moved to a spare one, away from its neighbours. */
  isRemapped = false;
  /** How many sectors from here on, this one included, follow each other on this track. */
  run = 1;
  /** The track's place in its zone, in address order, and the sector's place in its track. */
  track = 0;
  sector = 0;

  /** Result of `findCylinderEnd` and `findTrackEnd`. */
  endLbn = NaN;

  /** The sector found, counted through all that its zone holds. */
  #physical = NaN;
  readonly #zones: Zone[] = [];
  /** Rows of addresses without a slipped sector within: starts, and the end of the last. */
  #pieces = new Float64Array(0);
  #pieceZone = new Int32Array(0);
  #pieceShift = new Float64Array(0);
  /** Of a piece that was remapped: the physical sector of its first address; else -1. */
  #pieceMoved = new Float64Array(0);
  /** The piece at the start of each of many equal parts of the addresses. */
  #buckets = new Int32Array(0);
  #perBucket = 0;
  /** The order of tracks; flags, since V8 compares strings out of JSON letter by letter. */
  readonly #alongSurfaces: boolean;
  readonly #turnsBack: boolean;
  readonly #turnsByParity: boolean;
  readonly #serpentine: number = 0;

  constructor(profile: HddProfile) {
    const { layout, mechanics } = profile;
    this.surfaces = mechanics.surfaces;
    this.#alongSurfaces = layout.order === 'surface-serpentine';
    this.#turnsBack = layout.order.startsWith('cylinder-serpentine');
    this.#turnsByParity = layout.order === 'cylinder-serpentine-by-parity';
    this.#serpentine = layout.serpentine_cylinders;
    let lbn = 0;
    for (const zone of layout.zones) {
      const made = makeZone(zone, layout, this.surfaces, lbn);
      this.#zones.push(made);
      lbn = made.endLbn;
    }
    if (lbn < layout.capacity_sectors) {
      throw new InputError(
        `${profile.name}: layout.capacity_sectors: ${layout.capacity_sectors} is more than the ` +
          `${lbn} sectors that the zones hold`,
      );
    }
    this.capacitySectors = layout.capacity_sectors;
    this.#indexPieces();
  }

  /** Finds sector `lbn`. */
  locate(lbn: number): void {
    this.lbn = lbn;
    this.find();
  }

  /** Finds the sector in `lbn`. */
  find(): void {
    const { lbn } = this;
    const pieces = this.#pieces;
    let piece = this.#buckets[Math.floor(lbn * this.#perBucket)];
    while (pieces[piece + 1] <= lbn) piece++;
    const zone = this.#zones[this.#pieceZone[piece]];
    const spt = zone.sectorsPerTrack;
    const toPieceEnd = pieces[piece + 1] - lbn;
    const moved = this.#pieceMoved[piece];
    this.isRemapped = moved >= 0;
    if (moved >= 0) {
      this.#physical = moved + lbn - pieces[piece];
      this.#place(zone);
      this.run = Math.min(spt - this.sector, toPieceEnd);
      return;
    }
    const rel = lbn - zone.firstLbn + zone.reserved;
    const place = rel + this.#pieceShift[piece];
    // Slipped sectors that use up spares push data into them, but leave it in its region.
    const counted = zone.absorbed ? rel : place;
    const region = Math.floor(counted / zone.dataPerRegion);
    const sparesBefore = region * (zone.sectorsPerRegion - zone.dataPerRegion);
    this.#physical = zone.front + place + sparesBefore;
    this.#place(zone);
    const toTrackEnd = spt - this.sector;
    const toRegionEnd = (region + 1) * zone.dataPerRegion - counted;
    this.run = Math.min(toTrackEnd, toPieceEnd, toRegionEnd);
  }

  /** Finds the first sector after the cylinder that `lbn` is on, or the capacity. */
  findCylinderEnd(): void {
    this.find();
    const { cylinder } = this;
    do this.#skipRun();
    while (this.lbn < this.capacitySectors && (this.isRemapped || this.cylinder === cylinder));
    this.endLbn = this.lbn;
  }

  /** Finds the first sector after the track that `lbn` is on, or the capacity. */
  findTrackEnd(): void {
    this.find();
    const { cylinder, head } = this;
    do this.#skipRun();
    while (
      this.lbn < this.capacitySectors &&
      (this.isRemapped || (this.cylinder === cylinder && this.head === head))
    );
    this.endLbn = this.lbn;
  }

  /** The first sector after the track that `lbn` is on, or the capacity. */
  trackEnd(lbn: number): number {
    this.lbn = lbn;
    this.findTrackEnd();
    return this.endLbn;
  }

  #skipRun(): void {
    this.lbn = Math.min(this.lbn + this.run, this.capacitySectors);
    if (this.lbn < this.capacitySectors) this.find();
  }

  /** Cuts the addresses into pieces, and notes for each bucket of them the piece it begins in. */
  #indexPieces(): void {
    const starts: number[] = [];
    const zones: number[] = [];
    const shifts: number[] = [];
    const moved: number[] = [];
    this.#zones.forEach((zone, z) => {
      const { firstLbn, endLbn } = zone;
      // Breaks among the reserved sectors are behind us when the addresses begin.
      const breaks = Array.from(zone.breaks, (at) =>
        Math.max(firstLbn, firstLbn + at - zone.reserved),
      );
      const rows = remappedRows(zone);
      const cuts = [...breaks, ...rows.flatMap((row) => [row.lbn, row.endLbn])];
      const ascending = [...new Set(cuts)].filter((at) => at < endLbn).sort((x, y) => x - y);
      for (const at of ascending) {
        const row = rows.find(({ lbn, endLbn: end }) => lbn <= at && at < end);
        starts.push(at);
        zones.push(z);
        shifts.push(zone.shifts[breaks.findLastIndex((from) => from <= at)]);
        moved.push(row === undefined ? -1 : row.place + at - row.lbn);
      }
    });
    const end = this.#zones[this.#zones.length - 1].endLbn;
    this.#pieces = Float64Array.from([...starts, end]);
    this.#pieceZone = Int32Array.from(zones);
    this.#pieceShift = Float64Array.from(shifts);
    this.#pieceMoved = Float64Array.from(moved);
    const buckets = Math.max(64, 8 * starts.length);
    this.#perBucket = buckets / end;
    this.#buckets = new Int32Array(buckets + 1);
    let piece = 0;
    for (let b = 0; b <= buckets; b++) {
      // One sector less: the division in `locate` may round up into this bucket.
      const from = b / this.#perBucket - 1;
      while (piece + 1 < starts.length && starts[piece + 1] <= from) piece++;
      this.#buckets[b] = piece;
    }
  }

  /** Finds the place of `#physical`. */
  #place(zone: Zone): void {
    const physical = this.#physical;
    const spt = zone.sectorsPerTrack;
    const { surfaces } = this;
    const track = Math.floor(physical / spt);
    const sector = physical - track * spt;
    let cylinder: number;
    let head: number;
    let cylinderSwitches: number;
    if (this.#alongSurfaces) {
      // The zone's last band may be narrower than a whole sweep.
      const whole = this.#serpentine;
      const bands = Math.floor(zone.cylinders / whole);
      const band = Math.min(Math.floor(track / (whole * surfaces)), bands);
      const sweep = band < bands ? whole : zone.cylinders - bands * whole;
      const within = track - band * whole * surfaces;
      head = Math.floor(within / sweep);
      const along = within - head * sweep;
      cylinder = band * whole + ((head & 1) === 0 ? along : sweep - 1 - along);
      cylinderSwitches = track - band * (surfaces - 1) - head;
    } else {
      cylinderSwitches = Math.floor(track / surfaces);
      cylinder = cylinderSwitches;
      head = track - cylinder * surfaces;
      const parity = this.#turnsByParity ? cylinder + zone.firstCylinder : cylinder;
      if (this.#turnsBack && (parity & 1) === 1) head = surfaces - 1 - head;
    }
    const turned = zone.turning.length === 0 ? 0 : slipsBefore(zone, track);
    const angle =
      turned +
      zone.firstOffset +
      cylinderSwitches * zone.cylinderSkew +
      (track - cylinderSwitches) * zone.trackSkew +
      sector;
    this.cylinder = zone.firstCylinder + cylinder;
    this.head = head;
    this.track = track;
    this.sector = sector;
    this.sectorsPerTrack = spt;
    this.angle = angle - Math.floor(angle / spt) * spt;
  }
}

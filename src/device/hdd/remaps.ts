/**
 * Sectors that a drive moved one by one: an address whose sector is defective lives in a spare one.
 *
 * DiskSim undoes a remap before it counts slips (dm_layout_g1, CMU-PDL-08-101): what is moved is the
 * address that would be at the defective sector, and it alone.
 */

import { InputError } from '../../sim/input-error.ts';
import { naturalAddress, type Zone } from './zone.ts';

/** Addresses that follow each other, and the physical sector of the zone where the first one lives. */
export interface RemappedRow {
  readonly lbn: number;
  readonly endLbn: number;
  readonly place: number;
}

/**
 * The remapped addresses of a zone; defects that no address reaches are left out.
 * @throws InputError when a spare sector is none
 */
export function remappedRows(zone: Zone): RemappedRow[] {
  const rows: RemappedRow[] = [];
  const away = new Set<number>();
  const taken = new Set<number>();
  for (const [from, to, sectors] of zone.remaps) {
    if (from === to) continue;
    for (let i = 0; i < sectors; i++) {
      const lbn = naturalAddress(zone, from + i);
      if (lbn < 0) continue;
      const place = to + i;
      const last = rows.at(-1);
      const follows = last?.endLbn === lbn && last.place + lbn - last.lbn === place;
      if (follows) rows[rows.length - 1] = { ...last, endLbn: lbn + 1 };
      else rows.push({ lbn, endLbn: lbn + 1, place });
      if (away.has(lbn)) throw refused(zone, from, 'is remapped twice');
      if (taken.has(place)) throw refused(zone, to, 'is the spare of two');
      away.add(lbn);
      taken.add(place);
    }
  }
  for (const place of taken) {
    const holder = naturalAddress(zone, place);
    if (holder >= 0 && !away.has(holder)) throw refused(zone, place, 'holds data, it is no spare');
    if (place >= zone.physicalSectors) throw refused(zone, place, 'is beyond the zone');
  }
  return rows;
}

function refused({ firstCylinder }: Zone, sector: number, why: string): InputError {
  return new InputError(
    `layout.zones: remaps of the zone from cylinder ${firstCylinder}: ${sector} ${why}`,
  );
}

/**
 * The link to the host: data takes turns on it. One stretch of time is known to be taken; what fits
 * in before it goes first, everything else behind it.
 */

import type { HddProfile } from './profile.ts';
import { US } from '../../sim/units.ts';

export class Link {
  /** Time of one sector to the host and from it, ns. */
  readonly sectorNs: number = NaN;
  readonly writeSectorNs: number = NaN;
  readonly overlap: boolean;
  /** Sectors of a write that the medium waits for. */
  readonly writeStart: number = 0;

  /** For `transfer`: the data can be sent from then on, ns. */
  fromNs = NaN;
  /** For the next `transfer` only: the last of the data comes off the medium only then, ns. */
  mediaEndNs = -Infinity;
  /** Result of `transfer`: when the data has arrived, ns. */
  doneNs = NaN;

  /** The stretch that is known to be taken, ns. */
  #takenFromNs = 0;
  #takenUntilNs = 0;

  constructor(profile: HddProfile) {
    this.sectorNs = profile.link.sector_us * US;
    this.writeSectorNs = (profile.link.writeSector_us ?? profile.link.sector_us) * US;
    this.overlap = profile.link.overlap;
    this.writeStart = profile.link.writeStart_sectors;
  }

  /** Sends sectors to the host, or, of a write, from it. */
  transfer(sectors: number, isWrite: boolean): void {
    const { fromNs, mediaEndNs } = this;
    const sectorNs = isWrite ? this.writeSectorNs : this.sectorNs;
    const lengthNs = sectors * sectorNs;
    const startNs = this.overlap ? fromNs : Math.max(fromNs, mediaEndNs);
    let endNs = Math.max(startNs + lengthNs, mediaEndNs + sectorNs);
    if (startNs < this.#takenUntilNs && endNs > this.#takenFromNs) {
      endNs = Math.max(this.#takenUntilNs + lengthNs, mediaEndNs + sectorNs);
    }
    if (endNs > this.#takenUntilNs) {
      // Only the part that must be unbroken is taken: its end.
      this.#takenFromNs = endNs - lengthNs;
      this.#takenUntilNs = endNs;
    }
    this.doneNs = endNs;
    this.mediaEndNs = -Infinity;
  }

  save(): number[] {
    return [this.#takenFromNs, this.#takenUntilNs];
  }

  load(saved: readonly number[]): void {
    [this.#takenFromNs, this.#takenUntilNs] = saved;
  }
}

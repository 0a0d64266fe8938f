/**
 * The link to the host: data takes turns on it. One stretch of time is known to be taken; what fits
 * in before it goes first, everything else behind it.
 */

import type { HddProfile } from './profile.ts';
import { US } from '../../sim/units.ts';

export class Link {
  /** Time of one sector to the host and from it, ns. */
  readonly sectorNs: number;
  readonly writeSectorNs: number;
  readonly overlap: boolean;
  /** Sectors of a write that the medium waits for. */
  readonly writeStart: number;
  #fromNs = 0;
  #untilNs = 0;

  constructor(profile: HddProfile) {
    this.sectorNs = profile.link.sector_us * US;
    this.writeSectorNs = (profile.link.writeSector_us ?? profile.link.sector_us) * US;
    this.overlap = profile.link.overlap;
    this.writeStart = profile.link.writeStart_sectors;
  }

  /**
   * When sectors sent from the buffer have arrived, ns.
   * @param fromNs they can be sent from then on
   * @param mediaEndNs the last of them comes off the medium only then; 0 when all are buffered
   */
  send(
    sectors: number,
    fromNs: number,
    mediaEndNs: number,
    sectorNs: number = this.sectorNs,
  ): number {
    const length = sectors * sectorNs;
    let start = this.overlap ? fromNs : Math.max(fromNs, mediaEndNs);
    let end = Math.max(start + length, mediaEndNs + sectorNs);
    if (start < this.#untilNs && end > this.#fromNs) {
      start = this.#untilNs;
      end = Math.max(start + length, mediaEndNs + sectorNs);
    }
    if (end > this.#untilNs) {
      // Only the part that must be unbroken is taken: its end.
      this.#fromNs = end - length;
      this.#untilNs = end;
    }
    return end;
  }

  save(): number[] {
    return [this.#fromNs, this.#untilNs];
  }

  load(saved: readonly number[]): void {
    [this.#fromNs, this.#untilNs] = saved;
  }
}

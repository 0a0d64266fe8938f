/**
 * Which regions of the addresses may have something in the read cache: most sectors of a random load lie
 * where nothing is, which one look tells. Regions are folded onto few marks, and marks outlive what they
 * were made for until `clear`, so that a mark proves nothing: its absence does.
 */

const MARKS = 1024;

export class RegionMap {
  /** For `mark` and `isMarked`: a row of sectors, and the sector behind it, which counts as well. */
  lbn = NaN;
  endLbn = NaN;
  readonly #marks = new Uint8Array(MARKS);
  readonly #perSector: number = NaN;

  /** @param rowSectors about as long as rows are */
  constructor(rowSectors: number) {
    this.#perSector = 1 / Math.max(rowSectors, 64);
  }

  mark(): void {
    const last = Math.floor(this.endLbn * this.#perSector);
    for (let region = Math.floor(this.lbn * this.#perSector); region <= last; region++) {
      this.#marks[region & (MARKS - 1)] = 1;
    }
  }

  isMarked(): boolean {
    const last = Math.floor(this.endLbn * this.#perSector);
    for (let region = Math.floor(this.lbn * this.#perSector); region <= last; region++) {
      if (this.#marks[region & (MARKS - 1)] !== 0) return true;
    }
    return false;
  }

  clear(): void {
    this.#marks.fill(0);
  }
}

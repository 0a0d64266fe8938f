/**
 * What a power cut would lose: data that was acknowledged out of the write buffer and is not programmed.
 *
 * Kept for each slot of the buffer as sectors, from the acknowledgement of the request that brought them
 * until the slot is given back: its program is done, or a newer slot's that holds all of it, or the unit
 * was trimmed.
 */

import { NO_INTS } from '../../sim/columns.ts';
import type { WriteBuffer } from './buffer.ts';
import type { Geometry } from './geometry.ts';

/** Sectors of a slot that came with a request, for the life of the slot that it then had. */
interface Arrival {
  readonly slot: number;
  readonly life: number;
  readonly sectors: number;
}

export class PowerCut {
  readonly #geometry: Geometry;
  readonly #buffer: WriteBuffer;
  readonly #capacitySectors: number;
  /** By slot: acknowledged sectors as bits, and how often the slot has been given back. */
  readonly #acknowledged: Int32Array = NO_INTS;
  readonly #life: Int32Array = NO_INTS;
  /** By tag: what it has brought and is not acknowledged yet. */
  readonly #arrivals: Arrival[][];

  constructor(geometry: Geometry, buffer: WriteBuffer, depth: number, capacitySectors: number) {
    this.#geometry = geometry;
    this.#buffer = buffer;
    this.#capacitySectors = capacitySectors;
    this.#acknowledged = new Int32Array(buffer.slots);
    this.#life = new Int32Array(buffer.slots);
    this.#arrivals = Array.from({ length: depth }, () => []);
  }

  /** A request's data for some sectors (as bits) of a unit is in this slot. */
  arrived(tag: number, slot: number, sectors: number): void {
    this.#arrivals[tag].push({ slot, life: this.#life[slot], sectors });
  }

  /** The host has been told that the request is done. */
  acknowledged(tag: number): void {
    for (const { slot, life, sectors } of this.#arrivals[tag]) {
      if (life === this.#life[slot]) this.#acknowledged[slot] |= sectors;
    }
    this.#arrivals[tag].length = 0;
  }

  /** The slot is given back. */
  released(slot: number): void {
    this.#acknowledged[slot] = 0;
    this.#life[slot]++;
  }

  /** First sector and the one behind the last, by address. */
  atRisk(): [number, number][] {
    const { unitSectors } = this.#geometry;
    const byUnit = new Map<number, number>();
    this.#acknowledged.forEach((bits, slot) => {
      if (bits === 0 || this.#buffer.stale[slot] === 1) return;
      const logical = this.#buffer.logical[slot];
      byUnit.set(logical, (byUnit.get(logical) ?? 0) | bits);
    });
    const rows: [number, number][] = [];
    for (const [logical, bits] of [...byUnit].toSorted(([a], [b]) => a - b)) {
      for (let i = 0; i < unitSectors; i++) {
        const sector = logical * unitSectors + i;
        if (((bits >>> i) & 1) === 0 || sector >= this.#capacitySectors) continue;
        const last = rows.at(-1);
        if (last !== undefined && last[1] === sector) last[1]++;
        else rows.push([sector, sector + 1]);
      }
    }
    return rows;
  }

  save(): Int32Array {
    return this.#acknowledged.slice();
  }

  /** Of a drive that kept no such record, what is buffered counts as acknowledged. */
  load(saved: Int32Array | undefined): void {
    for (let slot = 0; slot < this.#buffer.slots; slot++) {
      this.#life[slot]++;
      this.#acknowledged[slot] = saved === undefined ? this.#buffer.held[slot] : saved[slot];
      if (this.#buffer.state[slot] === 0) this.#acknowledged[slot] = 0;
    }
    for (const arrivals of this.#arrivals) arrivals.length = 0;
  }
}

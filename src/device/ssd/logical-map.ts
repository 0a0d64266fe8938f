/**
 * The birth of each logical unit, and where it is wanted the unit of each birth: most of the memory that
 * a drive costs.
 *
 * It costs as it is used: zeroes are backed by memory only where something is written, and zero means "as
 * the drive started". An entry has as many bits as it takes: 28 for 512 GB of units that may be anywhere,
 * 22 where each unit stays in one of 64 lanes, since births and units are then numbered within it.
 */

import type { Births } from './births.ts';
import type { Geometry } from './geometry.ts';
import { PackedInts } from './packed-ints.ts';
import { sparse, unsparse, type SparseMap, type Told } from './sparse-map.ts';

/** Entries: 0 as started, 1 nowhere, 2 + n for birth n. */
const NOWHERE = 1;
export const FIRST = 2;

export class LogicalMap {
  readonly #entries: PackedInts;
  /** By birth: its unit + 1, 0 for what the drive started with. */
  readonly #units: PackedInts | undefined;
  readonly #geometry: Geometry;
  readonly #stride: number = 0;
  readonly #births: Births;
  readonly #hasLanes: boolean;
  /** By lane: what to add to births of its blocks' origins as it numbers them, and of its spare origins. */
  readonly #ofBlocks: Int32Array;
  readonly #ofSpare: Int32Array;
  /** Births of a lane's blocks' origins, and of all blocks'. */
  readonly #perLane: number = 0;
  readonly #perBlocks: number = 0;

  /** @param knowsUnits whether `unitOf` is wanted */
  constructor(geometry: Geometry, births: Births, knowsUnits: boolean) {
    const { lanes, stride, blocksPerLane, sparePerLane } = births;
    this.#geometry = geometry;
    this.#births = births;
    this.#stride = stride;
    this.#hasLanes = lanes > 1;
    this.#perLane = blocksPerLane * stride;
    this.#perBlocks = lanes * this.#perLane;
    this.#ofBlocks = Int32Array.from({ length: lanes }, (_, lane) => lane * this.#perLane);
    this.#ofSpare = this.#ofBlocks.map(
      (_, lane) => this.#perBlocks - this.#perLane + lane * sparePerLane * stride,
    );
    const most = (blocksPerLane + sparePerLane) * stride;
    this.#entries = new PackedInts(geometry.mappedUnits, most + FIRST - 1);
    if (!knowsUnits) return;
    // Where lanes differ, by a stripe.
    const perLane = Math.ceil(geometry.mappedUnits / (lanes * geometry.unitsPerProgram));
    const units = this.#hasLanes ? perLane * geometry.unitsPerProgram : geometry.mappedUnits;
    this.#units = new PackedInts(births.origins * stride, units);
  }

  /** The entry of a unit. */
  get(logical: number): number {
    const entry = this.#entries.get(logical);
    return this.#hasLanes && entry >= FIRST
      ? this.#inDrive(this.#geometry.laneOfUnit(logical), entry)
      : entry;
  }

  /** The entries of `count` units; see `PackedInts.gather`. What stands for units below zero means nothing. */
  gather(logicals: Int32Array, count: number, into: Int32Array): void {
    this.#entries.gather(logicals, count, into);
    if (!this.#hasLanes) return;
    for (let i = 0; i < count; i++) {
      if (logicals[i] < 0 || into[i] < FIRST) continue;
      into[i] = this.#inDrive(this.#geometry.laneOfUnit(logicals[i]), into[i]);
    }
  }

  #inDrive(lane: number, entry: number): number {
    const isSpare = entry - FIRST >= this.#perLane;
    return entry + (isSpare ? this.#ofSpare : this.#ofBlocks)[lane];
  }

  /** A unit has been born, in its lane. */
  put(logical: number, birth: number): void {
    if (!this.#hasLanes) {
      this.#entries.set(logical, birth + FIRST);
      this.#units?.set(birth, logical + 1);
      return;
    }
    const lane = this.#geometry.laneOfUnit(logical);
    const from = (birth < this.#perBlocks ? this.#ofBlocks : this.#ofSpare)[lane];
    this.#entries.set(logical, birth - from + FIRST);
    this.#units?.set(birth, this.#geometry.nthInLane(logical) + 1);
  }

  /** A unit is nowhere from now on. */
  remove(logical: number): void {
    this.#entries.set(logical, NOWHERE);
  }

  /** The unit of a valid birth, where it is wanted to be known; -1 for what the drive started with. */
  unitOf(birth: number): number {
    const unit = this.#units!.get(birth) - 1;
    if (unit < 0 || !this.#hasLanes) return unit;
    const lane = this.#births.laneOf((birth / this.#stride) | 0);
    return this.#geometry.unitOfLane(lane, unit);
  }

  save(told: Told): SparseMap {
    return sparse(this.#entries, told);
  }

  /** @param each is told of every unit that is not as the drive started, with its entry */
  load(saved: SparseMap, each: (logical: number, entry: number) => void, told: Told): void {
    this.#units?.clear();
    const enter = (logical: number): void => {
      const entry = this.get(logical);
      if (entry >= FIRST && this.#units !== undefined) this.put(logical, entry - FIRST);
      each(logical, entry);
    };
    unsparse(saved, this.#entries, enter, told);
  }
}

/**
 * The page-mapped translation layer: which physical unit holds which logical one.
 *
 * Forward and reverse map are flat Int32Arrays of zeroes, which the system backs with memory only
 * where they are written: a drive costs memory as it is used. Zero therefore means "as the drive
 * started": a logical unit of the initial fill is at its *home*, where writing the drive once in
 * order would have put it. So a full drive costs nothing to set up.
 *
 * The map changes when a program completes, not when it starts: until then a power cut would leave
 * the old copy, so the old copy stays valid.
 */

import type { Blocks } from './blocks.ts';
import type { Geometry } from './geometry.ts';

/** Map entries: 0 as started, 1 nowhere, 2 + n for unit n. */
const NOWHERE = 1;
const FIRST = 2;
/** Entries kept or left out of a snapshot together. */
const CHUNK = 65536;

/** Chunks of a map that hold anything but zeroes, by position. */
type SparseMap = { at: number[]; entries: Int32Array[] };

export class Ftl {
  /** Logical units of the initial fill. */
  readonly homeUnits: number;
  readonly #geometry: Geometry;
  readonly #blocks: Blocks;
  readonly #forward: Int32Array;
  readonly #reverse: Int32Array;

  /** @param initialFill share of the logical units that were written once in order */
  constructor(geometry: Geometry, blocks: Blocks, initialFill: number) {
    this.#geometry = geometry;
    this.#blocks = blocks;
    this.#forward = new Int32Array(geometry.logicalUnits);
    this.#reverse = new Int32Array(geometry.physicalUnits);
    this.homeUnits = Math.floor(geometry.logicalUnits * initialFill);
    this.#enterBlocks();
  }

  /** Where a logical unit is on the flash; -1 when nowhere. */
  lookup(logical: number): number {
    const entry = this.#forward[logical];
    if (entry >= FIRST) return entry - FIRST;
    return entry === 0 && logical < this.homeUnits ? this.#homeOf(logical) : -1;
  }

  /** The logical unit a programmed physical unit was written for; -1 for padding. */
  writtenFor(physical: number): number {
    const entry = this.#reverse[physical];
    if (entry >= FIRST) return entry - FIRST;
    return entry === 0 ? this.#atHome(physical) : -1;
  }

  /** The logical unit whose data a physical unit holds; -1 when what it holds is stale. */
  validFor(physical: number): number {
    const logical = this.writtenFor(physical);
    return logical >= 0 && this.lookup(logical) === physical ? logical : -1;
  }

  /** A program has put `logical` at `physical`; its former place goes stale. */
  place(logical: number, physical: number): void {
    this.#forget(logical);
    this.#forward[logical] = physical + FIRST;
    this.#reverse[physical] = logical + FIRST;
    this.#blocks.addValid(this.#geometry.blockOf(physical));
  }

  /** A program has filled `physical` with nothing anyone wants. */
  placeStale(physical: number): void {
    this.#reverse[physical] = NOWHERE;
  }

  /** The unit holds nothing from now on. */
  unmap(logical: number): void {
    this.#forget(logical);
    this.#forward[logical] = NOWHERE;
  }

  #forget(logical: number): void {
    const old = this.lookup(logical);
    if (old >= 0) this.#blocks.invalidate(this.#geometry.blockOf(old));
  }

  #homeOf(logical: number): number {
    const { unitsPerProgram, lanes, unitsPerLane } = this.#geometry;
    const stripe = (logical / unitsPerProgram) | 0;
    const inLane = (stripe / lanes) | 0;
    const within = logical - stripe * unitsPerProgram;
    return (stripe - inLane * lanes) * unitsPerLane + inLane * unitsPerProgram + within;
  }

  #atHome(physical: number): number {
    const { unitsPerProgram, lanes, unitsPerLane } = this.#geometry;
    const lane = (physical / unitsPerLane) | 0;
    const offset = physical - lane * unitsPerLane;
    const inLane = (offset / unitsPerProgram) | 0;
    const logical = (inLane * lanes + lane) * unitsPerProgram + (offset - inLane * unitsPerProgram);
    return logical < this.homeUnits ? logical : -1;
  }

  /** Enters every block: those of the initial fill as full, the others as free. */
  #enterBlocks(): void {
    const { lanes, blocksPerLane, unitsPerBlock, unitsPerProgram } = this.#geometry;
    const stripes = Math.ceil(this.homeUnits / unitsPerProgram);
    const padding = stripes * unitsPerProgram - this.homeUnits;
    for (let lane = 0; lane < lanes; lane++) {
      let left = Math.ceil((stripes - lane) / lanes) * unitsPerProgram;
      if (stripes > 0 && (stripes - 1) % lanes === lane) left -= padding;
      for (let i = 0; i < blocksPerLane; i++) {
        const block = lane * blocksPerLane + i;
        const valid = Math.min(left, unitsPerBlock);
        if (valid > 0) this.#blocks.startFull(block, valid);
        else this.#blocks.addFree(block);
        left -= valid;
      }
    }
  }

  save(): { forward: SparseMap; reverse: SparseMap; homeUnits: number } {
    return {
      forward: sparse(this.#forward),
      reverse: sparse(this.#reverse),
      homeUnits: this.homeUnits,
    };
  }

  /** @throws Error when the snapshot's drive started from another fill */
  load(saved: ReturnType<Ftl['save']>): void {
    if (saved.homeUnits !== this.homeUnits) {
      throw new Error('the snapshot is of a drive with another initial fill');
    }
    unsparse(saved.forward, this.#forward);
    unsparse(saved.reverse, this.#reverse);
  }
}

function sparse(map: Int32Array): SparseMap {
  const kept: SparseMap = { at: [], entries: [] };
  for (let at = 0; at < map.length; at += CHUNK) {
    const chunk = map.subarray(at, at + CHUNK);
    if (chunk.some((entry) => entry !== 0)) {
      kept.at.push(at);
      kept.entries.push(chunk.slice());
    }
  }
  return kept;
}

function unsparse(from: SparseMap, to: Int32Array): void {
  let next = 0;
  for (let at = 0; at < to.length; at += CHUNK) {
    const chunk = to.subarray(at, at + CHUNK);
    if (from.at[next] === at) chunk.set(from.entries[next++]);
    else if (chunk.some((entry) => entry !== 0)) chunk.fill(0);
  }
}

/**
 * The page-mapped translation layer: which physical unit holds which logical one.
 *
 * Forward and reverse map are flat Int32Arrays of zeroes, which the system backs with memory only
 * where they are written: a drive costs memory as it is used. Zero therefore means "as the drive
 * started", which is a formula (`start.ts`).
 *
 * The map changes when a program completes, not when it starts: until then a power cut would leave
 * the old copy, so the old copy stays valid.
 */

import type { Blocks } from './blocks.ts';
import type { Geometry } from './geometry.ts';
import type { Start } from './start.ts';

/** Map entries: 0 as started, 1 nowhere, 2 + n for unit n. */
const NOWHERE = 1;
const FIRST = 2;
/** Entries kept or left out of a snapshot together. */
const CHUNK = 65536;

/** Chunks of a map that hold anything but zeroes: where each begins, and its entries; of one that
 * holds few, only those that are not zero, and their places in it. */
type SparseMap = { at: number[]; places: Uint16Array[]; entries: Int32Array[] };

export class Ftl {
  readonly #start: Start;
  readonly #geometry: Geometry;
  readonly #blocks: Blocks;
  readonly #forward: Int32Array;
  readonly #reverse: Int32Array;

  /** @param start where everything is to begin with */
  constructor(geometry: Geometry, blocks: Blocks, start: Start) {
    this.#geometry = geometry;
    this.#blocks = blocks;
    this.#start = start;
    this.#forward = new Int32Array(geometry.logicalUnits);
    this.#reverse = new Int32Array(geometry.physicalUnits);
    start.enter(blocks);
  }

  /** Where a logical unit is on the flash; -1 when nowhere. */
  lookup(logical: number): number {
    const entry = this.#forward[logical];
    if (entry >= FIRST) return entry - FIRST;
    return entry === 0 && logical < this.#start.units ? this.#start.find(logical) : -1;
  }

  /** The logical unit a programmed physical unit was written for; -1 for padding. */
  writtenFor(physical: number): number {
    const entry = this.#reverse[physical];
    if (entry >= FIRST) return entry - FIRST;
    return entry === 0 ? this.#start.at(physical) : -1;
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

  save(): { forward: SparseMap; reverse: SparseMap; start: string } {
    return {
      forward: sparse(this.#forward),
      reverse: sparse(this.#reverse),
      start: this.#start.name,
    };
  }

  /** @throws Error when the snapshot's drive started from another state */
  load(saved: ReturnType<Ftl['save']>): void {
    if (saved.start !== this.#start.name) {
      throw new Error(`the snapshot is of a drive that started ${saved.start}`);
    }
    unsparse(saved.forward, this.#forward);
    unsparse(saved.reverse, this.#reverse);
  }
}

function sparse(map: Int32Array): SparseMap {
  const kept: SparseMap = { at: [], places: [], entries: [] };
  for (let at = 0; at < map.length; at += CHUNK) {
    const chunk = map.subarray(at, at + CHUNK);
    let count = 0;
    for (const entry of chunk) if (entry !== 0) count++;
    if (count === 0) continue;
    kept.at.push(at);
    if (count > chunk.length / 2) {
      kept.places.push(new Uint16Array(0));
      kept.entries.push(chunk.slice());
      continue;
    }
    const places = new Uint16Array(count);
    const entries = new Int32Array(count);
    let n = 0;
    chunk.forEach((entry, place) => {
      if (entry === 0) return;
      places[n] = place;
      entries[n++] = entry;
    });
    kept.places.push(places);
    kept.entries.push(entries);
  }
  return kept;
}

function unsparse(from: SparseMap, to: Int32Array): void {
  let next = 0;
  for (let at = 0; at < to.length; at += CHUNK) {
    const chunk = to.subarray(at, at + CHUNK);
    if (from.at[next] === at) {
      const places = from.places[next];
      const entries = from.entries[next++];
      if (places.length === 0) {
        chunk.set(entries);
        continue;
      }
      chunk.fill(0);
      for (let n = 0; n < places.length; n++) chunk[places[n]] = entries[n];
    } else if (chunk.some((entry) => entry !== 0)) chunk.fill(0);
  }
}

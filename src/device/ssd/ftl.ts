/**
 * The page-mapped translation layer: in which row of the flash each logical unit lies.
 *
 * A row is sensed as a whole, so where in it a unit lies makes no difference to anything; the map names
 * the row, in as many bits as it takes (25 for 512 GB). That map is most of the memory a drive costs,
 * and it costs it as it is used: zeroes are backed by memory only where something is written, and zero
 * means "as the drive started", which is a formula (`start.ts`).
 *
 * The map changes when a program completes, not when it starts: until then a power cut would leave
 * the old copy, so the old copy stays valid.
 */

import type { Blocks } from './blocks.ts';
import type { Geometry } from './geometry.ts';
import { PACK, PackedInts } from './packed-ints.ts';
import { ReverseMap } from './reverse-map.ts';
import type { Start } from './start.ts';

/** Map entries: 0 as started, 1 nowhere, 2 + n for row n. */
const NOWHERE = 1;
const FIRST = 2;
/** Rows of a block that is being emptied whose units are looked up in one go. */
const AHEAD_ROWS = 4;
/** Entries kept or left out of a snapshot together. */
const CHUNK = 65536;

/** Chunks of a map that hold anything but zeroes: where each begins, and its entries; of one that
 * holds few, only those that are not zero, and their places in it. */
type SparseMap = { at: number[]; places: Uint16Array[]; entries: Int32Array[] };

export class Ftl {
  readonly #start: Start;
  readonly #geometry: Geometry;
  readonly #blocks: Blocks;
  readonly #forward: PackedInts;
  readonly #reverse: ReverseMap;
  /** By lane: what the rows from one on were written with that is to be looked at next. */
  readonly #written: Int32Array;
  readonly #writtenFrom: Int32Array;
  readonly #writtenCount: Int32Array;
  /** Kept so that looking ahead is not found to be of no use. */
  touched = 0;

  /**
   * @param start where everything is to begin with
   * @param reverseBytes what lists of the units in blocks may take at most; affects speed only
   */
  constructor(geometry: Geometry, blocks: Blocks, start: Start, reverseBytes?: number) {
    this.#geometry = geometry;
    this.#blocks = blocks;
    this.#start = start;
    const rows = geometry.physicalUnits / geometry.unitsPerRow;
    this.#forward = new PackedInts(geometry.mappedUnits, rows + FIRST - 1);
    this.#reverse = new ReverseMap(geometry, blocks, this.#forward, FIRST, reverseBytes);
    this.#written = new Int32Array(geometry.lanes * AHEAD_ROWS * geometry.unitsPerRow);
    this.#writtenFrom = new Int32Array(geometry.lanes);
    this.#writtenCount = new Int32Array(geometry.lanes);
    start.enter(blocks);
    blocks.watch(this.#reverse);
  }

  /** The first physical unit of the row that holds a logical unit; -1 when none does. */
  lookup(logical: number): number {
    const row = this.#rowOf(logical);
    return row < 0 ? -1 : row * this.#geometry.unitsPerRow;
  }

  #rowOf(logical: number): number {
    const entry = this.#forward.get(logical);
    if (entry >= FIRST) return entry - FIRST;
    return entry === 0 && this.#start.has(logical)
      ? this.#geometry.rowOf(this.#start.find(logical))
      : -1;
  }

  /** To be called when a block has been taken to be emptied, before it is asked what it holds. */
  prepare(block: number): void {
    this.#writtenCount[this.#geometry.laneOfBlock(block)] = 0;
    this.#reverse.prepare(block);
  }

  /**
   * The logical units a row holds and that are valid, in ascending order, so that it does not matter
   * how they were found. Only of a block that is prepared.
   * @param physical the row's first unit
   * @param into where they go, from `at` on
   * @returns how many there are
   */
  validIn(block: number, physical: number, into: Int32Array, at: number): number {
    const { unitsPerRow } = this.#geometry;
    const forward = this.#forward;
    const entry = this.#entryOf(block, physical);
    const from = this.#writtenIn(block, physical);
    const written = this.#written;
    let end = at;
    for (let i = from; i < from + unitsPerRow; i++) {
      if (written[i] >= 0 && forward.get(written[i]) === entry) into[end++] = written[i];
    }
    return sortUnique(into, at, end) - at;
  }

  /** Where in `#written` the logical units are that a row was written with, -1 for none. */
  #writtenIn(block: number, physical: number): number {
    const { unitsPerRow, unitsPerBlock } = this.#geometry;
    const lane = this.#geometry.laneOfBlock(block);
    const capacity = AHEAD_ROWS * unitsPerRow;
    const base = lane * capacity;
    const read = physical - this.#writtenFrom[lane];
    if (read >= 0 && read < this.#writtenCount[lane]) return base + read;
    const count = Math.min(capacity, (block + 1) * unitsPerBlock - physical);
    this.#writtenFrom[lane] = physical;
    this.#writtenCount[lane] = count;
    const written = this.#written;
    const source = this.#reverse.isAsStarted(block) ? this.#start : this.#reverse;
    source.copy(block, physical, written, base, count);
    this.touch(written, base, base + count);
    return base;
  }

  /** Looks ahead, for speed alone: to be called before many single look-ups; -1 stands for no unit. */
  touch(logicals: Int32Array, from: number, to: number): void {
    this.touched = this.#forward.touch(logicals, from, to);
  }

  /** A program has put `logical` at `physical`; its former place goes stale. */
  place(logical: number, physical: number): void {
    const block = this.#geometry.blockOf(physical);
    this.#forget(logical);
    this.#forward.set(logical, this.#geometry.rowOf(physical) + FIRST);
    this.#reverse.written(block, physical, logical);
    this.#blocks.addValid(block, 1);
  }

  /**
   * Collection has programmed logical units, read from the rows that begin at `from`, at `target` and
   * behind it. What has been written anew meanwhile stays where it is.
   * @param at where in both lists the first of `count` units stands; units of a row stand together
   */
  move(logicals: Int32Array, from: Int32Array, at: number, count: number, target: number): void {
    const { unitsPerRow } = this.#geometry;
    const forward = this.#forward;
    const block = this.#geometry.blockOf(target);
    let row = this.#geometry.rowOf(target);
    let rowEnd = at + unitsPerRow;
    let moved = 0;
    for (let i = at; i < at + count;) {
      const source = from[i];
      const sourceBlock = this.#geometry.blockOf(source);
      const expected = this.#entryOf(sourceBlock, source);
      let left = 0;
      for (; i < at + count && from[i] === source; i++) {
        if (i === rowEnd) {
          row++;
          rowEnd += unitsPerRow;
        }
        const logical = logicals[i];
        if (forward.get(logical) !== expected) continue;
        forward.set(logical, row + FIRST);
        this.#reverse.written(block, target + i - at, logical);
        left++;
      }
      this.#blocks.moved(sourceBlock, left);
      moved += left;
    }
    this.#blocks.addValid(block, moved);
  }

  /** The unit holds nothing from now on. */
  unmap(logical: number): void {
    this.#forget(logical);
    this.#forward.set(logical, NOWHERE);
  }

  #forget(logical: number): void {
    const old = this.lookup(logical);
    if (old >= 0) this.#blocks.invalidate(this.#geometry.blockOf(old));
  }

  /** What the map says of the valid units of a row. */
  #entryOf(block: number, physical: number): number {
    return this.#reverse.isAsStarted(block) ? 0 : this.#geometry.rowOf(physical) + FIRST;
  }

  save(): { forward: SparseMap; rewritten: Uint8Array; start: string } {
    return {
      forward: sparse(this.#forward),
      rewritten: this.#reverse.save(),
      start: this.#start.name,
    };
  }

  /** @throws Error when the snapshot's drive started from another state */
  load(saved: ReturnType<Ftl['save']>): void {
    if (saved.start !== this.#start.name) {
      throw new Error(`the snapshot is of a drive that started ${saved.start}`);
    }
    unsparse(saved.forward, this.#forward);
    this.#reverse.load(saved.rewritten);
  }
}

/** Sorts what lies from `at` to `end` (a few) and drops what is there twice; returns the new end. */
function sortUnique(list: Int32Array, at: number, end: number): number {
  let last = at;
  for (let i = at; i < end; i++) {
    const value = list[i];
    let hole = last;
    while (hole > at && list[hole - 1] > value) hole--;
    if (hole > at && list[hole - 1] === value) continue;
    for (let j = last; j > hole; j--) list[j] = list[j - 1];
    list[hole] = value;
    last++;
  }
  return last;
}

function sparse(map: PackedInts): SparseMap {
  const kept: SparseMap = { at: [], places: [], entries: [] };
  const chunk = new Int32Array(CHUNK);
  for (let at = 0; at < map.length; at += CHUNK) {
    const size = Math.min(CHUNK, map.length - at);
    if (map.isClear(at, size)) continue;
    let count = 0;
    for (let i = 0; i < size; i++) {
      chunk[i] = map.get(at + i);
      if (chunk[i] !== 0) count++;
    }
    kept.at.push(at);
    if (count > size / 2) {
      kept.places.push(new Uint16Array(0));
      kept.entries.push(chunk.slice(0, size));
      continue;
    }
    const places = new Uint16Array(count);
    const entries = new Int32Array(count);
    let n = 0;
    for (let place = 0; place < size; place++) {
      if (chunk[place] === 0) continue;
      places[n] = place;
      entries[n++] = chunk[place];
    }
    kept.places.push(places);
    kept.entries.push(entries);
  }
  return kept;
}

function unsparse(from: SparseMap, to: PackedInts): void {
  to.clear(0, Math.ceil(to.length / PACK) * PACK);
  from.at.forEach((at, n) => {
    const places = from.places[n];
    const entries = from.entries[n];
    for (let i = 0; i < entries.length; i++) {
      to.set(at + (places.length === 0 ? i : places[i]), entries[i]);
    }
  });
}

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

import type { BlockUnits } from './block-units.ts';
import type { Blocks } from './blocks.ts';
import type { Geometry } from './geometry.ts';
import { PackedInts } from './packed-ints.ts';
import { ReverseMap } from './reverse-map.ts';
import type { Start } from './start.ts';

/** Map entries: 0 as started, 1 nowhere, 2 + n for row n. */
const NOWHERE = 1;
const FIRST = 2;
/** About as many entries are kept or left out of a snapshot together. */
const CHUNK = 65536;

/** Chunks of a map that hold anything but zeroes: where each begins, and its entries; of one that
 * holds few, only those that are not zero, and their places in it. */
type SparseMap = { at: number[]; places: Uint16Array[]; entries: Int32Array[] };

/** Whoever moves units, while they are in hand. */
export interface InHand {
  /** A unit that lay in the row at `physical`, of a block that is being emptied, is wanted no more. */
  wentStale(logical: number, physical: number): void;
}

/** Rows that are looked up in one go: enough to wait for memory together, few enough to be in the cache still when they have been moved. */
const AHEAD_ROWS = 8;

export class Ftl {
  readonly #start: Start;
  readonly #geometry: Geometry;
  readonly #blocks: Blocks;
  readonly #forward: PackedInts;
  readonly #reverse: ReverseMap;
  /** What a block was written with, by unit, and what the map says of it. */
  readonly #found: Int32Array;
  readonly #entries: Int32Array;
  #collection!: InHand;

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
    this.#found = new Int32Array(geometry.unitsPerBlock);
    this.#entries = new Int32Array(geometry.unitsPerBlock);
    start.enter(blocks);
    blocks.watch(this.#reverse);
  }

  /** Who hears of units that go stale while they are being moved; set once. */
  attach(collection: InHand): void {
    this.#collection = collection;
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

  /** A block is going to be emptied: sees to it that what it holds can be found. */
  prepare(block: number): void {
    if (!this.#reverse.isAsStarted(block)) this.#reverse.prepare(block);
  }

  /**
   * What is valid in a prepared block, from a row on as far as it is convenient, each row's units in
   * ascending order, so that it does not matter how they were found.
   * @param into where it goes; it knows the rows until then
   */
  holdings(block: number, into: BlockUnits, lane: number, row: number): void {
    const { unitsPerRow, unitsPerBlock } = this.#geometry;
    const found = this.#found;
    const entries = this.#entries;
    const reverse = this.#reverse;
    const isAsStarted = reverse.isAsStarted(block);
    const isInOrder = isAsStarted || !reverse.isBag(block);
    const from = isInOrder ? row * unitsPerRow : 0;
    const count = isInOrder
      ? Math.min(AHEAD_ROWS * unitsPerRow, unitsPerBlock - from)
      : unitsPerBlock;
    const physical = block * unitsPerBlock;
    if (isAsStarted) this.#start.copy(block, physical + from, found, 0, count);
    else reverse.copy(block, from, found, count);
    this.#forward.gather(found, 0, count, entries);
    into.learn(lane, row, isInOrder ? row + count / unitsPerRow : into.rows);
    const expected = this.#geometry.rowOf(physical) + FIRST;
    for (let i = 0; i < count; i++) {
      if (found[i] < 0) continue;
      if (!isAsStarted) into.add(lane, entries[i] - expected, found[i]);
      else if (entries[i] === 0) into.add(lane, row + ((i / unitsPerRow) | 0), found[i]);
    }
  }

  /** For speed alone: to be called before several units are placed, so that they are looked up together. */
  lookAhead(logicals: Int32Array, count: number): void {
    this.#forward.gather(logicals, 0, count, this.#entries);
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
   * behind it. What has been written anew meanwhile (-1) stays where it is.
   * @param at where in both lists the first of `count` units stands; units of a row stand together
   */
  move(logicals: Int32Array, from: Int32Array, at: number, count: number, target: number): void {
    const { unitsPerRow } = this.#geometry;
    const block = this.#geometry.blockOf(target);
    const moving = this.#found;
    let row = this.#geometry.rowOf(target) + FIRST;
    let all = 0;
    for (let first = at; first < at + count; first += unitsPerRow, row++) {
      const end = Math.min(first + unitsPerRow, at + count);
      let wanted = 0;
      for (let i = first; i < end; i++) if (logicals[i] >= 0) moving[wanted++] = logicals[i];
      this.#forward.scatter(moving, 0, wanted, row);
      all += wanted;
    }
    for (let i = at; i < at + count;) {
      const source = from[i];
      let left = 0;
      for (; i < at + count && from[i] === source; i++) if (logicals[i] >= 0) left++;
      this.#blocks.moved(this.#geometry.blockOf(source), left);
    }
    this.#reverse.writtenAll(block, target, logicals, at, count);
    this.#blocks.addValid(block, all);
  }

  /** The unit holds nothing from now on. */
  unmap(logical: number): void {
    this.#forget(logical);
    this.#forward.set(logical, NOWHERE);
  }

  #forget(logical: number): void {
    const row = this.#rowOf(logical);
    if (row < 0) return;
    const physical = row * this.#geometry.unitsPerRow;
    const isInHand = this.#blocks.invalidate(this.#geometry.blockOf(physical));
    if (isInHand) this.#collection.wentStale(logical, physical);
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

function sparse(map: PackedInts): SparseMap {
  const kept: SparseMap = { at: [], places: [], entries: [] };
  const most = Math.floor(CHUNK / map.perLine) * map.perLine;
  const chunk = new Int32Array(most);
  for (let at = 0; at < map.length; at += most) {
    const size = Math.min(most, map.length - at);
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
  to.clear(0, Math.ceil(to.length / to.perLine) * to.perLine);
  from.at.forEach((at, n) => {
    const places = from.places[n];
    const entries = from.entries[n];
    for (let i = 0; i < entries.length; i++) {
      to.set(at + (places.length === 0 ? i : places[i]), entries[i]);
    }
  });
}

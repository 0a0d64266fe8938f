/** Large maps that are mostly zeroes, as a snapshot keeps them. */

import type { PackedInts } from './packed-ints.ts';

/** About as many entries are kept or left out together. */
const CHUNK = 65536;

/** A stretch of a map from entry `at` on: its entries; where it holds few, only those that are not zero, and their places in it. */
export interface Chunk {
  at: number;
  places: Uint16Array;
  entries: Int32Array;
}

/** Stretches of a map that hold anything but zeroes. */
export type SparseMap = Iterable<Chunk>;

/** Hears now and then what share of a map has been gone through. */
export type Told = (share: number) => void;

/** Makes each chunk when it is asked for: an old drive's map is hundreds of megabytes. */
export function sparse(map: PackedInts, told: Told): SparseMap {
  return { [Symbol.iterator]: () => chunksOf(map, told) };
}

function* chunksOf(map: PackedInts, told: Told): Generator<Chunk> {
  const most = Math.floor(CHUNK / map.perLine) * map.perLine;
  const chunk = new Int32Array(most);
  for (let at = 0; at < map.length; at += most) {
    const size = Math.min(most, map.length - at);
    told(at / map.length);
    if (map.isClear(at, size)) continue;
    let count = 0;
    for (let i = 0; i < size; i++) {
      chunk[i] = map.get(at + i);
      if (chunk[i] !== 0) count++;
    }
    if (count > size / 2) {
      yield { at, places: new Uint16Array(0), entries: chunk.slice(0, size) };
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
    yield { at, places, entries };
  }
}

/** @param each is told of every entry that is not zero */
export function unsparse(
  from: SparseMap,
  to: PackedInts,
  each: (index: number, entry: number) => void,
  told: Told,
): void {
  to.clear();
  for (const { at, places, entries } of from) {
    told(at / to.length);
    for (let i = 0; i < entries.length; i++) {
      const index = at + (places.length === 0 ? i : places[i]);
      to.set(index, entries[i]);
      if (entries[i] !== 0) each(index, entries[i]);
    }
  }
}

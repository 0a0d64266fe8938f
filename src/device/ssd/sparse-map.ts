/** Large maps that are mostly zeroes, as a snapshot keeps them. */

import type { PackedInts } from './packed-ints.ts';

/** About as many entries are kept or left out together. */
const CHUNK = 65536;

/** Chunks of a map that hold anything but zeroes: where each begins, and its entries; of one that
 * holds few, only those that are not zero, and their places in it. */
export interface SparseMap {
  at: number[];
  places: Uint16Array[];
  entries: Int32Array[];
}

export function sparse(map: PackedInts): SparseMap {
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

/** @param each is told of every entry that is not zero */
export function unsparse(
  from: SparseMap,
  to: PackedInts,
  each: (index: number, entry: number) => void,
): void {
  to.clear();
  from.at.forEach((at, n) => {
    const places = from.places[n];
    const entries = from.entries[n];
    for (let i = 0; i < entries.length; i++) {
      const index = at + (places.length === 0 ? i : places[i]);
      to.set(index, entries[i]);
      if (entries[i] !== 0) each(index, entries[i]);
    }
  });
}

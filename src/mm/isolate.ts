/**
 * isolate_lru_pages: takes pages off the tail of an inactive list, oldest first; lumpy, with each of
 * them all that can be taken of the aligned block of 2^order frames around it.
 */

import { Kind, type LruVec } from './lru.ts';
import type { Memory } from './memory.ts';
import { Page } from './page-table.ts';

/**
 * @param batch where the pages go
 * @param count list entries to look at
 * @param order 0, or the order of the blocks that lumpy reclaim is after
 * @returns how many pages were taken
 */
export function isolate(
  memory: Memory,
  lruvec: LruVec,
  kind: Kind,
  batch: Int32Array,
  count: number,
  order: number,
): number {
  const { table } = memory;
  const { flags } = table;
  const list = lruvec.lists[kind * 2];
  let taken = 0;
  for (let scan = 0; scan < count; scan++) {
    const tail = list.tail();
    if (tail < 0) break;
    list.remove(tail);
    flags[tail] &= ~Page.lru;
    lruvec.isolated[kind]++;
    batch[taken++] = tail;
    if (order === 0) continue;
    const before = taken;
    taken = takeBlock(memory, tail, order, batch, taken);
    scan += taken - before;
  }
  // All of a batch's dirty pages are asked for, whichever of them is written first.
  for (let i = 0; i < taken; i++) {
    if ((flags[batch[i]] & Page.dirty) !== 0) flags[batch[i]] |= Page.wanted;
  }
  return taken;
}

/** The neighbours of a page in its block of 2^order frames, of any list of the same zone. */
function takeBlock(
  memory: Memory,
  tail: number,
  order: number,
  batch: Int32Array,
  count: number,
): number {
  const { table, stat } = memory;
  const first = tail & ~((1 << order) - 1);
  const end = Math.min(first + (1 << order), table.frames);
  let taken = count;
  for (let frame = first; frame < end && taken < batch.length; frame++) {
    const flags = table.flags[frame];
    if (frame === tail || (flags & Page.free) !== 0) continue;
    if (table.zone[frame] !== table.zone[tail] || (flags & Page.lru) === 0) {
      stat.lumpyFailed++;
      continue;
    }
    // Without a place to swap it to, taking an anonymous page is pointless.
    const needsSlot = (flags & Page.anon) !== 0 && (flags & Page.swapCache) === 0;
    if (needsSlot && !memory.canSwap) {
      stat.lumpyFailed++;
      continue;
    }
    memory.takeOffLru(frame);
    table.flags[frame] &= ~Page.active;
    memory.lruvecOf(frame).isolated[(flags & Page.swapBacked) !== 0 ? Kind.anon : Kind.file]++;
    batch[taken++] = frame;
    stat.lumpyTaken++;
    if ((flags & Page.dirty) !== 0) stat.lumpyDirty++;
  }
  return taken;
}

/** Dirty pages of two files, placed so that each batch of reclaim holds pages of both. */

import type { Machine } from '../../mm/machine.ts';
import { Page } from '../../mm/page-table.ts';
import { PAGE_BYTES } from '../../sim/units.ts';

/**
 * Puts dirty pages of files `a` and `b` on the list so that each batch of 32 begins with another file.
 * @param filePages pages of each
 * @returns their handles
 */
export function interleave(machine: Machine, filePages: number): number[] {
  const { memory, allocator, files } = machine;
  const handles = ['a', 'b'].map((name) => files.open(name, filePages * PAGE_BYTES));
  const add = (which: number, index: number) => {
    const frame = allocator.tryFast(0);
    memory.addToCache(frame, files.inodeOf(handles[which]), index);
    memory.table.set(frame, Page.uptodate);
    memory.setDirty(frame);
  };
  for (let index = 0; index < filePages; index++) {
    // Even pages of both go to the one batch, odd ones to the next, the other file first.
    const first = Math.floor(index / 16) % 2;
    add(first, ((index * 2) % filePages) + (index >= filePages / 2 ? 1 : 0));
    add(1 - first, ((index * 2) % filePages) + (index >= filePages / 2 ? 1 : 0));
  }
  return handles;
}

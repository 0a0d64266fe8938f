/**
 * S20: page locks of two files, taken in opposite orders. Two reclaimers each hold pages of both
 * files in their batches; each then writes one file's range, locking the pages it has not got.
 */

import type { Machine } from '../../mm/machine.ts';
import { PAGE_BYTES } from '../../sim/units.ts';
import { Page } from '../../mm/page-table.ts';
import type { Race } from './race.ts';

const PAGES = 256;
const FILE_PAGES = 64;

/** Puts dirty pages of two files on the list so that each batch of 32 begins with another file. */
function interleave(machine: Machine): void {
  const { memory, allocator, files } = machine;
  const inodes = ['a', 'b'].map((name) => files.inodeOf(files.open(name, FILE_PAGES * PAGE_BYTES)));
  const add = (which: number, index: number) => {
    const frame = allocator.tryFast(0);
    memory.addToCache(frame, inodes[which], index);
    memory.table.set(frame, Page.uptodate);
    memory.setDirty(frame);
  };
  for (let index = 0; index < FILE_PAGES; index++) {
    // Even pages of both go to the one batch, odd ones to the next, the other file first.
    const first = Math.floor(index / 16) % 2;
    add(first, ((index * 2) % FILE_PAGES) + (index >= FILE_PAGES / 2 ? 1 : 0));
    add(1 - first, ((index * 2) % FILE_PAGES) + (index >= FILE_PAGES / 2 ? 1 : 0));
  }
}

export const pageLockAbba: Race = {
  name: 'S20',
  summary: 'two reclaimers whose batches hold pages of the same two files',
  pages: PAGES,
  start(machine) {
    interleave(machine);
    return ['reclaimer 1', 'reclaimer 2'].map((name) =>
      machine.spawn(name, machine.files.allocate(70 * PAGE_BYTES)),
    );
  },
};

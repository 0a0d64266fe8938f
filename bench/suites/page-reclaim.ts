/**
 * The page cache alone, over a queue that takes a fixed time: pages are dirtied, written and given
 * back. One operation is one page through all of that.
 */

import type { FileCalls } from '../../src/mm/file-calls.ts';
import { Machine } from '../../src/mm/machine.ts';
import { findWay } from '../../src/mm/pageout/registry.ts';
import { defaultVmOptions } from '../../src/mm/vm-options.ts';
import { EventQueue } from '../../src/sim/events.ts';
import type { Sleeping } from '../../src/sim/task.ts';
import { MIB, PAGE_BYTES } from '../../src/sim/units.ts';
import { NullQueue } from '../../src/block/null-queue.ts';
import type { Case, Suite } from './suite.ts';

const PAGES = 2048;
const MEMORY_PAGES = (16 * MIB) / PAGE_BYTES;
const FILE_PAGES = 4 * MEMORY_PAGES;
const CALL_PAGES = 16;

/** A writer that goes over a file four times the memory, for ever. */
function* writer(calls: FileCalls): Sleeping<void> {
  const file = calls.open('bench', FILE_PAGES * PAGE_BYTES);
  for (let page = 0; ; page = (page + CALL_PAGES) % FILE_PAGES) {
    yield* calls.write(file, page * PAGE_BYTES, CALL_PAGES * PAGE_BYTES);
  }
}

function reclaim(way: string, limits: string, ratios: { dirtyRatio: number }): Case {
  const events = new EventQueue();
  const options = {
    ...defaultVmOptions,
    pages: MEMORY_PAGES,
    ...ratios,
    dirtyBackgroundRatio: ratios.dirtyRatio / 2,
  };
  const machine = new Machine(events, new NullQueue(events, 10_000, false), options, findWay(way));
  machine.spawn('writer', writer(machine.files));
  const { stat } = machine.memory;
  return {
    name: `page dirtied, written, reclaimed: ${way}, ${limits}`,
    operations: PAGES,
    run() {
      const until = stat.pagesDirtied + PAGES;
      while (stat.pagesDirtied < until) events.step();
    },
  };
}

export const pageReclaim: Suite = {
  name: 'page-reclaim',
  make: () => [
    reclaim('writepage', 'dirty_ratio 20', { dirtyRatio: 20 }),
    // Without limits it is reclaim that meets the dirty pages.
    reclaim('writepage', 'no dirty limit', { dirtyRatio: 200 }),
    reclaim('around', 'no dirty limit', { dirtyRatio: 200 }),
  ],
};

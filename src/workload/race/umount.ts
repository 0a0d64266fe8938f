/**
 * S19 with an inode that ends in another way than by reclaim's own iput: its file system is
 * unmounted while a range is being written, or it was on its way out before reclaim came.
 */

import { findFileSystem } from '../../fs/registry.ts';
import { PAGE_BYTES, US } from '../../sim/units.ts';
import { populate } from '../populate.ts';
import { interleave } from './interleaved.ts';
import type { Race } from './race.ts';

/** Less than the 28 pages that two stretches of write_cache_pages cover: who comes second can end first. */
const DIRTY_PAGES = 24;
const CLEAN_PAGES = 64;

export const umountRace: Race = {
  name: 'S19-umount',
  summary: 'a file is closed and its file system unmounted while a reclaimer writes the file',
  pages: 136,
  // One page a bio: a multi-page writer keeps its bio to the end, and the umount's sync waits for it.
  fileSystem: findFileSystem('ext3'),
  // A fast device: a reclaimer may be off its processor for longer than the umount's sync takes.
  bioNs: 2 * US,
  start(machine) {
    const { memory, files } = machine;
    const file = { count: 1, dirty_every: 1 };
    const handles = populate(
      machine,
      {
        files: [
          { ...file, name: 'written', size: DIRTY_PAGES * PAGE_BYTES, state: 'dirty' },
          { ...file, name: 'other', size: CLEAN_PAGES * PAGE_BYTES, state: 'clean' },
        ],
        lru: 'in-order',
      },
      1,
    );
    const umounter = machine.spawn(
      'umounter',
      (function* () {
        for (const handle of handles) yield* files.close(handle);
        yield* memory.useCpu(20 * US);
        yield* files.umount();
      })(),
    );
    return [umounter, machine.spawn('reclaimer', files.allocate(48 * PAGE_BYTES, 3))];
  },
};

/** Pages of each file: half of the first batch is one's, half the other's. */
const FILE_PAGES = 32;

export const freeingRace: Race = {
  name: 'S19-freeing',
  summary: 'two files are unlinked and closed while a reclaimer has pages of both set aside',
  pages: 104,
  start(machine) {
    const { memory, files } = machine;
    const closers = interleave(machine, FILE_PAGES).map((handle, i) =>
      machine.spawn(
        `closer ${i + 1}`,
        (function* () {
          yield* memory.useCpu(10 * US);
          yield* files.unlink('ab'[i]);
          yield* files.close(handle);
        })(),
      ),
    );
    return [...closers, machine.spawn('reclaimer', files.allocate(48 * PAGE_BYTES))];
  },
};

/** Puts a scenario's files into the page cache, as if programs had used them long before. */

import type { Machine } from '../mm/machine.ts';
import { Page } from '../mm/page-table.ts';
import { RandomStream } from '../sim/random.ts';
import { PAGE_BYTES } from '../sim/units.ts';
import type { Scenario } from './scenario.ts';

type Cache = NonNullable<Scenario['cache']>;

/**
 * Fills the cache. Pages become resident in file order (so that a file's frames are as contiguous
 * as its blocks); the LRU order is what the scenario says.
 * @returns the files' handles, which stay open
 */
export function populate(machine: Machine, cache: Cache, seed: number): number[] {
  const { memory, allocator, files } = machine;
  const total = cache.files.reduce(
    (sum, file) => sum + Math.ceil(file.size / PAGE_BYTES) * file.count,
    0,
  );
  const frames = new Int32Array(total);
  const dirty = new Uint8Array(total);
  const handles: number[] = [];
  let count = 0;
  for (const { file, name } of cache.files.flatMap(numbered)) {
    const isDelayed = file.state === 'delayed';
    const handle = files.open(name, isDelayed ? 0 : file.size);
    handles.push(handle);
    const inode = files.inodeOf(handle);
    inode.sizeBytes = file.size;
    for (let index = 0; index * PAGE_BYTES < file.size; index++) {
      const frame = allocator.tryFast(0);
      if (frame < 0)
        throw new Error(`the cache's files do not fit into ${memory.options.pages} pages`);
      memory.addToCache(frame, inode, index);
      memory.table.set(frame, Page.uptodate);
      memory.takeOffLru(frame);
      dirty[count] = file.state !== 'clean' && index % file.dirty_every === 0 ? 1 : 0;
      frames[count++] = frame;
    }
  }
  const order = Int32Array.from({ length: count }, (_, i) => i);
  if (cache.lru === 'random') new RandomStream(seed, 'populate:lru').shuffle(order);
  for (const at of order) {
    // Each goes in front of the last, so the first of the order is the oldest.
    memory.putOnLru(frames[at]);
    if (dirty[at] === 1) memory.setDirty(frames[at]);
  }
  return handles;
}

/** The files an entry stands for, with their names. */
function numbered(file: Cache['files'][number]): { file: typeof file; name: string }[] {
  if (file.count === 1) return [{ file, name: file.name }];
  return Array.from({ length: file.count }, (_, i) => ({ file, name: `${file.name}.${i}` }));
}

/** Morton's suggestion of 2010: memory full of pages dirtied at random. No way may come to a kill. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { defaultVmOptions } from '../../src/mm/vm-options.ts';
import { Machine } from '../../src/mm/machine.ts';
import { pageoutWays } from '../../src/mm/pageout/registry.ts';
import { EventQueue } from '../../src/sim/events.ts';
import { RandomStream } from '../../src/sim/random.ts';
import { MS, PAGE_BYTES } from '../../src/sim/units.ts';
import { checkConserved } from './conserved.ts';
import { StubQueue } from './stub-queue.ts';

const PAGES = 2048;

for (const way of pageoutWays.values()) {
  test(`${way.name}: a heavy random writer through a mapping beside memory in use, nobody is killed`, () => {
    const events = new EventQueue();
    const kernel = way.kernel ?? defaultVmOptions.kernel;
    const swapBytes = 2048 * PAGE_BYTES;
    const options = { ...defaultVmOptions, kernel, pages: PAGES, dirtyRatio: 40, swapBytes };
    const machine = new Machine(events, new StubQueue(events, 1 * MS), options, way);
    const { files, memory } = machine;
    const stream = new RandomStream(1, way.name);
    const database = machine.spawn(
      'database',
      (function* () {
        const file = files.open('database', 0);
        yield* files.truncate(file, 2 * PAGES * PAGE_BYTES);
        for (let n = 0; n < 3 * PAGES; n++) {
          yield* files.touch(file, stream.below(2 * PAGES) * PAGE_BYTES, PAGE_BYTES);
        }
      })(),
    );
    const hog = machine.spawn(
      'hog',
      (function* () {
        const region = files.mapAnon((PAGES / 2) * PAGE_BYTES);
        for (let round = 0; round < 3; round++) {
          yield* files.touchAnon(region, 0, (PAGES / 2) * PAGE_BYTES, true);
        }
      })(),
    );
    machine.runUntilDone([database, hog]);
    assert.ok(memory.stat.pgscan[0] + memory.stat.pgscan[1] > PAGES / 2, 'memory was short');
    assert.equal(memory.stat.oomKill, 0);
    checkConserved(memory);
  });
}

/** Where a task's memory comes from on a machine of several nodes. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Machine } from '../../src/mm/machine.ts';
import { findWay } from '../../src/mm/pageout/registry.ts';
import { defaultVmOptions } from '../../src/mm/vm-options.ts';
import { EventQueue } from '../../src/sim/events.ts';
import { PAGE_BYTES, US } from '../../src/sim/units.ts';
import { StubQueue } from './stub-queue.ts';

test('with more nodes than processors, tasks use the nodes that have a processor first', () => {
  const events = new EventQueue();
  const options = { ...defaultVmOptions, pages: 8 * 4096, nodes: 8, cpus: 4, dirtyRatio: 90 };
  const queue = new StubQueue(events, 10 * US);
  const machine = new Machine(events, queue, options, findWay('linux-2.6.34'));
  const tasks = Array.from({ length: 8 }, (_, n) =>
    machine.spawn(
      `writer.${n}`,
      (function* () {
        yield* machine.files.write(machine.files.open(`file.${n}`, 0), 0, 1000 * PAGE_BYTES);
      })(),
    ),
  );
  machine.runUntilDone(tasks);
  const used = machine.memory.topology.nodes.map(({ zones }) =>
    zones.reduce((pages, zone) => pages + zone.pages - zone.buddy.freePages, 0),
  );
  assert.deepEqual(
    used.map((pages) => pages >= 2000),
    [true, true, true, true, false, false, false, false],
    used.join(' '),
  );
});

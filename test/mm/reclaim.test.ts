import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Machine } from '../../src/mm/machine.ts';
import { findWay, pageoutWays } from '../../src/mm/pageout/registry.ts';
import { defaultVmOptions } from '../../src/mm/vm-options.ts';
import { EventQueue } from '../../src/sim/events.ts';
import { MIB, MS } from '../../src/sim/units.ts';
import { populate } from '../../src/workload/populate.ts';
import { StubQueue } from './stub-queue.ts';

function run(way: string, lru: 'random' | 'in-order', order: number) {
  const events = new EventQueue();
  const queue = new StubQueue(events, 1 * MS);
  const options = {
    ...defaultVmOptions,
    pages: 16384,
    dirtyRatio: 80,
    dirtyBackgroundRatio: 70,
  };
  const machine = new Machine(events, queue, options, findWay(way));
  populate(
    machine,
    {
      files: [
        { name: 'written', size: 24 * MIB, state: 'dirty', count: 1, dirty_every: 1 },
        { name: 'stream', size: 24 * MIB, state: 'clean', count: 1, dirty_every: 1 },
      ],
      lru,
    },
    1,
  );
  const task = machine.spawn('hog', machine.files.allocate(56 * MIB, order));
  machine.runUntilDone([task]);
  const sync = machine.spawn('sync', machine.files.sync());
  machine.runUntilDone([sync]);
  return { machine, queue, stat: machine.memory.stat };
}

for (const way of pageoutWays.keys()) {
  for (const [lru, order] of [
    ['random', 0],
    ['in-order', 9],
  ] as const) {
    test(`${way}, ${lru} LRU, order ${order}: every dirty page is cleaned once`, () => {
      const { machine, stat } = run(way, lru, order);
      assert.equal(stat.pagesDirtied, 6144);
      assert.equal(stat.pagesCleanedTotal, 6144);
      assert.equal(stat.pagesWritten, 6144);
      assert.equal(machine.memory.nrDirty, 0);
      assert.equal(machine.memory.nrWriteback, 0);
    });
  }
}

/** Anonymous memory and tmpfs: out to swap in clusters, and back. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Machine } from '../../src/mm/machine.ts';
import { wayOfKernel } from '../../src/mm/kernel.ts';
import { findWay } from '../../src/mm/pageout/registry.ts';
import { defaultVmOptions } from '../../src/mm/vm-options.ts';
import { EventQueue } from '../../src/sim/events.ts';
import { Op } from '../../src/device/device.ts';
import { parseKernelVersion } from '../../src/sim/kernel-version.ts';
import { SWAP_DISK } from '../../src/mm/swap.ts';
import { Reclaimer } from '../../src/mm/vm-stat.ts';
import { MS, PAGE_BYTES, PAGE_SECTORS } from '../../src/sim/units.ts';
import { checkConserved } from './conserved.ts';
import { StubQueue } from './stub-queue.ts';

const PAGES = 1024;

function swapMachine(swapPages: number) {
  const events = new EventQueue();
  const queue = new StubQueue(events, 1 * MS);
  const options = { ...defaultVmOptions, pages: PAGES, swapBytes: swapPages * PAGE_BYTES };
  const machine = new Machine(events, queue, options, findWay('linux-2.6.34'));
  return { machine, queue, stat: machine.memory.stat };
}

function* touchTwice(machine: Machine, pages: number) {
  const { files } = machine;
  const region = files.mapAnon(pages * PAGE_BYTES);
  yield* files.touchAnon(region, 0, pages * PAGE_BYTES, true);
  yield* files.touchAnon(region, 0, pages * PAGE_BYTES, false);
  return region;
}

test('a region larger than memory goes out to swap and comes back, eight slots at a time', () => {
  const { machine, queue, stat } = swapMachine(4096);
  const task = machine.spawn(
    'hog',
    (function* () {
      const region = yield* touchTwice(machine, 1.5 * PAGES);
      checkConserved(machine.memory);
      machine.files.unmapAnon(region);
    })(),
  );
  machine.runUntilDone([task]);
  assert.ok(stat.pswpout > PAGES / 2);
  assert.ok(stat.pswpin > PAGES / 2);
  assert.equal(stat.oomKill, 0);
  assert.equal(stat.pagesWritten, 0, 'what goes to swap is not counted as file pages');
  const reads = queue.seen.filter(({ op }) => op === Op.read);
  assert.equal(reads.length, stat.pswpin, 'one bio a page');
  assert.ok(stat.pswpin / stat.pgmajfault > 4, 'clusters, not single pages');
  // One after another in memory, one after another in swap: runs of 256 slots.
  const writes = queue.seen.filter(({ op }) => op === Op.write).map(({ sector }) => sector);
  const ascending = writes.filter((sector, i) => i > 0 && sector === writes[i - 1] + PAGE_SECTORS);
  assert.ok(ascending.length > 0.9 * writes.length);
  checkConserved(machine.memory);
});

test('swap on a disk of its own leaves the first disk alone, and counts for no disk', () => {
  const events = new EventQueue();
  const queue = new StubQueue(events, 1 * MS);
  const swapQueue = new StubQueue(events, 1 * MS);
  const options = { ...defaultVmOptions, pages: PAGES, swapBytes: 4096 * PAGE_BYTES };
  const way = findWay('linux-2.6.34');
  const mounts = [{ at: SWAP_DISK, queue: swapQueue, fileSystem: 'tmpfs' }];
  const machine = new Machine(events, queue, options, way, mounts);
  const task = machine.spawn(
    'hog',
    (function* () {
      machine.files.unmapAnon(yield* touchTwice(machine, 1.5 * PAGES));
    })(),
  );
  machine.runUntilDone([task]);
  const { stat, bdis } = machine.memory;
  assert.ok(stat.pswpout > PAGES / 2 && stat.pswpin > PAGES / 2);
  assert.equal(queue.seen.length, 0);
  assert.equal(swapQueue.seen.length, stat.pswpout + stat.pswpin);
  assert.deepEqual(
    bdis.map(({ written, nrWriteback }) => [written, nrWriteback]),
    [
      [0, 0],
      [0, 0],
    ],
  );
  checkConserved(machine.memory);
});

test('tmpfs goes to swap and comes back; without swap it stays', () => {
  for (const [swapPages, goesOut] of [
    [4096, true],
    [0, false],
  ] as const) {
    const { machine, stat } = swapMachine(swapPages);
    const { files } = machine;
    const task = machine.spawn(
      'writer',
      (function* () {
        const file = files.open('/dev/shm/a', 0);
        yield* files.write(file, 0, 600 * PAGE_BYTES);
        const region = files.mapAnon(PAGES * PAGE_BYTES);
        yield* files.touchAnon(region, 0, (goesOut ? 700 : 300) * PAGE_BYTES, true);
        yield* files.read(file, 0, 600 * PAGE_BYTES);
        yield* files.unlink('/dev/shm/a');
        yield* files.close(file);
      })(),
    );
    machine.runUntilDone([task]);
    assert.equal(stat.pswpout > 0, goesOut);
    assert.equal(stat.pswpin > 0, goesOut);
    assert.equal(machine.memory.nrDirty, 0);
    checkConserved(machine.memory);
  }
});

test('more than memory and swap: a task is killed, and that is counted', () => {
  const { machine, stat } = swapMachine(100);
  const task = machine.spawn(
    'hog',
    (function* () {
      yield* touchTwice(machine, 2 * PAGES);
      assert.fail('it should have been killed');
    })(),
  );
  machine.runUntilDone([task]);
  assert.equal(stat.oomKill, 1);
  checkConserved(machine.memory);
  assert.ok(machine.memory.freePages > 0.9 * PAGES);
});

for (const kernel of ['2.6.34', '3.2', '4.11', '6.16']) {
  test(`${kernel}: a memory cgroup reclaims for itself, up to its limit and no further`, () => {
    const events = new EventQueue();
    const number = parseKernelVersion(kernel);
    const options = {
      ...defaultVmOptions,
      kernel: number,
      pages: 4 * PAGES,
      swapBytes: 4096 * PAGE_BYTES,
      groups: [{ name: 'small', limitPages: 200 }],
    };
    const queue = new StubQueue(events, MS / 4);
    const machine = new Machine(events, queue, options, findWay(wayOfKernel(number)));
    const { memory } = machine;
    const task = machine.spawn(
      'hog',
      (function* () {
        const region = yield* touchTwice(machine, 600);
        assert.ok(memory.groupPages[1] <= 200);
        machine.files.unmapAnon(region);
      })(),
      'small',
    );
    while (!task.isDone) {
      assert.ok(events.step());
      assert.ok(memory.groupPages[1] <= 200, 'the limit holds');
    }
    const { stat } = memory;
    assert.equal(stat.oomKill, 0);
    assert.ok(stat.pswpout >= 400 && stat.pswpin >= 400);
    assert.equal(stat.pgscan[Reclaimer.kswapd], 0, 'there is no kswapd for a cgroup');
    checkConserved(memory);
  });
}

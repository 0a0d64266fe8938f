/** Whatever programs do, on whatever machine, no page is lost, and the page counts balance. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Machine } from '../../src/mm/machine.ts';
import { wayOfKernel } from '../../src/mm/kernel.ts';
import { findWay, pageoutWays } from '../../src/mm/pageout/registry.ts';
import type { Arch } from '../../src/mm/topology.ts';
import { defaultVmOptions, type VmOptions } from '../../src/mm/vm-options.ts';
import type { FileCalls } from '../../src/mm/file-calls.ts';
import { EventQueue } from '../../src/sim/events.ts';
import { parseKernelVersion } from '../../src/sim/kernel-version.ts';
import type { Sleeping } from '../../src/sim/task.ts';
import { MS, PAGE_BYTES } from '../../src/sim/units.ts';
import { checkConserved } from './conserved.ts';
import { StubQueue } from './stub-queue.ts';

type Call = [kind: number, file: number, page: number, pages: number];

const FILES = ['a', 'b', 'c', '/dev/shm/d'];
const REGION_PAGES = 640;

function* program(calls: readonly Call[], files: FileCalls): Sleeping<void> {
  const open = FILES.map((name) => files.open(name, name.startsWith('/') ? 0 : 40 * PAGE_BYTES));
  let region = files.mapAnon(REGION_PAGES * PAGE_BYTES);
  for (const [kind, which, page, pages] of calls) {
    const file = open[which];
    const at = page * PAGE_BYTES;
    const bytes = pages * PAGE_BYTES - (pages % 3) * 100;
    if (kind <= 3) yield* files.write(file, at, bytes);
    else if (kind <= 5) yield* files.touch(file, at, bytes);
    else if (kind <= 7) yield* files.read(file, at, bytes);
    else if (kind <= 9) yield* files.touchAnon(region, 4 * at, 4 * bytes, which !== 0);
    else if (kind === 10) yield* files.fsync(file);
    else if (kind === 11) yield* files.truncate(file, at);
    else if (kind === 12) {
      // Unlinked while open, closed, and made anew under the same name.
      yield* files.unlink(FILES[which]);
      yield* files.close(file);
      open[which] = files.open(FILES[which], 0);
    } else if (kind === 13) {
      files.unmapAnon(region);
      region = files.mapAnon(REGION_PAGES * PAGE_BYTES);
    } else yield* files.sleepNs(pages * 100 * MS);
  }
}

/** Calls that programs which share files may all make: no unlinking under one another. */
const isShared = ([kind]: Call) => kind <= 10;

const call = fc.tuple(fc.nat(14), fc.nat(3), fc.nat(120), fc.integer({ min: 1, max: 40 }));
const programs = fc.array(fc.array(call, { maxLength: 40 }), { minLength: 1, maxLength: 3 });

function run(
  options: VmOptions,
  way: string,
  loads: readonly (readonly Call[])[],
  group?: string,
): Machine {
  const events = new EventQueue();
  const queue = new StubQueue(events, 2 * MS);
  const machine = new Machine(events, queue, options, findWay(way));
  const tasks = loads.map((calls, i) =>
    machine.spawn(
      `p${i}`,
      program(i === 0 ? calls : calls.filter(isShared), machine.files),
      i === 0 ? group : undefined,
    ),
  );
  let steps = 0;
  for (const task of tasks) {
    while (!task.isDone) {
      assert.ok(events.step(), `${task.name} waits for ${task.waitingFor} for ever`);
      steps++;
      // In the middle of things too: reclaim may have pages in hand then.
      if (steps % 512 === 0) checkConserved(machine.memory);
      assert.ok(steps < 1_000_000);
    }
  }
  machine.runUntilDone([machine.spawn('sync', machine.files.sync())]);
  checkConserved(machine.memory);
  assert.equal(machine.memory.nrDirty, 0);
  return machine;
}

for (const way of pageoutWays.keys()) {
  test(`${way}: pages are conserved under random programs`, () => {
    fc.assert(
      fc.property(programs, fc.integer({ min: 200, max: 800 }), fc.nat(2), (loads, pages, swap) => {
        run({ ...defaultVmOptions, pages, swapBytes: swap * 400 * PAGE_BYTES }, way, loads);
      }),
      { numRuns: 40 },
    );
  });
}

test('a store through a mapping whose file is cut short meanwhile ends (SIGBUS)', () => {
  const loads: Call[][] = [
    [
      [8, 1, 73, 38],
      [7, 3, 4, 36],
      [0, 0, 89, 21],
      [7, 1, 45, 3],
      [2, 2, 70, 30],
      [11, 0, 59, 16],
      [8, 0, 83, 33],
      [10, 0, 33, 10],
    ],
    [
      [2, 1, 3, 18],
      [3, 0, 115, 13],
      [2, 0, 84, 4],
      [5, 0, 47, 38],
      [1, 3, 68, 39],
    ],
    [[2, 1, 4, 3]],
  ];
  run({ ...defaultVmOptions, pages: 237, swapBytes: 400 * PAGE_BYTES }, 'linux-2.6.34', loads);
});

/** What the random machines did, so that it is known that they did something. */
const done = { pswpout: 0, oomKill: 0, allocstall: 0, nrVmscanWrite: 0, pgactivate: 0 };
type Done = keyof typeof done;

test('random machines: kernels, processors, nodes, cgroups', () => {
  fc.assert(
    fc.property(
      programs,
      fc.record({
        kernel: fc.constantFrom('2.6.34', '3.0', '3.2', '3.11', '4.10', '4.11', '6.16'),
        arch: fc.constantFrom<Arch>('x86-64', 'i386', 'ppc64'),
        nodes: fc.integer({ min: 1, max: 4 }),
        pages: fc.integer({ min: 300, max: 1500 }),
        swap: fc.nat(1000),
        limit: fc.integer({ min: 60, max: 300 }),
      }),
      (loads, { kernel, arch, nodes, pages, swap, limit }) => {
        const number = parseKernelVersion(kernel);
        const { memory } = run(
          {
            ...defaultVmOptions,
            kernel: number,
            arch,
            nodes,
            pages,
            swapBytes: swap * PAGE_BYTES,
            groups: [{ name: 'small', limitPages: limit }],
          },
          wayOfKernel(number),
          loads,
          'small',
        );
        for (const key of Object.keys(done) as Done[]) done[key] += memory.stat[key];
      },
    ),
    { numRuns: 150 },
  );
  for (const [what, count] of Object.entries(done)) assert.ok(count > 0, what);
});

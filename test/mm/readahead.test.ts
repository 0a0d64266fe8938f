/** Faults in a shared mapping: what comes into the cache with the page, and what is read for it. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Op } from '../../src/device/device.ts';
import type { FileCalls } from '../../src/mm/file-calls.ts';
import { Machine } from '../../src/mm/machine.ts';
import { findWay } from '../../src/mm/pageout/registry.ts';
import { defaultVmOptions } from '../../src/mm/vm-options.ts';
import { EventQueue } from '../../src/sim/events.ts';
import { parseKernelVersion } from '../../src/sim/kernel-version.ts';
import type { Sleeping } from '../../src/sim/task.ts';
import { PAGE_BYTES, US } from '../../src/sim/units.ts';
import { StubQueue } from './stub-queue.ts';

/** Runs a program on 16 MiB of memory. @returns the machine, and the pages of each read */
function runWith(kernel: string, program: (calls: FileCalls) => Sleeping<void>) {
  const events = new EventQueue();
  const queue = new StubQueue(events, 10 * US);
  const options = { ...defaultVmOptions, kernel: parseKernelVersion(kernel), pages: 4096 };
  const machine = new Machine(events, queue, options, findWay('linux-2.6.34'));
  machine.runUntilDone([machine.spawn('program', program(machine.files))]);
  const reads = queue.seen.filter(({ op }) => op === Op.read).map(({ sectors }) => sectors / 8);
  return { machine, reads };
}

/** Stores into one page after another of a file. */
function* storeInto(calls: FileCalls, file: number, pages: Iterable<number>): Sleeping<void> {
  for (const page of pages) yield* calls.touch(file, page * PAGE_BYTES, PAGE_BYTES);
}

function upTo(end: number): number[] {
  return Array.from({ length: end }, (_, i) => i);
}

for (const kernel of ['2.6.34', '3.0']) {
  test(`${kernel}: a file that is all hole is never read, however often memory is short`, () => {
    const { machine, reads } = runWith(kernel, function* (calls) {
      const file = calls.open('sparse', 0);
      yield* calls.truncate(file, 6000 * PAGE_BYTES);
      yield* storeInto(calls, file, upTo(6000));
      yield* calls.fsync(file);
    });
    assert.deepEqual(reads, []);
    assert.equal(machine.memory.stat.pagesRead, 0);
    assert.equal(machine.memory.stat.pagesWritten, 6000);
  });

  test(`${kernel}: stores in order read 32 pages at a time`, () => {
    const { machine, reads } = runWith(kernel, function* (calls) {
      yield* storeInto(calls, calls.open('old', 640 * PAGE_BYTES), upTo(640));
    });
    assert.equal(machine.memory.stat.pagesRead, 640);
    // The first window of 3.0 is one around page 0: half of it would lie before the file.
    assert.deepEqual(
      reads,
      Array.from({ length: 20 }, () => 32),
    );
  });
}

test('a store at a random place reads the pages around it, until a hundred times were in vain', () => {
  const places = Array.from({ length: 150 }, (_, i) => 100 + 200 * i);
  const { machine, reads } = runWith('2.6.34', function* (calls) {
    const file = calls.open('database', 40_000 * PAGE_BYTES);
    yield* storeInto(calls, file, places);
  });
  assert.deepEqual(reads, [
    ...Array.from({ length: 100 }, () => 32),
    ...Array.from({ length: 50 }, () => 1),
  ]);
  assert.equal(machine.memory.stat.pgmajfault, 150);
});

test('stores that find their pages make up for misses', () => {
  const { machine } = runWith('2.6.34', function* (calls) {
    const file = calls.open('database', 40_000 * PAGE_BYTES);
    for (let n = 0; n < 150; n++) yield* storeInto(calls, file, [100 + 200 * n, 110 + 200 * n]);
  });
  assert.equal(machine.memory.stat.pagesRead, 150 * 32);
});

/** Huge pages while memory is full of dirty pages: what direct reclaim does about those in its way. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { reclaimStatistics } from '../../src/mm/counters.ts';
import { Machine } from '../../src/mm/machine.ts';
import { findWay } from '../../src/mm/pageout/registry.ts';
import { defaultVmOptions } from '../../src/mm/vm-options.ts';
import { EventQueue } from '../../src/sim/events.ts';
import { parseKernelVersion } from '../../src/sim/kernel-version.ts';
import { MS, PAGE_BYTES } from '../../src/sim/units.ts';
import { StubQueue } from './stub-queue.ts';

/** Fills 16 MiB with a dirty file, which no limit holds back, and asks for huge pages. */
function hugePages(kernel: string, fileSystem: string, way: string) {
  const events = new EventQueue();
  const options = {
    ...defaultVmOptions,
    kernel: parseKernelVersion(kernel),
    pages: 4096,
    arch: 'ppc64' as const,
    fileSystem,
    dirtyRatio: 95,
    dirtyBackgroundRatio: 94,
    dirtyWritebackCentisecs: 0,
  };
  const machine = new Machine(events, new StubQueue(events, 1 * MS), options, findWay(way));
  const { files } = machine;
  let got = 0;
  const task = machine.spawn(
    'program',
    (function* () {
      yield* files.write(files.open('file', 0), 0, 3900 * PAGE_BYTES);
      for (let i = 0; i < 4; i++) if (yield* files.tryAllocate(9)) got++;
    })(),
  );
  machine.runUntilDone([task]);
  const counted = reclaimStatistics(machine.memory, 0, events.nowNs);
  const direct = counted.direct_write_file_async + counted.direct_write_file_sync;
  return { got, counted, direct, kicked: machine.memory.stat.pagesCleaned[1] };
}

test('2.6.34 writes what is in the way itself, and what is still dirty then synchronously', () => {
  const { got, direct } = hugePages('2.6.34', 'ext2', 'linux-2.6.34');
  assert.ok(direct > 100, `${direct}`);
  assert.ok(got > 0);
});

test('without writes by direct reclaim the flusher is woken for it, and the huge pages are had', () => {
  const { got, direct, kicked } = hugePages('2.6.34', 'ext2', 'nodirect');
  assert.equal(direct, 0);
  assert.ok(kicked > 100, `${kicked}`);
  assert.ok(got > 0);
});

test('xfs of 2.6.35 refuses kswapd; with the patches of V3 it writes for it', () => {
  const refused = hugePages('2.6.35', 'xfs', 'linux-2.6.34').counted;
  const served = hugePages('2.6.35', 'xfs', 'nodirect').counted;
  assert.ok(refused.kswapd_write_file_async > 0);
  assert.ok(served.kswapd_write_file_async < refused.kswapd_write_file_async);
});

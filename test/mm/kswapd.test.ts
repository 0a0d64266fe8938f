/** kswapd: how far it goes in a small zone, when it gives up, and what it writes on the machine of S6. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { wayOfKernel } from '../../src/mm/kernel.ts';
import { Machine } from '../../src/mm/machine.ts';
import { findWay } from '../../src/mm/pageout/registry.ts';
import { defaultVmOptions } from '../../src/mm/vm-options.ts';
import { EventQueue } from '../../src/sim/events.ts';
import { parseKernelVersion } from '../../src/sim/kernel-version.ts';
import { MIB, MS } from '../../src/sim/units.ts';
import { runColumn } from '../../src/workload/published/job.ts';
import { loadTable } from '../../src/workload/published/table.ts';
import { StubQueue } from './stub-queue.ts';

/** A machine of 512 MiB that reads one and a half times its memory; the most that was free in its DMA zone. */
function readThrough(kernel: string): { most: number; machine: Machine } {
  const events = new EventQueue();
  const number = parseKernelVersion(kernel);
  const options = { ...defaultVmOptions, pages: 131072, kernel: number };
  const queue = new StubQueue(events, 1 * MS);
  const machine = new Machine(events, queue, options, findWay(wayOfKernel(number)));
  const { files, memory } = machine;
  const [dma] = memory.topology.zones;
  let most = 0;
  const task = machine.spawn(
    'reader',
    (function* () {
      for (let i = 0; i < 7; i++) {
        const file = files.open(`f${i}`, 128 * MIB);
        for (let at = 0; at < 128 * MIB; at += MIB) {
          yield* files.read(file, at, MIB);
          if (i > 4) most = Math.max(most, dma.buddy.freePages);
        }
      }
      yield* files.sleepNs(500 * MS);
    })(),
  );
  machine.runUntilDone([task]);
  return { most, machine };
}

test('kswapd frees no more of a small zone than a little above its high watermark (2.6.39)', () => {
  const { most, machine } = readThrough('3.0');
  const { stat, topology } = machine.memory;
  const [dma, dma32] = topology.zones;
  // What is kept back for those who need low memory comes on top, and one batch.
  const kept = dma.reserve[dma32.type];
  const gap = Math.min(dma.low, Math.ceil(dma.pages / 100));
  assert.ok(most > kept + dma.low && most <= kept + dma.high + gap + 32, `${most} pages`);
  // What is kept back there does not keep kswapd awake.
  assert.ok(stat.kswapdSleeps > 0);
});

test('S6: kswapd writes file pages, is held up by it, and leaves reclaim to the writer; 3.2 writes none', () => {
  const table = loadTable('2011-v1-fsmark');
  const programs = table.run.programs.map((program) => ({ ...program, loops: 2 }));
  const job = {
    scenario: { ...table.run, programs },
    device: table.device,
    generation: table.block_layer,
    scheduler: table.scheduler,
    seed: 1,
  };
  const [vanilla, merged] = ['linux-2.6.34', 'linux-3.2'].map(
    (way) => runColumn({ ...job, way }, () => {}).reclaim,
  );
  assert.ok(vanilla.kswapd_write_file_async > 100);
  assert.equal(merged.kswapd_write_file_async, 0);
  assert.ok(vanilla.direct_scans_percent > 20, `${vanilla.direct_scans_percent} %`);
  assert.ok(merged.direct_scans_percent < 10, `${merged.direct_scans_percent} %`);
  assert.ok(merged.stalled_direct_ms <= vanilla.stalled_direct_ms + 1000);
});

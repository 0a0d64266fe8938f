/** What the drive does while nobody asks anything of it. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DeviceFlag, Op } from '../../../src/device/device.ts';
import { RandomStream } from '../../../src/sim/random.ts';
import {
  Bench,
  CHANNEL_NS,
  ERASE_NS,
  LINK_NS,
  PROGRAM_NS,
  READ_NS,
  smallProfile,
} from './small.ts';

const AFTER_US = 5000;
const ONE_READ = 3000 + READ_NS + CHANNEL_NS + LINK_NS;

/** A drive overwritten at random until collection had to run. */
function used(free_blocks?: number, after_us = AFTER_US): Bench {
  const idle = free_blocks === undefined ? undefined : { after_us, free_blocks };
  const bench = new Bench(
    smallProfile({ capacity_sectors: 3072, gc: { policy: 'greedy', start_free_blocks: 2, idle } }),
  );
  const random = new RandomStream(5, 'load');
  let sent = 0;
  bench.onComplete = (tag) => {
    if (sent++ < 1500) bench.submit(tag, Op.write, random.below(384) * 8, 8);
  };
  for (let tag = 0; tag < 8; tag++) bench.onComplete(tag);
  const done = 1500;
  while (bench.order.length < done) bench.events.step();
  bench.onComplete = undefined;
  return bench;
}

const lanesFree = (bench: Bench): number[] => [...bench.drive.blocks.free];

test('collection goes on when idle, up to the free blocks wanted, and then nothing is pending', () => {
  const bench = used(5);
  assert.ok(lanesFree(bench).some((free) => free < 5));
  bench.run();
  assert.ok(lanesFree(bench).every((free) => free >= 5));
  assert.equal(bench.drive.nextEventNs(), Infinity);
  const without = used();
  without.run();
  assert.ok(lanesFree(without).some((free) => free < 5));
});

test('more than there is to gain is not waited for', () => {
  const bench = used(15);
  bench.run();
  assert.equal(bench.drive.nextEventNs(), Infinity);
  assert.ok(lanesFree(bench).every((free) => free >= 5 && free < 15));
});

test('not before the drive has been idle for so long', () => {
  const bench = used(5);
  // Reads keep it from being idle, whatever else it does.
  for (let n = 0; n < 200; n++) {
    bench.submit(0, Op.read, 0, 8);
    bench.events.advanceTo(bench.events.nowNs + (AFTER_US - 1000) * 1000);
  }
  const { erases } = bench.drive.counters;
  const before = lanesFree(bench);
  bench.events.advanceTo(bench.events.nowNs + 1_000_001);
  assert.deepEqual(lanesFree(bench), before);
  assert.equal(bench.drive.counters.erases, erases);
  bench.run();
  assert.ok(bench.drive.counters.erases > erases);
});

test('a read that comes meanwhile waits for one operation at most, and collection stops', () => {
  for (let later = 0; later < 40; later++) {
    const bench = used(8);
    bench.events.advanceTo(bench.events.nowNs + AFTER_US * 1000 + 200_000 + later * 137_000);
    const start = bench.events.nowNs;
    bench.submit(0, Op.read, 8 * later, 8);
    const before = bench.order.length;
    while (bench.order.length === before) bench.events.step();
    const most = ONE_READ + Math.max(ERASE_NS, PROGRAM_NS + 2 * CHANNEL_NS) + 2 * CHANNEL_NS;
    assert.ok(bench.doneNs[0] - start <= most);
    // While requests keep coming, nothing but what was under way is finished.
    const { erases, programs } = bench.drive.counters;
    for (let n = 0; n < 20; n++) {
      bench.submit(1, Op.read, 0, 8);
      bench.events.advanceTo(bench.events.nowNs + 4_000_000);
    }
    const { counters } = bench.drive;
    assert.ok(counters.erases - erases + counters.programs - programs <= 4);
  }
});

test('what was collected in idle time, the next burst need not wait for', () => {
  const burst = (bench: Bench): number => {
    bench.run();
    const start = bench.events.nowNs;
    const random = new RandomStream(9, 'burst');
    let sent = 0;
    bench.onComplete = (tag) => {
      if (sent++ < 100) bench.submit(tag, Op.write, random.below(384) * 8, 8, DeviceFlag.fua);
    };
    for (let tag = 0; tag < 8; tag++) bench.onComplete(tag);
    const before = bench.order.length;
    while (bench.order.length < before + 100) bench.events.step();
    return bench.events.nowNs - start;
  };
  assert.ok(burst(used(7)) < 0.7 * burst(used()));
});

/** What the drive does from now until nothing is left to do. */
function restOf(bench: Bench): object[] {
  const told: object[] = [];
  const startNs = bench.events.nowNs;
  while (bench.events.step()) {
    told.push({
      ns: bench.events.nowNs - startNs,
      free: lanesFree(bench),
      valid: [...bench.drive.blocks.valid],
    });
  }
  return told;
}

test('idle time that is over as a die ends its work: restored, the one that was first stays first', () => {
  const lastNs = used(5).events.nowNs;
  const probe = used(5);
  const ends = new Set<number>();
  // Work that goes on after the last request, and would end just as a shorter idle time does.
  while (ends.size < 12 && probe.events.step()) {
    if (probe.events.nowNs > lastNs) ends.add(probe.events.nowNs - lastNs);
  }
  for (const endNs of ends) {
    const [first, second] = [0, 1].map(() => used(5, endNs / 1000));
    while (first.events.nextEventNs() < lastNs + endNs) first.events.step();
    second.run();
    second.drive.restore(structuredClone(first.drive.snapshot()));
    assert.deepEqual(restOf(second), restOf(first), `${endNs} ns after the last request`);
  }
});

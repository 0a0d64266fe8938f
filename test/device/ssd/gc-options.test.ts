/** Collection inside the die. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DeviceFlag, Op } from '../../../src/device/device.ts';
import { ssdProfileSchema, type SsdProfile } from '../../../src/device/ssd/profile.ts';
import { RandomStream } from '../../../src/sim/random.ts';
import { Bench, CHANNEL_NS, mapFaults, smallProfile } from './small.ts';

/** One die of pages of one unit, under random durable writes one at a time. */
function run(gc: Partial<SsdProfile['gc']>, seed = 1): { bench: Bench; latencies: number[] } {
  const bench = new Bench(
    smallProfile({
      capacity_sectors: 1536,
      array: { channels: 1, chips_per_channel: 1, blocks_per_plane: 36, page_bytes: 4096 },
      gc: { policy: 'greedy', start_free_blocks: 4, ...gc },
    }),
  );
  const random = new RandomStream(seed, 'load');
  const latencies: number[] = [];
  for (let n = 0; n < 1200; n++) {
    const start = bench.events.nowNs;
    const before = bench.order.length;
    bench.submit(0, Op.write, random.below(192) * 8, 8, DeviceFlag.fua);
    while (bench.order.length === before) bench.events.step();
    latencies.push(bench.doneNs[0] - start);
  }
  bench.run();
  assert.deepEqual(mapFaults(bench.drive), []);
  return { bench, latencies };
}

test('copyback saves both crossings of the channel for each unit moved, and nothing else', () => {
  const over = run({});
  const inside = run({ copyback: true });
  const { gcUnits, erases } = over.bench.drive.counters;
  assert.ok(gcUnits > 100);
  assert.equal(inside.bench.drive.counters.gcUnits, gcUnits);
  assert.equal(inside.bench.drive.counters.erases, erases);
  const saved = over.bench.events.nowNs - inside.bench.events.nowNs;
  // What collection does between two writes hides behind firmware and link of the second.
  assert.ok(saved <= 2 * gcUnits * CHANNEL_NS);
  assert.ok(saved >= 1.8 * gcUnits * CHANNEL_NS);
});

test('what copyback cannot do is an error', () => {
  const parse = (gc: object) =>
    ssdProfileSchema.safeParse({ ...smallProfile(), gc: { ...smallProfile().gc, ...gc } });
  assert.match(parse({ copyback: true }).error!.issues[0].message, /unit_bytes/);
});

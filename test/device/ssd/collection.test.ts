/** What collection may do to the host's reads. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Op } from '../../../src/device/device.ts';
import type { SsdProfile } from '../../../src/device/ssd/profile.ts';
import { RandomStream } from '../../../src/sim/random.ts';
import { Bench, CHANNEL_NS, ERASE_NS, mapFaults, PROGRAM_NS, smallProfile } from './small.ts';

/** Pages of two units, written all over a drive of one die at random; so a page is valid as a whole or not at all. */
function overwrite(bench: Bench, writes: number): void {
  const random = new RandomStream(1, 'collection');
  let sent = 0;
  const next = (tag: number): void => {
    if (sent++ < writes) bench.submit(tag, Op.write, random.below(80) * 16, 16);
  };
  bench.onComplete = (tag) => {
    if (tag < 16) next(tag);
  };
  for (let tag = 0; tag < 16; tag++) next(tag);
}

const oneDie = (gc: Partial<SsdProfile['gc']>): SsdProfile =>
  smallProfile({
    capacity_sectors: 80 * 16,
    array: { channels: 1, chips_per_channel: 1 },
    gc,
  });

test('a read waits for one operation of collection, or, where it may not interrupt, for all of them', () => {
  const longest = (preemptible: boolean): number => {
    const bench = new Bench(oneDie({ preemptible }));
    overwrite(bench, 1000);
    let most = 0;
    const read = (): void => bench.submit(31, Op.read, 0, 8);
    const written = bench.onComplete!;
    bench.onComplete = (tag) => {
      written(tag);
      if (tag !== 31) return;
      most = Math.max(most, bench.drive.explain(31).dieWait);
      if (bench.order.length < 1000) read();
    };
    read();
    bench.run();
    assert.deepEqual(mapFaults(bench.drive), []);
    return most;
  };
  const operation = Math.max(ERASE_NS, 2 * CHANNEL_NS + PROGRAM_NS);
  assert.ok(longest(true) <= operation);
  // A block's worth of reads and programs, and the erase.
  assert.ok(longest(false) > ERASE_NS + 2 * PROGRAM_NS);
});

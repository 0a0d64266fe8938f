/** A program or erase stopped by a read, to the nanosecond. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DeviceFlag, Op } from '../../../src/device/device.ts';
import type { SsdProfile } from '../../../src/device/ssd/profile.ts';
import { Bench, CHANNEL_NS, LINK_NS, PROGRAM_NS, READ_NS, smallProfile } from './small.ts';

type Suspend = NonNullable<SsdProfile['array']['suspend']>;

/** A durable write, and reads of the same die while its cells are at work; when each was done. */
function run(suspend: Suspend | undefined, readsAtUs: number[]): number[] {
  const bench = new Bench(
    smallProfile({ array: { channels: 1, chips_per_channel: 1, suspend }, capacity_sectors: 1024 }),
  );
  bench.submit(0, Op.write, 800, 8, DeviceFlag.fua);
  readsAtUs.forEach((us, n) => {
    bench.events.advanceTo(us * 1000);
    bench.submit(n + 1, Op.read, n * 64, 8);
  });
  bench.run();
  return bench.doneNs;
}

const CELLS = 2000 + LINK_NS + 2 * CHANNEL_NS;
const READ = READ_NS + CHANNEL_NS;
const suspend: Suspend = { program_us: 30, resume_us: 20, at_most: 1 };

test('without suspension a read waits for the program', () => {
  const [write, read] = run(undefined, [200]);
  assert.equal(write, CELLS + PROGRAM_NS);
  assert.equal(read, write + READ + LINK_NS);
});

test('a read stops a program; the program goes on where it was', () => {
  const [write, read] = run(suspend, [200]);
  // Past the firmware at 203 us.
  assert.equal(read, 203_000 + 30_000 + READ + LINK_NS);
  assert.equal(write, CELLS + PROGRAM_NS + 30_000 + READ + 20_000);
});

test('a second read in the meantime is served before the program goes on', () => {
  const [write, first, second] = run(suspend, [200, 240]);
  assert.equal(first, 203_000 + 30_000 + READ + LINK_NS);
  assert.equal(second, first + READ);
  assert.equal(write, CELLS + PROGRAM_NS + 30_000 + 2 * READ + 20_000);
});

test('at most so often: a later read waits for the end', () => {
  const [write, , second] = run(suspend, [200, 400]);
  assert.equal(write, CELLS + PROGRAM_NS + 30_000 + READ + 20_000);
  assert.equal(second, write + READ + LINK_NS);
});

test('only at suspend points', () => {
  const [write, read] = run({ ...suspend, program_interval_us: 125 }, [200]);
  assert.equal(read, CELLS + 250_000 + 30_000 + READ + LINK_NS);
  assert.equal(write, CELLS + PROGRAM_NS + 30_000 + READ + 20_000);
});

test('not when it is done sooner than stopped', () => {
  // Past the firmware 29 us before the end.
  const atUs = (CELLS + PROGRAM_NS) / 1000 - 32;
  const [write, read] = run(suspend, [atUs]);
  assert.equal(write, CELLS + PROGRAM_NS);
  assert.equal(read, write + READ + LINK_NS);
});

/** Single mechanisms against arithmetic, to the nanosecond. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DeviceFlag, Op, Status } from '../../../src/device/device.ts';
import { createDeviceOn, loadProfile } from '../../../src/device/registry.ts';
import { EventQueue } from '../../../src/sim/events.ts';
import {
  Bench,
  CHANNEL_NS,
  ERASE_NS,
  LINK_NS,
  PROGRAM_NS,
  READ_NS,
  smallProfile,
} from './small.ts';

/** Sector of the first unit at home on stripe `n`: stripes of two units go round the four dies. */
const stripe = (n: number): number => n * 16;
const ONE_READ = 3000 + READ_NS + CHANNEL_NS + LINK_NS;

test('one read is firmware, sense, channel and link', () => {
  const bench = new Bench();
  bench.submit(0, Op.read, 0, 8);
  bench.run();
  assert.equal(bench.doneNs[0], ONE_READ);
  assert.deepEqual(bench.drive.explain(0), {
    controller: 3000,
    bufferWait: 0,
    dieWait: 0,
    sense: READ_NS,
    channelWait: 0,
    channel: CHANNEL_NS,
    linkWait: 0,
    link: LINK_NS,
    drain: 0,
    memory: 0,
    completion: 0,
  });
});

test('a read of two units of a page senses it once', () => {
  const bench = new Bench();
  bench.submit(0, Op.read, 0, 16);
  bench.run();
  assert.equal(bench.doneNs[0], 3000 + READ_NS + 2 * CHANNEL_NS + 2 * LINK_NS);
});

test('pieces of a transfer go on to the host while the next one crosses the channel', () => {
  const bench = new Bench(smallProfile({ array: { channel_max_transfer_bytes: 4096 } }));
  bench.submit(0, Op.read, 0, 16);
  bench.run();
  assert.equal(bench.doneNs[0], 3000 + READ_NS + 2 * CHANNEL_NS + LINK_NS);
});

test('a read of nothing written touches no flash', () => {
  const bench = new Bench(smallProfile({ ftl: { initial_fill: 0 } }));
  bench.submit(0, Op.read, 0, 8);
  bench.run();
  assert.equal(bench.doneNs[0], 3000 + LINK_NS);
});

test('reads over the dies of one channel differ by the channel, over channels by the link', () => {
  const bench = new Bench();
  for (let n = 0; n < 4; n++) bench.submit(n, Op.read, stripe(n), 8);
  bench.run();
  assert.deepEqual(bench.doneNs, [
    ONE_READ,
    ONE_READ + LINK_NS,
    ONE_READ + CHANNEL_NS,
    ONE_READ + CHANNEL_NS + LINK_NS,
  ]);
});

test('reads queued on one die follow one another at sense + channel', () => {
  const bench = new Bench();
  for (let n = 0; n < 5; n++) bench.submit(n, Op.read, stripe(4 * n), 8);
  bench.run();
  bench.doneNs.forEach((ns, n) => assert.equal(ns, ONE_READ + n * (READ_NS + CHANNEL_NS)));
  assert.equal(bench.drive.explain(4).dieWait, 4 * (READ_NS + CHANNEL_NS));
});

test('a die that need not hold its data senses the next page meanwhile', () => {
  const bench = new Bench(smallProfile({ array: { hold_during_transfer: false } }));
  for (let n = 0; n < 5; n++) bench.submit(n, Op.read, stripe(4 * n), 8);
  bench.run();
  bench.doneNs.forEach((ns, n) => assert.equal(ns, ONE_READ + n * READ_NS));
});

test('page types have their own sense times', () => {
  const bench = new Bench(smallProfile({ array: { read_us: [50, 70] } }));
  // Four dies: stripe 4 is the second page of the first die.
  bench.submit(0, Op.read, stripe(0), 8);
  bench.run();
  const start = bench.events.nowNs;
  bench.submit(1, Op.read, stripe(4), 8);
  bench.run();
  assert.equal(bench.doneNs[1] - start, ONE_READ + 20_000);
});

test('a buffered write is firmware and link; a FUA write waits for its program as well', () => {
  const bench = new Bench();
  bench.submit(0, Op.write, 0, 8);
  bench.run();
  assert.equal(bench.doneNs[0], 2000 + LINK_NS);
  const start = bench.events.nowNs;
  bench.submit(1, Op.write, 800, 8, DeviceFlag.fua);
  bench.run();
  // A program takes a whole page over the channel.
  assert.equal(bench.doneNs[1] - start, 2000 + LINK_NS + 2 * CHANNEL_NS + PROGRAM_NS);
  assert.equal(bench.drive.explain(1).drain, 2 * CHANNEL_NS + PROGRAM_NS);
});

test('a flush waits for what is buffered, and for nothing under power-loss protection', () => {
  const write = (isProtected: boolean): number => {
    const bench = new Bench(smallProfile({ buffer: { power_loss_protected: isProtected } }));
    bench.submit(0, Op.write, 0, 8);
    bench.run();
    const start = bench.events.nowNs;
    bench.submit(1, Op.flush, 0, 0);
    bench.run();
    return bench.doneNs[1] - start;
  };
  assert.equal(write(false), 2 * CHANNEL_NS + PROGRAM_NS);
  assert.equal(write(true), 1000);
});

test('a part of a unit is read, modified and written', () => {
  const bench = new Bench();
  bench.submit(0, Op.write, 0, 1, DeviceFlag.fua);
  bench.run();
  assert.equal(bench.doneNs[0], 2000 + 512 + READ_NS + CHANNEL_NS + 2 * CHANNEL_NS + PROGRAM_NS);
});

test('sequential writes run at the slower of the link and the dies', () => {
  const rate = (linkMibPerS: number): number => {
    const bench = new Bench(
      smallProfile({ link: { mib_per_s: linkMibPerS }, ftl: { initial_fill: 0 } }),
    );
    let sent = 0;
    const next = (tag: number): void => {
      if (sent < 2048) bench.submit(tag, Op.write, (sent++ * 16) % 2048, 16);
    };
    bench.onComplete = next;
    for (let tag = 0; tag < 16; tag++) next(tag);
    const at = (): [number, number] => [bench.events.nowNs, bench.order.length];
    while (bench.order.length < 20) bench.events.step();
    const [fromNs, from] = at();
    while (bench.order.length < 120) bench.events.step();
    const [toNs, to] = at();
    return ((to - from) * 8192) / (toNs - fromNs);
  };
  // No collection yet: 128 KiB a lane are free.
  const dies = (4 * 8192) / (PROGRAM_NS + 2 * CHANNEL_NS);
  assert.ok(Math.abs(rate(1000) / dies - 1) < 0.05);
  const slowLink = 30;
  assert.ok(Math.abs(rate(slowLink) / ((slowLink * 1024 * 1024) / 1e9) - 1) < 0.02);
});

test('a wholly stale block costs one erase and no read', () => {
  const run = (eraseUs: number): { ns: number; erases: number } => {
    const array = { channels: 1, chips_per_channel: 1, erase_us: eraseUs };
    const bench = new Bench(smallProfile({ capacity_sectors: 1024, array }));
    let sent = 0;
    const next = (tag: number): void => {
      if (sent < 400) bench.submit(tag, Op.write, (sent++ * 16) % 1024, 16);
    };
    bench.onComplete = next;
    for (let tag = 0; tag < 16; tag++) next(tag);
    bench.run();
    const { counters } = bench.drive;
    // Overwriting everything in order leaves nothing to move.
    assert.equal(counters.gcUnits, 0);
    assert.equal(counters.programs, 400);
    return { ns: bench.events.nowNs, erases: counters.erases };
  };
  const slow = run(5000);
  const fast = run(2000);
  assert.ok(fast.erases > 30);
  assert.equal(slow.erases, fast.erases);
  assert.equal(slow.ns - fast.ns, fast.erases * 3_000_000);
  // The one die is never idle once the first page is in.
  const first = 2000 + 2 * LINK_NS;
  assert.equal(fast.ns, first + 400 * (2 * CHANNEL_NS + PROGRAM_NS) + fast.erases * ERASE_NS);
});

test('write-zeroes and discard unmap; what is left of a unit at the ends is written', () => {
  const bench = new Bench();
  bench.submit(0, Op.discard, 4, 24);
  bench.run();
  assert.equal(bench.doneNs[0], 1000);
  assert.equal(bench.drive.ftl.lookup(1), -1);
  assert.ok(bench.drive.ftl.lookup(0) >= 0 && bench.drive.ftl.lookup(3) >= 0);
  bench.submit(1, Op.writeZeroes, 36, 24);
  bench.run();
  assert.deepEqual(
    [4, 5, 6, 7].map((unit) => bench.drive.ftl.lookup(unit) >= 0),
    [true, false, false, true],
  );
  assert.equal(bench.drive.buffer.find(5), -1);
});

test('a range off the device completes with outOfRange, a bad tag throws', () => {
  const bench = new Bench();
  bench.submit(0, Op.read, 4090, 8);
  bench.run();
  assert.equal(bench.statuses[0], Status.outOfRange);
  assert.throws(() => bench.submit(32, Op.read, 0, 8), RangeError);
  bench.submit(1, Op.read, 0, 8);
  assert.throws(() => bench.submit(1, Op.read, 0, 8), RangeError);
  assert.throws(() => bench.drive.snapshot(), /outstanding/);
});

test("NVMeVirt's 970 PRO: a 4 KiB read at depth 1 is 63.3 us, the mean of its page types", () => {
  const events = new EventQueue();
  const drive = createDeviceOn(events, loadProfile('samsung-970pro'));
  const latencies: number[] = [];
  let start = 0;
  drive.attach({ complete: (_tag, ns) => latencies.push(ns - start) });
  // 16 dies of 8 units a page: 128 units on is the next page of the same die.
  for (const unit of [0, 128]) {
    start = events.nowNs;
    drive.submit(0, Op.read, unit * 8, 8, 0);
    while (events.step());
  }
  const rest = 21_500 + Math.round((4096 / (800 * 1024 * 1024)) * 1e9) + 1163;
  assert.deepEqual(latencies, [29_760 + rest, 41_760 + rest]);
});

/** What a command costs before and behind the flash, to the nanosecond. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DeviceFlag, Op } from '../../../src/device/device.ts';
import { Bench, CHANNEL_NS, LINK_NS, PROGRAM_NS, READ_NS, smallProfile } from './small.ts';

const stripe = (n: number): number => n * 16;
const ONE_READ = 3000 + READ_NS + CHANNEL_NS + LINK_NS;

test('serial parts differ by op: reads queue for theirs, writes for theirs, on one controller', () => {
  const controller = { serial_us: 1, serial_read_us: 10, serial_write_us: 100 };
  const bench = new Bench(smallProfile({ controller }));
  bench.submit(0, Op.read, stripe(0), 8);
  bench.submit(1, Op.read, stripe(1), 8);
  bench.submit(2, Op.write, stripe(2), 8);
  bench.submit(3, Op.flush, 0, 0);
  bench.run();
  assert.equal(bench.doneNs[0], ONE_READ + 10_000);
  assert.equal(bench.doneNs[1], ONE_READ + 20_000);
  assert.equal(bench.doneNs[2], 120_000 + 2000 + LINK_NS);
  // The write's data is not in yet, so nothing is to be flushed.
  assert.equal(bench.doneNs[3], 121_000 + 1000);
});

test('a write may take the link longer than a read', () => {
  const bench = new Bench(smallProfile({ link: { per_command_us: 2, per_write_us: 5 } }));
  bench.submit(0, Op.read, 0, 8);
  bench.submit(1, Op.write, 0, 8);
  bench.run();
  assert.equal(bench.doneNs[0], ONE_READ + 2000);
  assert.equal(bench.doneNs[1], 2000 + 5000 + LINK_NS);
});

test('half duplex: data to the host and from it share the wire; full duplex: they do not', () => {
  for (const fullDuplex of [true, false]) {
    const bench = new Bench(
      smallProfile({ link: { full_duplex: fullDuplex }, ftl: { initial_fill: 0 } }),
    );
    bench.submit(0, Op.write, 0, 64);
    bench.submit(1, Op.read, 2048, 64);
    bench.run();
    const taken = 8 * LINK_NS;
    // A write goes over the link two units (a program unit) at a time, in the gaps that there are.
    assert.equal(bench.doneNs[1], fullDuplex ? 3000 + taken : 2000 + 2 * LINK_NS + taken);
  }
});

test('a die that rests after a program keeps the next one waiting, not the acknowledgement', () => {
  const bench = new Bench(
    smallProfile({
      array: { channels: 1, chips_per_channel: 1, rest_after_program_us: 30 },
      capacity_sectors: 1024,
    }),
  );
  bench.submit(0, Op.write, 0, 16, DeviceFlag.fua);
  bench.run();
  const first = 2000 + 2 * LINK_NS + 2 * CHANNEL_NS + PROGRAM_NS;
  assert.equal(bench.doneNs[0], first);
  bench.submit(1, Op.read, 512, 8);
  bench.run();
  assert.equal(bench.doneNs[1], first + 30_000 + READ_NS + CHANNEL_NS + LINK_NS);
});

test('flash that dozes off wakes for the first read, and only after that long', () => {
  const bench = new Bench(smallProfile({ array: { idle: { after_us: 100, wake_us: 40 } } }));
  const readAt = (ns: number): number => {
    bench.events.advanceTo(ns);
    bench.submit(0, Op.read, 0, 8);
    bench.run();
    return bench.doneNs[0] - ns;
  };
  assert.equal(readAt(1_000_000), ONE_READ + 40_000);
  const soon = bench.events.nowNs;
  assert.equal(readAt(soon), ONE_READ);
  // The flash was last at work when the data had left it.
  const rested = bench.events.nowNs - LINK_NS + 100_000 - 3000;
  assert.equal(readAt(rested), ONE_READ + 40_000);
});

test("the buffer's memory takes one transfer at a time, in and out", () => {
  // 4 ns a byte and 100 ns an access.
  const buffer = { mib_per_s: 250 / 1.048576, access_us: 0.1 };
  const bench = new Bench(smallProfile({ buffer }));
  const memory = 4 * 4096 + 100;
  bench.submit(0, Op.write, 0, 8);
  bench.submit(1, Op.write, 0, 8);
  bench.run();
  assert.equal(bench.doneNs[0], 2000 + LINK_NS + memory);
  assert.equal(bench.doneNs[1], 2000 + LINK_NS + 2 * memory);
  // Its data was across the link a transfer after that of the first.
  assert.equal(bench.drive.explain(1).memory, 2 * memory - LINK_NS);
  // One unit of the two that a program takes, so it stays in the buffer.
  const start = bench.events.nowNs;
  bench.submit(2, Op.read, 0, 8);
  bench.run();
  assert.equal(bench.doneNs[2] - start, 3000 + memory + LINK_NS);
});

test('requests get slots in turn, or one after the other', () => {
  const both = {
    capacity_sectors: 1024,
    ftl: { unit_bytes: 8192, allocation: 'by-address' as const },
  };
  const ended = (admission: 'in-turn' | 'in-order'): number[] => {
    const bench = new Bench(
      smallProfile({
        ...both,
        array: { channels: 1, chips_per_channel: 1 },
        buffer: { bytes: 16384, admission },
      }),
    );
    // Two slots, one die: a page a program.
    bench.submit(0, Op.write, 0, 4 * 16);
    bench.submit(1, Op.write, 256, 4 * 16);
    bench.run();
    return bench.doneNs;
  };
  const turn = ended('in-turn');
  const order = ended('in-order');
  // All eight pages take as long either way.
  assert.equal(Math.max(...turn), Math.max(...order));
  const aProgram = PROGRAM_NS + 2 * CHANNEL_NS;
  assert.ok(turn[1] - turn[0] <= 1.5 * aProgram, String(turn));
  assert.ok(order[1] - order[0] >= 2.5 * aProgram, String(order));
});

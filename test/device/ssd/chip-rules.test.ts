/** Chips that serve one command at a time, commands that yield to data, planes that pair: to the nanosecond. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DeviceFlag, Op } from '../../../src/device/device.ts';
import { PlanePairs } from '../../../src/device/ssd/plane-pairs.ts';
import type { SsdProfile } from '../../../src/device/ssd/profile.ts';
import { RandomStream } from '../../../src/sim/random.ts';
import {
  Bench,
  CHANNEL_NS,
  LINK_NS,
  mapFaults,
  PROGRAM_NS,
  READ_NS,
  smallProfile,
} from './small.ts';

/** One channel, units of a page. */
const bench = (array: Partial<SsdProfile['array']>): Bench =>
  new Bench(
    smallProfile({
      array: { channels: 1, chips_per_channel: 1, ...array },
      ftl: { unit_bytes: 8192, allocation: 'by-address' },
      capacity_sectors: 1024,
    }),
  );
/** Sector of the page at home on lane `n` of so many, in stripe 0. */
const page = (n: number): number => n * 16;
const ALONE = 3000 + READ_NS + CHANNEL_NS + LINK_NS;
const SEND = CHANNEL_NS + LINK_NS;

test('dies of a chip sense side by side, or in turn where the chip serves one command', () => {
  for (const one of [false, true]) {
    const b = bench({ dies_per_chip: 2, chip_serves_one: one });
    b.submit(0, Op.read, page(0), 8);
    b.submit(1, Op.read, page(1), 8);
    b.run();
    assert.equal(b.doneNs[0], ALONE);
    assert.equal(b.doneNs[1], one ? ALONE + READ_NS + CHANNEL_NS : ALONE + CHANNEL_NS);
  }
});

test('a read that comes while another die of the chip senses begins at once, or after its data is out', () => {
  for (const shared of [false, true]) {
    for (const ofChip of [true, false]) {
      const b = bench({
        ...(ofChip ? { dies_per_chip: 2 } : { chips_per_channel: 2 }),
        shared_ready: shared,
      });
      b.submit(0, Op.read, page(0), 8);
      b.events.advanceTo(10_000);
      b.submit(1, Op.read, page(1), 8);
      b.run();
      assert.equal(b.doneNs[0], ALONE);
      assert.equal(b.doneNs[1], shared && ofChip ? ALONE + READ_NS + CHANNEL_NS : 10_000 + ALONE);
    }
  }
});

test('dies that share a ready line begin together, and send when the slowest has sensed', () => {
  for (const shared of [false, true]) {
    const b = bench({ dies_per_chip: 2, read_us: [50, 80], shared_ready: shared });
    // Two for die 0, page 0, and one for die 1, page 1.
    b.submit(0, Op.read, page(0), 8);
    b.submit(1, Op.read, page(0), 8);
    b.submit(2, Op.read, page(3), 8);
    b.run();
    const slow = 3000 + 80_000 + CHANNEL_NS + LINK_NS;
    assert.equal(b.doneNs[0], shared ? slow : ALONE);
    assert.equal(b.doneNs[2], shared ? slow + CHANNEL_NS : slow);
    assert.equal(b.doneNs[1], (shared ? slow + CHANNEL_NS : ALONE) + 50_000 + CHANNEL_NS);
  }
});

test('programs of other dies neither wait for a round of reads nor hold one up', () => {
  const b = bench({ dies_per_chip: 2, shared_ready: true });
  b.submit(0, Op.write, page(0), 16, DeviceFlag.fua);
  b.submit(1, Op.read, page(1), 8);
  b.run();
  const programmed = 2000 + 2 * LINK_NS + 2 * CHANNEL_NS + PROGRAM_NS;
  assert.equal(b.doneNs[0], programmed);
  assert.equal(b.doneNs[1], ALONE);
});

test('dies of a chip program side by side, or in turn', () => {
  for (const one of [false, true]) {
    const b = bench({ dies_per_chip: 2, chip_serves_one: one });
    b.submit(0, Op.write, page(0), 16, DeviceFlag.fua);
    b.submit(1, Op.write, page(1), 16, DeviceFlag.fua);
    b.run();
    const first = 2000 + 2 * LINK_NS + 2 * CHANNEL_NS + PROGRAM_NS;
    assert.equal(b.doneNs[0], first);
    const second = one ? first + 2 * CHANNEL_NS + PROGRAM_NS : first + 2 * CHANNEL_NS;
    assert.equal(b.doneNs[1], second);
    assert.deepEqual(mapFaults(b.drive), []);
  }
});

test('a command slips in between transfers, or waits until no data does', () => {
  for (const yields of [false, true]) {
    const b = bench({ chips_per_channel: 2, commands_yield: yields });
    // Two reads of chip 0 and two of chip 1, sensed side by side, then sent one after another.
    for (const tag of [0, 1]) b.submit(tag, Op.read, page(tag), 16);
    for (const tag of [2, 3]) b.submit(tag, Op.read, page(tag), 16);
    b.run();
    const whole = 2 * CHANNEL_NS;
    const sensed = 3000 + READ_NS;
    assert.equal(b.doneNs[0], sensed + whole + 2 * LINK_NS);
    assert.equal(b.doneNs[1], sensed + 2 * whole + 2 * LINK_NS);
    // Chip 0 is free when its data has left; it may begin then, or when chip 1's has as well.
    const after = sensed + 2 * whole + READ_NS + whole + 2 * LINK_NS;
    const ends = [b.doneNs[2], b.doneNs[3]].toSorted((x, y) => x - y);
    assert.deepEqual(ends, yields ? [after, after + whole] : [after - whole, after]);
  }
});

test('a command that yields takes the channel before the sense, not before the data', () => {
  for (const yields of [false, true]) {
    const b = bench({ command_us: 1, commands_yield: yields });
    b.submit(0, Op.read, page(0), 8);
    b.run();
    assert.equal(b.doneNs[0], ALONE + 1000);
  }
});

test('reads of pages of one number in two planes are sensed by one command', () => {
  for (const pairs of [false, true]) {
    const b = bench({ planes_per_die: 2, pairs_planes: pairs });
    // The die is at work when the two come, so both wait for it.
    b.submit(0, Op.read, page(2), 8);
    b.submit(1, Op.read, page(0), 8);
    b.submit(2, Op.read, page(1), 8);
    b.run();
    const busy = 3000 + READ_NS + CHANNEL_NS;
    assert.equal(b.doneNs[0], busy + LINK_NS);
    assert.equal(b.doneNs[1], busy + READ_NS + SEND);
    assert.equal(
      b.doneNs[2],
      busy + (pairs ? READ_NS + 2 * CHANNEL_NS : 2 * (READ_NS + CHANNEL_NS)) + LINK_NS,
    );
  }
});

test('reads of pages of different numbers do not pair', () => {
  const b = bench({ planes_per_die: 2, pairs_planes: true });
  b.submit(0, Op.read, page(2), 8);
  b.submit(1, Op.read, page(0), 8);
  b.submit(2, Op.read, page(3), 8);
  b.run();
  assert.equal(b.doneNs[2], 3000 + 3 * (READ_NS + CHANNEL_NS) + LINK_NS);
});

test('a read that the firmware has not passed on yet does not join a command', () => {
  const b = bench({ planes_per_die: 2, pairs_planes: true, hold_during_transfer: false });
  const busy = 3000 + READ_NS;
  b.submit(0, Op.read, page(2), 8);
  b.submit(1, Op.read, page(0), 8);
  b.events.advanceTo(busy - 1000);
  b.submit(2, Op.read, page(1), 8);
  b.run();
  assert.equal(b.doneNs[1], busy + READ_NS + SEND);
  assert.equal(b.doneNs[2], busy + 2 * READ_NS + SEND);
});

test('programs of pages of one number in two planes go as one command', () => {
  for (const pairs of [false, true]) {
    const b = bench({ planes_per_die: 2, pairs_planes: pairs });
    b.submit(0, Op.read, page(0), 8);
    b.submit(1, Op.write, page(0), 16, DeviceFlag.fua);
    b.submit(2, Op.write, page(1), 16, DeviceFlag.fua);
    b.run();
    const busy = 3000 + READ_NS + CHANNEL_NS;
    const cells = busy + 2 * CHANNEL_NS;
    assert.equal(b.doneNs[1], pairs ? cells + 2 * CHANNEL_NS + PROGRAM_NS : cells + PROGRAM_NS);
    assert.equal(b.doneNs[2], cells + 2 * CHANNEL_NS + (pairs ? 1 : 2) * PROGRAM_NS);
    assert.deepEqual(mapFaults(b.drive), []);
  }
});

test('planes pair at one number, or where the number started is one that waits in the line of the other', () => {
  const geometry = bench({ planes_per_die: 2 }).drive.geometry;
  const strict = new PlanePairs(geometry, true);
  assert.ok(strict.meet(3, 9, 3));
  assert.ok(!strict.meet(2, 9, 3));
  // Of 8 pages: the next is the second, and four wait.
  const inLine = new PlanePairs(geometry, 'in-line');
  const meets = Array.from({ length: 8 }, (_, page) => inLine.meet(1, 4, page));
  assert.deepEqual(meets, [false, true, true, true, true, false, false, false]);
  assert.ok(inLine.meet(7, 2, 0), 'on into the next block');
  assert.ok(!new PlanePairs(geometry, false).isOn);
});

test('what collection moves in two planes of a die goes as one command where numbers meet', () => {
  const times = (pairs: boolean | 'in-line'): { ns: number; units: number } => {
    const b = new Bench(
      smallProfile({
        capacity_sectors: 160 * 16,
        array: { channels: 1, chips_per_channel: 1, planes_per_die: 2, pairs_planes: pairs },
        ftl: { allocation: 'by-address', unit_bytes: 8192 },
      }),
    );
    const random = new RandomStream(1, 'pairs');
    let sent = 0;
    const next = (tag: number): void => {
      if (sent++ < 1500) b.submit(tag, Op.write, random.below(160) * 16, 16);
    };
    b.onComplete = next;
    for (let tag = 0; tag < 8; tag++) next(tag);
    b.run();
    assert.deepEqual(mapFaults(b.drive), []);
    const { gcUnits, hostUnits } = b.drive.counters;
    return { ns: b.events.nowNs, units: gcUnits + hostUnits };
  };
  const [never, strict, inLine] = [false, true, 'in-line' as const].map(times);
  assert.equal(strict.units, never.units);
  assert.equal(inLine.units, never.units);
  // As many pages in less time, since fewer commands.
  assert.ok(strict.ns < 0.99 * never.ns, `${strict.ns} of ${never.ns}`);
  assert.ok(inLine.ns < 0.96 * strict.ns, `${inLine.ns} of ${strict.ns}`);
});

test('a snapshot under all three rules goes on as the drive does', () => {
  const array = {
    chips_per_channel: 2,
    dies_per_chip: 2,
    planes_per_die: 2,
    chip_serves_one: true,
    commands_yield: true,
    pairs_planes: true,
  };
  const make = (): Bench =>
    new Bench(
      smallProfile({
        array: { channels: 1, ...array },
        ftl: { unit_bytes: 8192, allocation: 'by-address' },
        buffer: { power_loss_protected: true },
        capacity_sectors: 2048,
      }),
    );
  const rest = (b: Bench): number => {
    const start = b.events.nowNs;
    for (let tag = 0; tag < 16; tag++) b.submit(tag, Op.read, page(tag * 5), 16);
    b.run();
    return Math.max(...b.doneNs) - start;
  };
  const one = make();
  for (let tag = 0; tag < 8; tag++) one.submit(tag, Op.write, page(tag), 16);
  while (one.order.length < 8) one.events.step();
  const snapshot = one.drive.snapshot();
  const other = make();
  other.drive.restore(snapshot);
  assert.equal(rest(other), rest(one));
});

/** Where things go on the flash, and what working side by side is worth, to the nanosecond. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DeviceFlag, Op } from '../../../src/device/device.ts';
import { allocationOrders, lanesInOrder } from '../../../src/device/ssd/allocation-order.ts';
import { Bench, CHANNEL_NS, LINK_NS, PROGRAM_NS, READ_NS, smallProfile } from './small.ts';

const boxed = (plane_allocation?: string) =>
  smallProfile({
    array: { channels: 2, chips_per_channel: 3, dies_per_chip: 2, planes_per_die: 4 },
    ftl: { plane_allocation },
  });

test('there are 24 orders, each fills every lane once, and no two are the same', () => {
  assert.equal(new Set(allocationOrders).size, 24);
  const seen = new Set<string>();
  for (const order of allocationOrders) {
    const lanes = lanesInOrder(boxed(order));
    assert.deepEqual(
      [...lanes].toSorted((a, b) => a - b),
      Array.from({ length: 48 }, (_, i) => i),
    );
    seen.add(lanes.join());
  }
  assert.equal(seen.size, 24);
  assert.deepEqual(lanesInOrder(boxed()), lanesInOrder(boxed('CWDP')));
});

test('the first letter counts up fastest', () => {
  // Lanes are numbered channel, chip, die, plane.
  assert.deepEqual([...lanesInOrder(boxed('CWDP')).subarray(0, 3)], [0, 1, 2]);
  assert.deepEqual([...lanesInOrder(boxed('WCDP')).subarray(0, 4)], [0, 2, 4, 1]);
  assert.deepEqual([...lanesInOrder(boxed('DCWP')).subarray(0, 3)], [0, 6, 1]);
  assert.deepEqual([...lanesInOrder(boxed('PCWD')).subarray(0, 5)], [0, 12, 24, 36, 1]);
});

test('consecutive pages read at once take the channels of one order, and the one die of another', () => {
  const lastOfTwo = (plane_allocation: string): number => {
    const bench = new Bench(
      smallProfile({
        array: { channels: 2, chips_per_channel: 1, planes_per_die: 2 },
        ftl: { plane_allocation },
      }),
    );
    bench.submit(0, Op.read, 0, 8);
    bench.submit(1, Op.read, 16, 8);
    bench.run();
    return bench.doneNs[1];
  };
  const one = 3000 + READ_NS + CHANNEL_NS + LINK_NS;
  // Two channels: only the link is shared.
  assert.equal(lastOfTwo('CWDP'), one + LINK_NS);
  // Two planes of one die, which does one thing at a time.
  assert.equal(lastOfTwo('PCWD'), one + READ_NS + CHANNEL_NS);
});

test('the order holds for what is written as it does for what was there', () => {
  for (const allocation of ['next-free', 'by-address'] as const) {
    const bench = new Bench(
      smallProfile({
        array: { planes_per_die: 2, blocks_per_plane: 16 },
        ftl: { initial_fill: 0, allocation, plane_allocation: 'PWCD' },
      }),
    );
    const { geometry, ftl } = bench.drive;
    for (let n = 0; n < 8; n++) {
      bench.submit(n, Op.write, n * 16, 16, DeviceFlag.fua);
    }
    bench.run();
    for (let unit = 0; unit < 16; unit++) {
      const home = geometry.rowOf(geometry.homeOf(unit));
      assert.equal(geometry.rowOf(ftl.lookup(unit)), home, `${allocation} unit ${unit}`);
    }
  }
});

/** One channel, one chip; a durable write of `sectors`, from nothing. */
function writeNs(array: object, sectors: number): number {
  const bench = new Bench(
    smallProfile({
      capacity_sectors: 1024,
      array: { channels: 1, chips_per_channel: 1, ...array },
      ftl: { initial_fill: 0 },
    }),
  );
  bench.submit(0, Op.write, 0, sectors, DeviceFlag.fua);
  bench.run();
  return bench.doneNs[0];
}

test('two planes programmed by one command take one program; one by one, two', () => {
  const together = writeNs({ planes_per_die: 2, multiplane: true }, 32);
  assert.equal(together, 2000 + 4 * LINK_NS + 4 * CHANNEL_NS + PROGRAM_NS);
  const apart = writeNs({ planes_per_die: 2, multiplane: false }, 32);
  assert.equal(apart, 2000 + 2 * LINK_NS + 2 * (2 * CHANNEL_NS + PROGRAM_NS));
});

test('two dies on one channel: the second transfer hides behind the first program', () => {
  // The second page is on the link while the first crosses the channel.
  assert.equal(
    writeNs({ dies_per_chip: 2 }, 32),
    2000 + 2 * LINK_NS + 2 * (2 * CHANNEL_NS) + PROGRAM_NS,
  );
});

test('one shot: three pages of a word line cross the channel, then are programmed at once', () => {
  const array = { pages_per_program: 3, pages_per_block: 9, blocks_per_plane: 24 };
  assert.equal(writeNs(array, 48), 2000 + 6 * LINK_NS + 6 * CHANNEL_NS + PROGRAM_NS);
});

test('four levels of a cell: page i senses as type i mod 4', () => {
  const read_us = [40, 60, 90, 130];
  const bench = new Bench(
    smallProfile({ array: { channels: 1, chips_per_channel: 1, read_us }, capacity_sectors: 1024 }),
  );
  for (let page = 0; page < 8; page++) {
    const start = bench.events.nowNs;
    bench.submit(0, Op.read, page * 16, 8);
    bench.run();
    assert.equal(bench.doneNs[0] - start, 3000 + read_us[page % 4] * 1000 + CHANNEL_NS + LINK_NS);
  }
});

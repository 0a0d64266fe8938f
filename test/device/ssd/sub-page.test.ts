/** Writes and reads that do not cover mapping units, and what was trimmed, to the nanosecond. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DeviceFlag, Op } from '../../../src/device/device.ts';
import { RandomStream } from '../../../src/sim/random.ts';
import { Bench, CHANNEL_NS, LINK_NS, PROGRAM_NS, READ_NS, smallProfile } from './small.ts';

const SECTOR_LINK_NS = 512;
/** A program takes a whole page of two units over the channel. */
const PROGRAM = 2 * CHANNEL_NS + PROGRAM_NS;
const FILL = READ_NS + CHANNEL_NS;

/** A durable write; its latency, and the page reads it cost in time. */
function written(sector: number, sectors: number, over: Parameters<typeof smallProfile>[0] = {}) {
  const bench = new Bench(smallProfile(over));
  bench.submit(0, Op.write, sector, sectors, DeviceFlag.fua);
  bench.run();
  return bench.doneNs[0] - 2000 - sectors * SECTOR_LINK_NS;
}

test('a write of whole units reads nothing, wherever it starts', () => {
  assert.equal(written(0, 8), PROGRAM);
  assert.equal(written(8, 8), PROGRAM);
  assert.equal(written(8, 16), PROGRAM);
});

test('a unit that is cut is read before it is programmed', () => {
  for (let first = 0; first < 8; first++) {
    for (let count = 1; first + count <= 8; count++) {
      if (count < 8) assert.equal(written(first, count), FILL + PROGRAM, `${first}+${count}`);
    }
  }
});

test('a misaligned 4 KiB write cuts two units: two reads of one page, one program', () => {
  // Both units are of one page of one die: one read after the other.
  assert.equal(written(4, 8), 2 * FILL + PROGRAM);
  // Units of pages of two dies on two channels: side by side.
  assert.equal(written(12, 8), FILL + PROGRAM);
});

test('with 16 KiB units a 4 KiB write reads and programs 16 KiB', () => {
  const over = { array: { page_bytes: 16384 }, ftl: { unit_bytes: 16384 } };
  assert.equal(written(8, 8, over), READ_NS + 4 * CHANNEL_NS + 4 * CHANNEL_NS + PROGRAM_NS);
  assert.equal(written(0, 32, over), 4 * CHANNEL_NS + PROGRAM_NS);
});

test('a part of what holds nothing needs no read', () => {
  assert.equal(written(3, 2, { ftl: { initial_fill: 0 } }), PROGRAM);
});

test('parts that come one after the other make up a unit in the buffer', () => {
  const bench = new Bench();
  for (let n = 0; n < 8; n++) {
    bench.submit(0, Op.write, n, 1);
    while (bench.order.length <= n) bench.events.step();
  }
  const start = bench.events.nowNs;
  bench.submit(1, Op.flush, 0, 0);
  bench.run();
  assert.equal(bench.doneNs[1] - start, PROGRAM);
});

test('a read of one sector senses a page, moves a code word and sends a sector', () => {
  const bench = new Bench();
  for (const sector of [0, 5, 13]) {
    const start = bench.events.nowNs;
    bench.submit(0, Op.read, sector, 1);
    bench.run();
    assert.equal(bench.doneNs[0] - start, 3000 + READ_NS + CHANNEL_NS + SECTOR_LINK_NS);
  }
});

test('a misaligned 4 KiB read moves both units it cuts', () => {
  const bench = new Bench();
  bench.submit(0, Op.read, 4, 8);
  bench.run();
  assert.equal(bench.doneNs[0], 3000 + READ_NS + 2 * CHANNEL_NS + LINK_NS);
});

test('what was trimmed or zeroed reads as zeroes at once, or after a page read where a profile says so', () => {
  for (const op of [Op.discard, Op.writeZeroes]) {
    for (const unmapped_reads of ['zeroes', 'flash'] as const) {
      const bench = new Bench(smallProfile({ ftl: { unmapped_reads } }));
      const { ftl, blocks, geometry } = bench.drive;
      const block = geometry.blockOf(ftl.lookup(2));
      const valid = blocks.valid[block];
      bench.submit(0, op, 16, 16);
      bench.run();
      assert.equal(blocks.valid[block], valid - 2);
      const start = bench.events.nowNs;
      bench.submit(1, Op.read, 16, 8);
      bench.run();
      const flash = unmapped_reads === 'flash' ? READ_NS + CHANNEL_NS : 0;
      assert.equal(bench.doneNs[1] - start, 3000 + flash + LINK_NS);
    }
  }
});

test('write amplification falls with what is trimmed', (t) => {
  const amplification = (trimmed: number): number => {
    const blocks = 256;
    const units = 4 * blocks * 16;
    const logical = Math.floor(units * 0.9);
    const bench = new Bench(
      smallProfile({ capacity_sectors: logical * 8, array: { blocks_per_plane: blocks } }),
      false,
    );
    const kept = Math.floor(logical * (1 - trimmed));
    bench.submit(0, Op.discard, kept * 8, (logical - kept) * 8);
    bench.run();
    const random = new RandomStream(3, 'load');
    const run = (writes: number): void => {
      let sent = 0;
      bench.onComplete = (tag) => {
        if (sent++ < writes) bench.submit(tag, Op.write, random.below(kept) * 8, 8);
      };
      for (let tag = 0; tag < 8; tag++) bench.onComplete(tag);
      bench.run();
    };
    run(2 * units);
    const { hostUnits, gcUnits } = bench.drive.counters;
    run(units);
    const { counters } = bench.drive;
    return 1 + (counters.gcUnits - gcUnits) / (counters.hostUnits - hostUnits);
  };
  const found = [0.01, 0.1, 0.2, 0.4].map(amplification);
  t.diagnostic(found.map((wa) => wa.toFixed(3)).join(' '));
  for (let i = 1; i < found.length; i++) assert.ok(found[i] < found[i - 1] - 0.1);
});

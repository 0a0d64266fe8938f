/** What collection may do to the host's reads. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { DeviceFlag, Op } from '../../../src/device/device.ts';
import { Stream } from '../../../src/device/ssd/blocks.ts';
import { ssdProfileSchema, type SsdProfile } from '../../../src/device/ssd/profile.ts';
import { RandomStream } from '../../../src/sim/random.ts';
import {
  Bench,
  CHANNEL_NS,
  ERASE_NS,
  LINK_NS,
  mapFaults,
  PROGRAM_NS,
  smallProfile,
} from './small.ts';

/** Pages of two units, written all over a drive of one die at random; so a page is valid as a whole or not at all. */
function overwrite(bench: Bench, writes: number, seed = 1): void {
  const random = new RandomStream(seed, 'collection');
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

/** Durable writes of whole pages at random, one every so often; how long each takes, and free blocks before it. */
function spaced(gc: Partial<SsdProfile['gc']>): { longestNs: number; free: number[] } {
  const bench = new Bench(
    smallProfile({
      capacity_sectors: 80 * 16,
      array: { channels: 1, chips_per_channel: 1, blocks_per_plane: 18 },
      gc,
    }),
  );
  const random = new RandomStream(1, 'collection');
  let longestNs = 0;
  const free: number[] = [];
  for (let n = 0; n < 600; n++) {
    const start = n * 20e6 + 1000;
    bench.events.advanceTo(start);
    free.push(bench.drive.blocks.free[0]);
    bench.submit(0, Op.write, random.below(80) * 16, 16, DeviceFlag.fua);
    while (bench.order.length <= n) bench.events.step();
    longestNs = Math.max(longestNs, bench.doneNs[0] - start);
  }
  bench.run();
  assert.deepEqual(mapFaults(bench.drive), []);
  return { longestNs, free: free.slice(100) };
}

test('with a soft limit a drive that has time collects in it, and a write waits for one operation at most', () => {
  const program = 2000 + 2 * LINK_NS + 2 * CHANNEL_NS + PROGRAM_NS;
  const operation = Math.max(ERASE_NS, 2 * CHANNEL_NS + PROGRAM_NS);
  const hard = spaced({ start_free_blocks: 2 });
  const soft = spaced({ start_free_blocks: 2, soft_free_blocks: 3 });
  assert.ok(soft.longestNs <= program + operation);
  // 20 ms are enough for a block: that it waits at all is chance.
  assert.ok(Math.min(...soft.free) >= 4, `${Math.min(...soft.free)} free blocks`);
  assert.ok(Math.min(...hard.free) <= 3);
});

test('at the hard limit collection goes first: no block of the fewest free ones is opened for the host', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 2 }),
      fc.integer({ min: 1, max: 2 }),
      fc.constantFrom(true, false, 'reads' as const),
      fc.integer({ min: 0, max: 1e6 }),
      (startFree, more, preemptible, seed) => {
        const bench = new Bench(
          smallProfile({
            capacity_sectors: 80 * 16,
            array: { channels: 1, chips_per_channel: 1, blocks_per_plane: 18 },
            gc: { start_free_blocks: startFree, soft_free_blocks: startFree + more, preemptible },
          }),
        );
        const { blocks, geometry } = bench.drive;
        const allocate = blocks.allocate.bind(blocks);
        blocks.allocate = (lane, stream) => {
          const before = blocks.free[lane];
          const canGain = blocks.reclaimableNow(lane) >= geometry.unitsPerBlock;
          const physical = allocate(lane, stream);
          const hasOpened = blocks.free[lane] < before;
          if (hasOpened && stream === Stream.host && canGain) assert.ok(before > startFree);
          return physical;
        };
        overwrite(bench, 600, seed);
        bench.run();
        assert.equal(bench.order.length, 600);
        assert.ok(bench.drive.counters.erases > 20);
        assert.deepEqual(mapFaults(bench.drive), []);
      },
    ),
    { numRuns: 20 },
  );
});

test('programs for other lanes of a die go between operations of collection, or wait for all of them', () => {
  // Two planes, and a tag for each: what one gets done while the other waits for collection.
  const between = (preemptible: boolean | 'reads'): number[] => {
    const bench = new Bench(
      smallProfile({
        capacity_sectors: 160 * 16,
        array: { channels: 1, chips_per_channel: 1, planes_per_die: 2 },
        ftl: { allocation: 'by-address', unit_bytes: 8192 },
        gc: { preemptible },
      }),
    );
    const random = new RandomStream(1, 'collection');
    const sent: { ns: number; done: number }[] = [];
    const done = [0, 0];
    const counts: number[] = [];
    const next = (tag: number): void => {
      if (bench.order.length > 1500) return;
      sent[tag] = { ns: bench.events.nowNs, done: done[1 - tag] };
      // Few pages of the first plane are written, so that what it collects is erased and no more.
      const page = random.below(tag === 0 ? 4 : 80);
      bench.submit(tag, Op.write, (2 * page + tag) * 16, 16, DeviceFlag.fua);
    };
    bench.onComplete = (tag) => {
      const tookNs = bench.doneNs[tag] - sent[tag].ns;
      if (tag === 1 && tookNs > ERASE_NS + 8 * PROGRAM_NS) counts.push(done[0] - sent[1].done);
      done[tag]++;
      next(tag);
    };
    next(0);
    next(1);
    bench.run();
    assert.deepEqual(mapFaults(bench.drive), []);
    assert.ok(counts.length > 20);
    return counts;
  };
  assert.ok(Math.min(...between(true)) > 4);
  assert.ok(Math.max(...between('reads')) <= 1);
  assert.ok(Math.max(...between(false)) <= 1);
});

test('a soft limit that is none is an error', () => {
  const parse = (gc: object) =>
    ssdProfileSchema.safeParse({ ...smallProfile(), gc: { ...smallProfile().gc, ...gc } });
  const issue = parse({ soft_free_blocks: 2 }).error!.issues[0];
  assert.deepEqual(issue.path, ['gc', 'soft_free_blocks']);
  assert.match(issue.message, /more than gc.start_free_blocks, 2/);
  // It needs room as well.
  assert.match(parse({ soft_free_blocks: 12 }).error!.issues[0].message, /at most/);
});

test('a drive whose only lane is as full as its profile may make it goes on being written', () => {
  const bench = new Bench(
    smallProfile({
      capacity_sectors: 957,
      array: {
        channels: 1,
        chips_per_channel: 1,
        blocks_per_plane: 20,
        pages_per_block: 8,
        page_bytes: 4096,
      },
      ftl: { unit_bytes: 2048 },
    }),
  );
  let done = 0;
  bench.onComplete = () => {
    if (++done < 600) bench.submit(0, Op.write, ((done * 37) % 239) * 4, 4);
  };
  bench.submit(0, Op.write, 0, 4);
  bench.run();
  assert.equal(done, 600);
  assert.deepEqual(mapFaults(bench.drive), []);
});

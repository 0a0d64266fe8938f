/** What must hold for any drive under any load. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { DeviceFlag, Op, STREAM_SHIFT, type Op as DeviceOp } from '../../../src/device/device.ts';
import { allocationOrders } from '../../../src/device/ssd/allocation-order.ts';
import { SlotState } from '../../../src/device/ssd/buffer.ts';
import { victimPolicyNames } from '../../../src/device/ssd/gc/registry.ts';
import type { SsdProfile } from '../../../src/device/ssd/profile.ts';
import { RandomStream } from '../../../src/sim/random.ts';
import { Bench, mapFaults, smallProfile } from './small.ts';

const profiles: fc.Arbitrary<SsdProfile> = fc
  .record({
    channels: fc.integer({ min: 1, max: 3 }),
    chips: fc.integer({ min: 1, max: 2 }),
    dies: fc.integer({ min: 1, max: 2 }),
    planes: fc.integer({ min: 1, max: 2 }),
    multiplane: fc.boolean(),
    pagesPerProgram: fc.constantFrom(1, 2),
    pageBytes: fc.constantFrom(4096, 8192),
    unitBytes: fc.constantFrom(2048, 4096),
    initialFill: fc.constantFrom(0, 0.37, 1, 'steady' as const),
    writeBack: fc.boolean(),
    isProtected: fc.boolean(),
    fullDuplex: fc.boolean(),
    hold: fc.boolean(),
    policy: fc.constantFrom(...victimPolicyNames),
    choices: fc.integer({ min: 1, max: 5 }),
    preemptible: fc.boolean(),
    suspend: fc.option(
      fc.record({
        program_us: fc.integer({ min: 0, max: 90 }),
        erase_us: fc.integer({ min: 0, max: 300 }),
        program_interval_us: fc.constantFrom(0, 120),
        erase_interval_us: fc.constantFrom(0, 333),
        resume_us: fc.constantFrom(0, 20),
        at_most: fc.integer({ min: 1, max: 4 }),
      }),
      { nil: undefined },
    ),
    allocation: fc.constantFrom('next-free' as const, 'by-address' as const),
    planeAllocation: fc.constantFrom(undefined, ...allocationOrders),
    unmappedReads: fc.constantFrom(undefined, 'zeroes' as const, 'flash' as const),
    readRetry: fc.option(
      fc.array(
        fc.record({
          share: fc.constantFrom(0.01, 0.1, 0.3),
          extra_reads: fc.option(fc.integer({ min: 1, max: 6 }), { nil: undefined }),
          added_us: fc.option(fc.integer({ min: 0, max: 90 }), { nil: undefined }),
        }),
        { minLength: 1, maxLength: 3 },
      ),
      { nil: undefined },
    ),
    streams: fc.constantFrom(
      undefined,
      { directive: 2 },
      { directive: 4 },
      { detect: { counters: 64, hot_writes: 3, halve_after_writes: 100 } },
    ),
    idle: fc.option(
      fc.record({
        after_us: fc.constantFrom(0, 137.003, 1733.009),
        free_blocks: fc.integer({ min: 1, max: 9 }),
      }),
      { nil: undefined },
    ),
    wear: fc.option(
      fc.record({
        dynamic: fc.boolean(),
        static_threshold: fc.option(fc.integer({ min: 2, max: 6 }), { nil: undefined }),
      }),
      { nil: undefined },
    ),
    slc: fc.option(
      fc.record({
        bits_per_cell: fc.constantFrom(2, 4),
        read_us: fc.constantFrom(20, 31),
        program_us: fc.constantFrom(90, 140),
        pages_per_program: fc.constant(1),
        static_blocks: fc.integer({ min: 0, max: 3 }),
        dynamic_share: fc.constantFrom(0, 0.3, 1),
        when_full: fc.constantFrom('direct' as const, 'fold' as const),
        fold_after_us: fc.constantFrom(undefined, 0, 211.007, 2311.013),
      }),
      { nil: undefined },
    ),
    cachedMap: fc.option(
      fc.record({
        bytes: fc.constantFrom(2048, 4096, 20_480),
        entry_bytes: fc.constantFrom(32, 128),
        segment_entries: fc.constantFrom(undefined, 1, 4),
      }),
      { nil: undefined },
    ),
    copyback: fc.boolean(),
    sendsPadding: fc.boolean(),
    spare: fc.integer({ min: 7, max: 10 }),
  })
  .map((r) => {
    const blocks = 24;
    // More open blocks need more spare ones.
    const mapBlocks = r.cachedMap === undefined ? 0 : 2;
    const cache = r.slc === undefined ? 0 : r.slc.static_blocks + 2;
    const spare = r.spare + (r.streams?.directive ?? 2) - 2 + cache + mapBlocks;
    const bytes = r.channels * r.chips * r.dies * r.planes * (blocks - spare) * 8 * r.pageBytes;
    return smallProfile({
      // Not a whole number of units, now and then.
      capacity_sectors: bytes / 512 - 3,
      link: { full_duplex: r.fullDuplex },
      array: {
        channels: r.channels,
        chips_per_channel: r.chips,
        dies_per_chip: r.dies,
        planes_per_die: r.planes,
        multiplane: r.multiplane,
        pages_per_program: r.pagesPerProgram,
        page_bytes: r.pageBytes,
        blocks_per_plane: blocks,
        hold_during_transfer: r.hold,
        read_us: [50, 61, 83],
        suspend: r.suspend,
        read_retry: r.readRetry,
        sends_padding: r.sendsPadding,
      },
      buffer: { write_back: r.writeBack, power_loss_protected: r.isProtected },
      ftl: {
        unit_bytes: r.unitBytes,
        initial_fill: r.initialFill,
        allocation: r.allocation,
        plane_allocation: r.planeAllocation,
        unmapped_reads: r.unmappedReads,
        streams: r.streams,
        cached_map:
          r.cachedMap && r.unitBytes > r.cachedMap.bytes
            ? { ...r.cachedMap, bytes: r.unitBytes }
            : r.cachedMap,
      },
      gc: {
        policy: r.policy,
        choices: r.choices,
        window_blocks: 2 * r.choices,
        idle: r.idle,
        preemptible: r.preemptible || r.cachedMap !== undefined,
        copyback: r.copyback && r.unitBytes === r.pageBytes && !(r.multiplane && r.planes > 1),
      },
      wear: r.wear,
      slc: r.slc,
    });
  });

/** A drive whose snapshot is taken while the rest of a unit is being read to fill a slot. */
const fillingProfile = smallProfile({
  capacity_sectors: 26109,
  link: { full_duplex: false },
  array: {
    channels: 3,
    planes_per_die: 2,
    multiplane: true,
    blocks_per_plane: 24,
    hold_during_transfer: false,
    read_us: [50, 61, 83],
  },
});

/** Keeps a drive busy with random requests; checks each as it completes. */
function drive(bench: Bench, seed: number, requests: number): void {
  const random = new RandomStream(seed, 'load');
  const { capacitySectors } = bench.drive;
  const submitNs: number[] = [];
  const isOut: boolean[] = [];
  let sent = 0;
  const next = (tag: number): void => {
    if (sent >= requests) return;
    sent++;
    const kind = random.below(20);
    const op: DeviceOp =
      kind < 6
        ? Op.read
        : kind < 17
          ? Op.write
          : kind === 17
            ? Op.flush
            : kind === 18
              ? Op.discard
              : Op.writeZeroes;
    const aligned = random.below(2) === 1;
    const most = random.below(4) === 0 ? 256 : 16;
    const sectors = aligned ? 8 : 1 + random.below(most);
    const sector = aligned
      ? random.below(Math.floor(capacitySectors / 8)) * 8
      : random.below(capacitySectors - sectors + 1);
    isOut[tag] = true;
    submitNs[tag] = bench.events.nowNs;
    const fua = random.below(8) === 0 ? DeviceFlag.fua : 0;
    const stream = random.below(6) << STREAM_SHIFT;
    if (op === Op.flush) bench.submit(tag, op, 0, 0);
    else bench.submit(tag, op, sector, sectors, fua | stream);
  };
  bench.onComplete = (tag) => {
    assert.ok(isOut[tag], 'completed once and only when outstanding');
    isOut[tag] = false;
    const latency = bench.doneNs[tag] - submitNs[tag];
    assert.ok(latency > 0);
    const parts = Object.entries(bench.drive.explain(tag));
    assert.equal(
      parts.reduce((sum, [, ns]) => sum + ns, 0),
      latency,
    );
    for (const [part, ns] of parts) assert.ok(ns >= 0, `${part} ${ns}`);
    next(tag);
  };
  for (let tag = 0; tag < 1 + (seed % 32); tag++) next(tag);
  bench.run();
  assert.equal(bench.order.length, sent, 'every request completes');
  assert.ok(isOut.every((out) => !out));
}

test('every tag completes once, parts sum to the latency, map and valid counts agree', () => {
  fc.assert(
    fc.property(profiles, fc.integer({ min: 0, max: 1e6 }), (profile, seed) => {
      const bench = new Bench(profile);
      assert.deepEqual(mapFaults(bench.drive), []);
      drive(bench, seed, 1500);
      assert.deepEqual(mapFaults(bench.drive), []);
      assert.ok(bench.drive.blocks.free.every((free) => free >= 0));
    }),
    { numRuns: 60 },
  );
});

test('same seed, same times', () => {
  fc.assert(
    fc.property(profiles, fc.integer({ min: 0, max: 1e6 }), (profile, seed) => {
      const runs = [0, 1].map(() => {
        const bench = new Bench(profile);
        drive(bench, seed, 400);
        return {
          order: bench.order,
          now: bench.events.nowNs,
          counters: { ...bench.drive.counters },
        };
      });
      assert.deepEqual(runs[0], runs[1]);
    }),
    { numRuns: 10 },
  );
});

test('how many blocks have lists of what they hold changes nothing', () => {
  fc.assert(
    fc.property(profiles, fc.integer({ min: 0, max: 1e6 }), (profile, seed) => {
      // All of them, and as few as there can be.
      const runs = [{}, { reverseBytes: 0 }].map((options) => {
        const bench = new Bench(profile, true, options);
        drive(bench, seed, 1500);
        assert.deepEqual(mapFaults(bench.drive), []);
        return { order: bench.order, now: bench.events.nowNs, ...bench.drive.counters };
      });
      assert.deepEqual(runs[1], runs[0]);
    }),
    { numRuns: 20 },
  );
});

test('a snapshot goes on as the drive it was taken of does', () => {
  fc.assert(
    fc.property(profiles, fc.integer({ min: 0, max: 1e6 }), (profile, seed) => {
      const first = new Bench(profile);
      drive(first, seed, 800);
      // Some programs and collection under way: a few buffered writes, not run to the end.
      first.onComplete = undefined;
      for (let n = 0; n < 6; n++) first.submit(n, Op.write, n * 40, 32);
      const before = first.order.length;
      while (first.order.length < before + 6) first.events.step();
      const snapshot = structuredClone(first.drive.snapshot());
      const second = new Bench(profile);
      second.events.advanceTo(12_345);
      second.drive.restore(snapshot);
      const shift = second.events.nowNs - first.events.nowNs;
      const times = [first, second].map((bench) => {
        bench.order.length = 0;
        const done: number[] = [];
        let n = 0;
        bench.onComplete = (tag) => {
          done.push(bench.events.nowNs, tag);
          if (n++ < 300) bench.submit(tag, n % 3 === 0 ? Op.read : Op.write, (n * 88) % 1000, 8);
        };
        for (let tag = 0; tag < 4; tag++) bench.submit(tag, Op.write, tag * 64, 8);
        bench.run();
        return done;
      });
      assert.deepEqual(
        times[1].map((ns, i) => (i % 2 === 0 ? ns - shift : ns)),
        times[0],
      );
      assert.deepEqual(mapFaults(second.drive), []);
    }),
    { numRuns: 20, examples: [[fillingProfile, 279996]] },
  );
});

test('a flush completes only when all that was acknowledged before it is programmed', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 1e6 }), (seed) => {
      const bench = new Bench();
      const random = new RandomStream(seed, 'flush');
      const { buffer, ftl } = bench.drive;
      for (let round = 0; round < 20; round++) {
        for (let tag = 0; tag < 8; tag++) {
          bench.submit(tag, Op.write, random.below(500) * 8, 1 + random.below(12));
        }
        for (let steps = random.below(12); steps > 0; steps--) bench.events.step();
        const before = new Map<number, number>();
        for (let slot = 0; slot < buffer.slots; slot++) {
          if (buffer.state[slot] <= SlotState.arriving) continue;
          before.set(buffer.logical[slot], ftl.lookup(buffer.logical[slot]));
        }
        bench.onComplete = (tag) => {
          if (tag !== 31) return;
          // Programmed: each is somewhere, and not where its old copy was.
          for (const [logical, old] of before) {
            assert.ok(ftl.lookup(logical) >= 0);
            assert.notEqual(ftl.lookup(logical), old);
          }
        };
        bench.submit(31, Op.flush, 0, 0);
        bench.run();
      }
    }),
    { numRuns: 30 },
  );
});

/** What must hold for any drive under any load. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Op } from '../../../src/device/device.ts';
import { RandomStream } from '../../../src/sim/random.ts';
import { drive } from './random-load.ts';
import { profiles } from './random-profiles.ts';
import { Bench, mapFaults, smallProfile } from './small.ts';

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

/** A drive one of whose dies waits for its channel in the snapshot, another event being due with its turn. */
const waitingProfile = smallProfile({
  capacity_sectors: 2000,
  array: {
    channels: 1,
    chips_per_channel: 3,
    dies_per_chip: 2,
    planes_per_die: 2,
    blocks_per_plane: 24,
    commands_yield: true,
  },
  ftl: { allocation: 'by-address' },
  buffer: { power_loss_protected: true },
});

/** A cache of single-level cells that is folded before the host goes on, and no more of it than must be. */
const folding: Parameters<typeof smallProfile>[0] = {
  link: { full_duplex: false },
  buffer: { write_back: false },
  slc: {
    bits_per_cell: 2,
    read_us: 20,
    program_us: 90,
    pages_per_program: 1,
    static_blocks: 1,
    dynamic_share: 0,
    when_full: 'fold',
  },
};
const oneChip = {
  channels: 1,
  chips_per_channel: 1,
  blocks_per_plane: 24,
  page_bytes: 4096,
  hold_during_transfer: false,
  read_us: [50, 61, 83],
  sends_padding: false,
};
/** What ended for one plane of a pair started a program of the other's again. */
const pairedProfile = smallProfile({
  ...folding,
  capacity_sectors: 1789,
  array: { ...oneChip, planes_per_die: 2, pairs_planes: true },
  ftl: { unit_bytes: 2048, initial_fill: 0 },
  gc: { preemptible: false },
});
/** A program that a read suspended before it had begun was not seen, and another started on the die. */
const suspendedProfile = smallProfile({
  ...folding,
  capacity_sectors: 1533,
  array: {
    ...oneChip,
    dies_per_chip: 2,
    chip_serves_one: true,
    commands_yield: true,
    suspend: { program_us: 0, erase_us: 0, resume_us: 0, at_most: 1 },
  },
  ftl: {
    unit_bytes: 2048,
    initial_fill: 0,
    allocation: 'by-address',
    cached_map: { bytes: 2048, entry_bytes: 32 },
  },
});

/** A read of a round ended at the moment at which a job that it had suspended would have. */
const roundProfile = smallProfile({
  capacity_sectors: 2301,
  link: { full_duplex: false },
  array: {
    ...oneChip,
    page_bytes: 8192,
    dies_per_chip: 2,
    shared_ready: true,
    suspend: { program_us: 0, erase_us: 0, resume_us: 0, at_most: 2 },
    read_retry: [{ share: 0.01 }],
  },
  ftl: {
    unit_bytes: 2048,
    initial_fill: 0,
    cached_map: { bytes: 4096, entry_bytes: 32, segment_entries: 1 },
  },
  gc: { preemptible: true },
  slc: folding.slc,
});

/** A read that collection held up until the firmware was about to pass it on was started before that. */
const heldProfile = smallProfile({
  capacity_sectors: 9213,
  array: {
    channels: 3,
    chips_per_channel: 2,
    dies_per_chip: 2,
    blocks_per_plane: 24,
    page_bytes: 4096,
    hold_during_transfer: false,
    read_us: [50, 61, 83],
    sends_padding: false,
    commands_yield: true,
    suspend: { program_us: 63, erase_us: 0, program_interval_us: 120, resume_us: 0, at_most: 1 },
    read_retry: [
      { share: 0.3, extra_reads: 1, added_us: 62 },
      { share: 0.1, extra_reads: 6, added_us: 51 },
    ],
  },
  buffer: { write_back: false },
  ftl: { allocation: 'by-address', unmapped_reads: 'flash', initial_fill: 0.37 },
  gc: { preemptible: false, copyback: true },
  slc: {
    bits_per_cell: 2,
    read_us: 20,
    program_us: 90,
    static_blocks: 0,
    dynamic_share: 0,
    when_full: 'direct',
  },
});

test('every tag completes once, parts sum to the latency, map and valid counts agree', () => {
  fc.assert(
    fc.property(profiles, fc.integer({ min: 0, max: 1e6 }), (profile, seed) => {
      const bench = new Bench(profile);
      assert.deepEqual(mapFaults(bench.drive), []);
      drive(bench, seed, 1500);
      assert.deepEqual(mapFaults(bench.drive), []);
      assert.ok(bench.drive.blocks.free.every((free) => free >= 0));
    }),
    {
      numRuns: 60,
      examples: [
        [pairedProfile, 0],
        [suspendedProfile, 0],
        [heldProfile, 926347],
        [roundProfile, 0],
      ],
    },
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

test('how often units are born again changes nothing', () => {
  fc.assert(
    fc.property(profiles, fc.integer({ min: 0, max: 1e6 }), (profile, seed) => {
      // Hardly ever, and as often as can be.
      const runs = [{}, { spareOrigins: 0 }].map((options) => {
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

/** Keeps a drive busy, and stops with some programs and collection under way: a few buffered writes. */
function stopUnderWay(bench: Bench, seed: number): void {
  drive(bench, seed, 800);
  bench.onComplete = undefined;
  for (let n = 0; n < 6; n++) bench.submit(n, Op.write, n * 40, 32);
  const before = bench.order.length;
  while (bench.order.length < before + 6) bench.events.step();
}

/** That two drives, of which `second` has been restored to what `first` is, go on alike. */
function goOnAlike(first: Bench, second: Bench, submit: (bench: Bench, tag: number) => void): void {
  const shift = second.events.nowNs - first.events.nowNs;
  const times = [first, second].map((bench) => {
    const done: number[] = [];
    let n = 0;
    bench.onComplete = (tag) => {
      done.push(bench.events.nowNs, tag);
      if (n++ < 300) submit(bench, tag);
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
  for (let unit = 0; unit < first.drive.geometry.mappedUnits; unit++) {
    assert.equal(second.drive.ftl.lookup(unit), first.drive.ftl.lookup(unit));
  }
}

test('a snapshot goes on as the drive it was taken of does', () => {
  fc.assert(
    fc.property(profiles, fc.integer({ min: 0, max: 1e6 }), (profile, seed) => {
      const first = new Bench(profile);
      stopUnderWay(first, seed);
      const second = new Bench(profile);
      second.events.advanceTo(12_345);
      second.drive.restore(structuredClone(first.drive.snapshot()));
      const counts = new Map([first, second].map((bench) => [bench, 0]));
      goOnAlike(first, second, (bench, tag) => {
        const n = counts.get(bench)! + 1;
        counts.set(bench, n);
        bench.submit(tag, n % 3 === 0 ? Op.read : Op.write, (n * 88) % 1000, 8);
      });
    }),
    {
      numRuns: 20,
      examples: [
        [fillingProfile, 279996],
        [waitingProfile, 1],
      ],
    },
  );
});

test('so it does in a drive that has been used, and where units are born again all the time', () => {
  fc.assert(
    fc.property(
      profiles,
      fc.integer({ min: 0, max: 1e6 }),
      fc.constantFrom({}, { spareOrigins: 0 }),
      (profile, seed, options) => {
        const [first, second] = [0, 1].map(() => new Bench(profile, true, options));
        stopUnderWay(first, seed);
        for (let n = 0; n < seed % 50; n++) first.events.step();
        drive(second, seed + 1, 800);
        second.drive.restore(structuredClone(first.drive.snapshot()));
        const streams = new Map(
          [first, second].map((bench) => [bench, new RandomStream(seed, 'on')]),
        );
        const most = first.drive.capacitySectors - 16;
        goOnAlike(first, second, (bench, tag) => {
          const random = streams.get(bench)!;
          const kind = random.below(12);
          const op = kind === 0 ? Op.discard : kind < 4 ? Op.read : Op.write;
          bench.submit(tag, op, random.below(most), 1 + random.below(16));
        });
      },
    ),
    { numRuns: 30 },
  );
});

test('a new drive comes back in one whose units have been born again', () => {
  fc.assert(
    fc.property(profiles, fc.integer({ min: 0, max: 1e6 }), (profile, seed) => {
      const [first, second] = [0, 1].map(() => new Bench(profile, true, { spareOrigins: 0 }));
      drive(second, seed, 800);
      second.drive.restore(first.drive.snapshot());
      assert.deepEqual(mapFaults(second.drive), []);
    }),
    { numRuns: 30 },
  );
});

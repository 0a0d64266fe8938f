/** Collection that is worked off without the event queue does what it does step by step. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Op } from '../../../src/device/device.ts';
import { victimPolicyNames } from '../../../src/device/ssd/gc/registry.ts';
import type { SsdProfile } from '../../../src/device/ssd/profile.ts';
import { RandomStream } from '../../../src/sim/random.ts';
import { drive } from './random-load.ts';
import { Bench, mapFaults, smallProfile } from './small.ts';

/** So many times, us, no sum of which comes out like another. */
function unlike(count: number, from: number, to: number): number[] {
  const random = new RandomStream(count, 'times');
  return Array.from({ length: count }, () => from + random.below((to - from) * 1000) / 1000);
}

/** Drives whose collection may run, of times that make ties as good as impossible: these fall otherwise. */
const profiles: fc.Arbitrary<SsdProfile> = fc
  .record({
    channels: fc.integer({ min: 1, max: 3 }),
    dies: fc.integer({ min: 1, max: 3 }),
    pagesPerBlock: fc.constantFrom(24, 48, 96),
    pagesPerProgram: fc.constantFrom(1, 2, 3),
    pageBytes: fc.constantFrom(4096, 16_384),
    fill: fc.constantFrom(1, 'steady' as const),
    hold: fc.boolean(),
    copyback: fc.boolean(),
    rest: fc.constantFrom(undefined, 27.013),
    sendsPadding: fc.boolean(),
    policy: fc.constantFrom(...victimPolicyNames),
    preemptible: fc.constantFrom(true, false, 'reads' as const),
    suspend: fc.constantFrom(undefined, {
      program_us: 21.011,
      erase_us: 99.991,
      resume_us: 3.007,
      at_most: 3,
    }),
    allocation: fc.constantFrom('next-free' as const, 'by-address' as const),
    wear: fc.constantFrom(undefined, { dynamic: true, static_threshold: 3 }),
  })
  .map((r) => {
    const pages = r.channels * r.dies * 13 * r.pagesPerBlock;
    return smallProfile({
      capacity_sectors: (pages * r.pageBytes) / 512,
      array: {
        channels: r.channels,
        chips_per_channel: r.dies,
        pages_per_block: r.pagesPerBlock,
        pages_per_program: r.pagesPerProgram,
        page_bytes: r.pageBytes,
        blocks_per_plane: 20,
        hold_during_transfer: r.hold,
        read_us: unlike(7, 50, 90),
        program_us: unlike(11, 500, 800),
        erase_us: 2011.043,
        channel_mib_per_s: 371.7,
        command_us: 0.373,
        rest_after_program_us: r.rest,
        sends_padding: r.sendsPadding,
        suspend: r.suspend,
      },
      buffer: { bytes: 16 * r.pagesPerProgram * r.pageBytes },
      ftl: { unit_bytes: 4096, initial_fill: r.fill, allocation: r.allocation },
      gc: {
        policy: r.policy,
        choices: 3,
        window_blocks: 4,
        start_free_blocks: 2,
        preemptible: r.preemptible,
        copyback: r.copyback && r.pageBytes === 4096,
      },
      wear: r.wear,
    });
  });

/** The same drive, none of whose reads is ever tried again, but might be: nothing of it runs ahead. */
function stepByStep(profile: SsdProfile): SsdProfile {
  return { ...profile, array: { ...profile.array, read_retry: [{ share: 0 }] } };
}

/** Random writes, so many at a time. */
function writes(bench: Bench, seed: number, depth: number, count: number): void {
  const random = new RandomStream(seed, 'writes');
  const places = Math.floor(bench.drive.capacitySectors / 8);
  let sent = 0;
  const next = (tag: number): void => {
    if (sent++ < count) bench.submit(tag, Op.write, random.below(places) * 8, 8);
  };
  bench.onComplete = next;
  for (let tag = 0; tag < depth; tag++) next(tag);
}

interface Seen {
  readonly times: number[];
  readonly state: unknown;
  readonly steps: number;
}

function run(
  profile: SsdProfile,
  load: (bench: Bench) => void,
  look?: (bench: Bench) => void,
): Seen {
  const bench = new Bench(profile);
  const times: number[] = [];
  let steps = 0;
  bench.drive.attach({
    complete: (tag, timeNs, status) => {
      times.push(tag, timeNs);
      bench.complete(tag, timeNs, status);
    },
  });
  load(bench);
  bench.run(() => {
    steps++;
    look?.(bench);
  });
  assert.deepEqual(mapFaults(bench.drive), []);
  const { geometry, ftl } = bench.drive;
  const where = Array.from({ length: geometry.mappedUnits }, (_, unit) => ftl.lookup(unit));
  const { busyNs: _, ...counters } = bench.drive.counters;
  return { times, steps, state: { where, counters, now: bench.events.nowNs } };
}

function compare(profile: SsdProfile, load: (bench: Bench) => void): number {
  const ahead = run(profile, load);
  const steps = run(stepByStep(profile), load);
  assert.deepEqual(ahead.times, steps.times);
  assert.deepEqual(ahead.state, steps.state);
  return ahead.steps / steps.steps;
}

test('random writes come out the same, with a good deal fewer events', () => {
  const shares: number[] = [];
  fc.assert(
    fc.property(
      profiles,
      fc.integer({ min: 0, max: 1e6 }),
      fc.integer({ min: 1, max: 32 }),
      (profile, seed, depth) => {
        shares.push(compare(profile, (bench) => writes(bench, seed, depth, 4000)));
      },
    ),
    { numRuns: 30 },
  );
  assert.ok(shares.filter((share) => share < 0.8).length > 10, shares.join());
});

test('a load of everything comes out the same', () => {
  fc.assert(
    fc.property(profiles, fc.integer({ min: 0, max: 1e6 }), (profile, seed) => {
      compare(profile, (bench) => drive(bench, seed, 1500));
    }),
    { numRuns: 20 },
  );
});

test('a read on a die that runs ahead comes out the same, whatever the die is doing', () => {
  fc.assert(
    fc.property(
      profiles,
      fc.integer({ min: 0, max: 1e6 }),
      fc.array(fc.integer({ min: 1, max: 400_000 }), { minLength: 40, maxLength: 40 }),
      (profile, seed, gaps) => {
        compare(profile, (bench) => {
          writes(bench, seed, 8, 1500);
          const { onComplete } = bench;
          const random = new RandomStream(seed, 'reads');
          const places = Math.floor(bench.drive.capacitySectors / 8);
          const readTag = 31;
          let isReading = false;
          bench.onComplete = (tag) => {
            if (tag === readTag) isReading = false;
            else onComplete!(tag);
          };
          let at = bench.events.nowNs;
          const read = bench.events.register(() => {
            if (isReading) return;
            isReading = true;
            bench.submit(readTag, Op.read, random.below(places) * 8, 8);
          });
          for (let n = 0; n < 3000; n++)
            bench.events.schedule((at += gaps[n % gaps.length] + 0.25), read, 0);
        });
      },
    ),
    { numRuns: 15 },
  );
});

/** A die that rested while another of its channel ran ahead: both had a step at one moment. */
const restingProfile = smallProfile({
  capacity_sectors: 14_976,
  array: {
    channels: 1,
    chips_per_channel: 3,
    blocks_per_plane: 20,
    pages_per_block: 48,
    page_bytes: 4096,
    pages_per_program: 3,
    channel_mib_per_s: 390.625,
    program_us: [100, 500],
    hold_during_transfer: false,
    rest_after_program_us: 50,
    sends_padding: false,
  },
  buffer: { bytes: 196_608 },
  ftl: { allocation: 'by-address' },
});

test('looking at what a drive counts changes nothing, however many steps fall on one moment', () => {
  const tied = profiles.map((profile) => ({
    ...profile,
    array: {
      ...profile.array,
      read_us: [50],
      program_us: [100, 500],
      erase_us: 2000,
      // A page of 4 KiB takes 10 us.
      channel_mib_per_s: 390.625,
      command_us: 0,
      rest_after_program_us: profile.array.rest_after_program_us && 50,
      suspend: undefined,
    },
  }));
  fc.assert(
    fc.property(
      tied,
      fc.integer({ min: 0, max: 1e6 }),
      fc.integer({ min: 1, max: 32 }),
      (profile, seed, depth) => {
        const looks = [undefined, (bench: Bench) => void bench.drive.counters.gcUnits];
        const [unseen, seen] = looks.map((look) =>
          run(profile, (bench) => writes(bench, seed, depth, 3000), look),
        );
        assert.deepEqual(seen, unseen);
      },
    ),
    { numRuns: 8, examples: [[restingProfile, 405_945, 2]] },
  );
});

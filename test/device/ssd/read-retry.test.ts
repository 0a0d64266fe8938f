/** Pages that have to be read more than once. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Op } from '../../../src/device/device.ts';
import { ssdProfileSchema } from '../../../src/device/ssd/profile.ts';
import { RandomStream } from '../../../src/sim/random.ts';
import { Bench, CHANNEL_NS, LINK_NS, READ_NS, smallProfile } from './small.ts';

const ONCE = READ_NS + CHANNEL_NS;

test('a page read again n times takes n times sense and transfer more', () => {
  const bench = new Bench(smallProfile({ array: { read_retry: [{ share: 1, extra_reads: 3 }] } }));
  bench.submit(0, Op.read, 0, 8);
  bench.run();
  assert.equal(bench.doneNs[0], 3000 + 4 * ONCE + LINK_NS);
  assert.equal(bench.drive.explain(0).sense, 4 * READ_NS + 3 * CHANNEL_NS);
});

test('time that retries take inside the die comes on top of the sense', () => {
  const bench = new Bench(smallProfile({ array: { read_retry: [{ share: 1, added_us: 77 }] } }));
  bench.submit(0, Op.read, 0, 8);
  bench.run();
  assert.equal(bench.doneNs[0], 3000 + ONCE + 77_000 + LINK_NS);
});

test('shares of the distribution come out', (t) => {
  const bench = new Bench(
    smallProfile({
      array: {
        read_retry: [
          { share: 0.1, extra_reads: 1 },
          { share: 0.02, extra_reads: 5 },
        ],
      },
    }),
  );
  const counts = [0, 0, 0, 0, 0, 0];
  const reads = 20_000;
  for (let n = 0; n < reads; n++) {
    const start = bench.events.nowNs;
    bench.submit(0, Op.read, ((n * 7) % 500) * 8, 8);
    bench.run();
    counts[(bench.doneNs[0] - start - 3000 - LINK_NS) / ONCE - 1]++;
  }
  t.diagnostic(counts.join(' '));
  // Four standard deviations of a binomial.
  const near = (count: number, share: number): boolean =>
    Math.abs(count - reads * share) < 4 * Math.sqrt(reads * share * (1 - share));
  assert.ok(near(counts[1], 0.1) && near(counts[5], 0.02) && near(counts[0], 0.88));
  assert.equal(counts[2] + counts[3] + counts[4], 0);
});

test("collection's reads are read again as well", () => {
  const run = (read_retry?: { share: number; extra_reads: number }[]): number => {
    const bench = new Bench(
      smallProfile({
        capacity_sectors: 1024,
        array: { channels: 1, chips_per_channel: 1, read_retry },
      }),
    );
    const random = new RandomStream(1, 'load');
    let sent = 0;
    bench.onComplete = (tag) => {
      if (sent++ < 600) bench.submit(tag, Op.write, random.below(128) * 8, 8);
    };
    for (let tag = 0; tag < 4; tag++) bench.onComplete(tag);
    bench.run();
    assert.ok(bench.drive.counters.gcUnits > 50);
    return bench.events.nowNs;
  };
  assert.ok(run([{ share: 1, extra_reads: 2 }]) > run() + 50 * READ_NS);
});

test('shares of more than one are an error', () => {
  const profile = smallProfile();
  const read_retry = [
    { share: 0.7, extra_reads: 1 },
    { share: 0.5, extra_reads: 2 },
  ];
  const parsed = ssdProfileSchema.safeParse({
    ...profile,
    array: { ...profile.array, read_retry },
  });
  assert.match(parsed.error!.issues[0].message, /sum to at most 1/);
});

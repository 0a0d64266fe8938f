/** Hot and cold data in blocks of their own: less to move. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Op, STREAM_SHIFT } from '../../../src/device/device.ts';
import type { SsdProfile } from '../../../src/device/ssd/profile.ts';
import { RandomStream } from '../../../src/sim/random.ts';
import { Bench, mapFaults, smallProfile } from './small.ts';

const BLOCKS = 512;
const UNITS_PER_BLOCK = 16;

/**
 * Write amplification of one die, 80 % full, under nine writes in ten to a tenth of it.
 * @param named hot writes name a stream
 */
function amplification(
  streams: SsdProfile['ftl']['streams'],
  named = false,
  policy: SsdProfile['gc']['policy'] = 'greedy',
): number {
  const logical = Math.floor(BLOCKS * UNITS_PER_BLOCK * 0.8);
  const bench = new Bench(
    smallProfile({
      capacity_sectors: logical * 8,
      array: { channels: 1, chips_per_channel: 1, blocks_per_plane: BLOCKS },
      ftl: { streams },
      gc: { policy },
    }),
    false,
  );
  const random = new RandomStream(1, 'load');
  const hot = Math.floor(logical / 10);
  const run = (writes: number): void => {
    let sent = 0;
    bench.onComplete = (tag) => {
      if (sent++ >= writes) return;
      const isHot = random.below(10) > 0;
      const unit = isHot ? random.below(hot) : hot + random.below(logical - hot);
      bench.submit(tag, Op.write, unit * 8, 8, named && isHot ? 1 << STREAM_SHIFT : 0);
    };
    for (let tag = 0; tag < 8; tag++) bench.onComplete(tag);
    bench.run();
    bench.order.length = 0;
  };
  run(4 * BLOCKS * UNITS_PER_BLOCK);
  const { hostUnits, gcUnits } = bench.drive.counters;
  run(4 * BLOCKS * UNITS_PER_BLOCK);
  assert.deepEqual(mapFaults(bench.drive), []);
  const { counters } = bench.drive;
  return 1 + (counters.gcUnits - gcUnits) / (counters.hostUnits - hostUnits);
}

const detect = { counters: 8192, hot_writes: 4, halve_after_writes: 8192 };

test('write amplification falls when hot writes name a stream, and nearly as far when the drive finds them', (t) => {
  const mixed = amplification(undefined);
  const named = amplification({ directive: 2 }, true);
  const unnamed = amplification({ directive: 2 }, false);
  const found = amplification({ detect });
  t.diagnostic(JSON.stringify({ mixed, named, unnamed, found }));
  assert.ok(named < mixed * 0.95);
  assert.ok(found < mixed * 0.95);
  const aged = [undefined, { directive: 2 }].map((streams) =>
    amplification(streams, true, 'cost-benefit'),
  );
  t.diagnostic(aged.join(' '));
  assert.ok(Math.abs(unnamed / mixed - 1) < 0.02);
});

test('under uniform writes streams neither help nor harm', () => {
  const of = (streams: SsdProfile['ftl']['streams']): number => {
    const bench = new Bench(
      smallProfile({
        capacity_sectors: 4096 * 4,
        array: { channels: 1, chips_per_channel: 1, blocks_per_plane: 160 },
        ftl: { streams },
      }),
      false,
    );
    const random = new RandomStream(1, 'load');
    let sent = 0;
    bench.onComplete = (tag) => {
      if (sent++ < 30_000) bench.submit(tag, Op.write, random.below(2048) * 8, 8);
    };
    for (let tag = 0; tag < 8; tag++) bench.onComplete(tag);
    bench.run();
    return 1 + bench.drive.counters.gcUnits / bench.drive.counters.hostUnits;
  };
  const hotCount = { counters: 256, hot_writes: 15, halve_after_writes: 512 };
  assert.ok(Math.abs(of({ detect: hotCount }) / of(undefined) - 1) < 0.03);
});

test('streams named beyond those there are count from the first again; flushes drain all of them', () => {
  const bench = new Bench(smallProfile({ ftl: { streams: { directive: 3 }, initial_fill: 0 } }));
  for (let n = 0; n < 9; n++) bench.submit(n, Op.write, n * 8, 8, n << STREAM_SHIFT);
  bench.run();
  bench.submit(9, Op.flush, 0, 0);
  bench.run();
  const { geometry, ftl } = bench.drive;
  const blockOf = (n: number): number => geometry.blockOf(ftl.lookup(n));
  for (let n = 0; n < 9; n++) {
    for (let m = 0; m < n; m++) {
      if (n % 3 !== m % 3) assert.notEqual(blockOf(n), blockOf(m), `${n} ${m}`);
    }
  }
});

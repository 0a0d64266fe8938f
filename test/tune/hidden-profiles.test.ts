/** Tuning on simulated measurements of a hidden drive predicts what it does under other work. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { HddProfile } from '../../src/device/hdd/profile.ts';
import { demerit, mean, sorted } from '../../src/measure/demerit.ts';
import { RandomStream } from '../../src/sim/random.ts';
import { tune } from '../../src/tune/tune.ts';
import {
  replayValidation,
  type ValidationTrace,
} from '../../src/workload/replay/validation-trace.ts';
import { smallProfile } from '../device/hdd/small-drive.ts';

const REQUESTS = 2000;

/** Random requests, some followed by the sectors behind them. */
function work(seed: number, readShare: number, gap_ms: number): ValidationTrace {
  const random = new RandomStream(seed, 'work');
  const capacity = smallProfile().layout.capacity_sectors;
  const lbn = new Float64Array(REQUESTS);
  for (let i = 0; i < REQUESTS; i++) {
    lbn[i] =
      i > 0 && random.uniform() < 0.2 ? lbn[i - 1] + 8 : random.below(capacity / 8 - 1000) * 8;
  }
  return {
    file: `work ${seed}`,
    requests: REQUESTS,
    isWrite: Uint8Array.from(lbn, () => (random.uniform() < readShare ? 0 : 1)),
    isHit: new Uint8Array(REQUESTS),
    lbn,
    sectors: new Float64Array(REQUESTS).fill(8),
    response_ms: new Float64Array(REQUESTS),
    gapNs: Float64Array.from(lbn, () => Math.round(random.exponential(gap_ms) * 1e6)),
  };
}

/** The small drive with other overheads, link, seeks and settling. */
function hidden(seed: number): HddProfile {
  const random = new RandomStream(seed, 'hidden');
  const between = (low: number, high: number): number => low + random.uniform() * (high - low);
  const drive = structuredClone(smallProfile());
  for (const kind of ['readHit', 'readMiss', 'writeHit', 'writeMiss'] as const) {
    drive.overhead[kind] = { afterRead_ms: between(0.1, 0.5), afterWrite_ms: between(0.1, 0.5) };
  }
  drive.mechanics.seek = {
    form: 'table',
    points: [
      [1, between(0.8, 1.4)],
      [300, between(4, 5)],
      [999, between(10, 12)],
    ],
  };
  drive.mechanics.writeSettle_ms = between(0, 0.4);
  drive.link.sector_us = between(5, 25);
  return drive;
}

for (const seed of [1, 2]) {
  test(`hidden drive ${seed}: other work within 3 % of the mean`, async () => {
    const drive = hidden(seed);
    const seen = work(seed, 0.7, 10);
    seen.response_ms.set(replayValidation(seen, drive));
    const { profile } = await tune({
      profile: smallProfile(),
      measurement: { kind: 'trace', trace: seen, from: 0, to: REQUESTS },
      fit: ['overheads', 'settle', 'seek'],
      evaluations: 3000,
    });
    const other = work(seed + 100, 0.5, 30);
    const real = replayValidation(other, drive);
    const off = demerit(sorted(real), sorted(replayValidation(other, profile))) / mean(real);
    assert.ok(off < 0.03, `${(100 * off).toFixed(2)} %`);
  });
}

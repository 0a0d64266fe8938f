/**
 * Drives nobody has seen: a made-up drive with other overheads, link, seeks and settling, measured
 * under one load, tuned to, and predicted under another.
 *
 * Run as a program it prints the prediction's error for seeds FROM..TO:
 * `npx tsx test/tune/hidden-drive.ts 101 110`.
 */

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

interface Work {
  readonly readShare: number;
  readonly gap_ms: number;
  /** Sectors of a request, one as likely as another. */
  readonly sizes: readonly number[];
}

const SEEN: Work = { readShare: 0.7, gap_ms: 10, sizes: [1, 4, 8, 16, 32] };
const OTHER: Work = { readShare: 0.5, gap_ms: 30, sizes: [2, 8, 8, 24, 64] };

/** Random requests, some followed by the sectors behind them. */
function work(seed: number, { readShare, gap_ms, sizes }: Work): ValidationTrace {
  const random = new RandomStream(seed, 'work');
  const capacity = smallProfile().layout.capacity_sectors;
  const lbn = new Float64Array(REQUESTS);
  const sectors = Float64Array.from(lbn, () => sizes[random.below(sizes.length)]);
  for (let i = 0; i < REQUESTS; i++) {
    const isNext = i > 0 && random.uniform() < 0.2;
    lbn[i] = isNext ? lbn[i - 1] + sectors[i - 1] : random.below(capacity / 8 - 2000) * 8;
  }
  return {
    file: `work ${seed}`,
    requests: REQUESTS,
    isWrite: Uint8Array.from(lbn, () => (random.uniform() < readShare ? 0 : 1)),
    isHit: new Uint8Array(REQUESTS),
    lbn,
    sectors,
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

/** Demerit of the tuned drive's predictions over the hidden drive's mean; `untuned` likewise. */
export async function predict(
  seed: number,
  workers = 0,
): Promise<{ readonly tuned: number; readonly untuned: number }> {
  const drive = hidden(seed);
  const seen = work(seed, SEEN);
  seen.response_ms.set(replayValidation(seen, drive));
  const { profile } = await tune({
    profile: smallProfile(),
    measurement: { kind: 'trace', trace: seen, from: 0, to: REQUESTS },
    fit: ['overheads', 'settle', 'seek'],
    evaluations: 3000,
    workers,
  });
  const other = work(seed + 1000, OTHER);
  const real = replayValidation(other, drive);
  const off = (simulated: HddProfile): number =>
    demerit(sorted(real), sorted(replayValidation(other, simulated))) / mean(real);
  return { tuned: off(profile), untuned: off(smallProfile()) };
}

if (process.argv[1] === import.meta.filename) {
  const [from, to] = process.argv.slice(2).map(Number);
  const percent = (share: number): string => `${(100 * share).toFixed(2)} %`;
  for (let seed = from; seed <= to; seed++) {
    const { tuned, untuned } = await predict(seed, 2);
    console.log(`hidden drive ${seed}: ${percent(untuned)} untuned, ${percent(tuned)} tuned`);
  }
}

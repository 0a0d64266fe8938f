/**
 * The two other sorts of figures that flash drives are tuned to: a write and a flush by size, of real
 * drives (`flush-cost.json` of ../shared/validation/ssd), and random writes in steady state, of hidden ones.
 *
 * Run as a program it prints them: `npx tsx test/tune/flash-other.ts`.
 */

import { readFileSync } from 'node:fs';
import type { SsdProfile } from '../../src/device/ssd/profile.ts';
import { RandomStream } from '../../src/sim/random.ts';
import { profileOfFlashDatasheet, type FlashDatasheet } from '../../src/tune/flash-datasheet.ts';
import { firstGuess } from '../../src/tune/ssd-first-guess.ts';
import { compareTargets, type Comparison, type Target } from '../../src/tune/target.ts';
import { tune } from '../../src/tune/tune.ts';
import { validationData } from '../validation/shared.ts';
import { figuresOf, loop, plainStart } from './hidden-flash.ts';

/** Measured, tuned to, and whether it was among those tuned to. */
export interface OtherRow {
  readonly drive: string;
  readonly comparison: Comparison;
  readonly isFitted: boolean;
}

type Sheet = Pick<FlashDatasheet, 'interface' | 'cell' | 'capacity_bytes' | 'powerLossProtection'>;

/** What is known of each before: no more. */
const SHEETS: Readonly<Record<string, Sheet>> = {
  'Intel SSD 710 (SATA)': {
    interface: 'sata2',
    cell: 'mlc',
    capacity_bytes: 200e9,
    powerLossProtection: true,
  },
  'Samsung 950 PRO (NVMe)': { interface: 'pcie3x4', cell: 'mlc', capacity_bytes: 512e9 },
};
const FITTED_KIB = [4, 64, 1024, 8192];

async function rowsOf(
  drive: string,
  start: SsdProfile,
  fitted: readonly Target[],
  others: readonly Target[],
  fit: readonly string[] | undefined,
  workers: number,
): Promise<OtherRow[]> {
  const { profile } = await tune({
    profile: firstGuess(start, fitted),
    measurement: { kind: 'targets', targets: fitted, file: drive },
    fit,
    workers,
  });
  return [fitted, others].flatMap((targets, i) =>
    compareTargets(profile, targets).map((comparison) => ({
      drive,
      comparison,
      isFitted: i === 0,
    })),
  );
}

/** Each drive's times of a write and a flush, tuned to four sizes. */
export async function writeAndFlush(workers = 0): Promise<OtherRow[]> {
  const file = `${validationData}ssd/flush-cost.json`;
  const data = JSON.parse(readFileSync(file, 'utf8')) as Record<string, number[]>;
  const rows: OtherRow[] = [];
  for (const [drive, sheet] of Object.entries(SHEETS)) {
    const start = profileOfFlashDatasheet({
      kind: 'ssd',
      name: 'plain',
      title: drive,
      sources: {},
      ...sheet,
    });
    const targetsOf = (isFitted: boolean): Target[] =>
      data.chunk_KiB.flatMap((kib, i) =>
        FITTED_KIB.includes(kib) === isFitted
          ? [{ workload: { run: 'write-flush', kib }, measured: { mean_us: data[drive][i] } }]
          : [],
      );
    rows.push(
      ...(await rowsOf(drive, start, targetsOf(true), targetsOf(false), undefined, workers)),
    );
  }
  return rows;
}

/**
 * A drive with another program time, tuned to by its steady random writes at 32 outstanding, predicted at
 * 4 and 128 and fresh.
 */
export async function steadyWrites(seed: number, workers = 0): Promise<OtherRow[]> {
  const random = new RandomStream(seed, 'steady');
  const start = plainStart(random.uniform() < 0.5);
  const drive = structuredClone(start);
  drive.array.program_us = [800 + 3000 * random.uniform()];
  const steady = (outstanding: number) => ({ ...loop(true, outstanding), steady: true });
  const iopsOf = (workload: ReturnType<typeof loop>): Target => {
    const { measured } = figuresOf(drive, workload);
    return { workload, measured: { iops: measured.iops } };
  };
  return rowsOf(
    `seed ${seed}`,
    start,
    [iopsOf(steady(32))],
    [iopsOf(steady(4)), iopsOf(steady(128)), iopsOf(loop(true, 32))],
    ['array.program_us'],
    workers,
  );
}

if (process.argv[1] === import.meta.filename) {
  const rows = await writeAndFlush(2);
  for (const seed of [301, 302, 303]) rows.push(...(await steadyWrites(seed, 2)));
  for (const { drive, comparison: c, isFitted } of rows) {
    const off = `${(100 * c.off).toFixed(1)} %`;
    console.log(drive, JSON.stringify(c.workload), c.measured, c.simulated, off, isFitted);
  }
}

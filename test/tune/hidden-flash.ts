/**
 * Flash drives nobody has seen: a made-up drive with other senses, programs, firmware and serial
 * parts, measured at some depths, tuned to from a datasheet that knows none of it, and predicted at
 * other depths and another size.
 *
 * Run as a program it prints the prediction's errors for seeds FROM..TO:
 * `npx tsx test/tune/hidden-flash.ts 301 305`.
 */

import type { SsdProfile } from '../../src/device/ssd/profile.ts';
import { RandomStream } from '../../src/sim/random.ts';
import { profileOfFlashDatasheet } from '../../src/tune/flash-datasheet.ts';
import { firstGuess } from '../../src/tune/ssd-first-guess.ts';
import { compareTargets, simulate, type LoopWorkload, type Target } from '../../src/tune/target.ts';
import { tune } from '../../src/tune/tune.ts';

const SEEN = [1, 4, 16, 64];
const OTHER = [2, 8, 32];
const LONE = [
  'p10_us',
  'p20_us',
  'p30_us',
  'p40_us',
  'p50_us',
  'p60_us',
  'p70_us',
  'p80_us',
  'p90_us',
  'p95_us',
];

export const loop = (write: boolean, outstanding: number, kib = 4): LoopWorkload => ({
  run: 'loop',
  write,
  outstanding,
  kib,
  sequential: false,
  hostUs: 4,
  steady: false,
});

/** Where the search starts: a drive of this size, and nothing more. */
export function plainStart(isSata: boolean): SsdProfile {
  return profileOfFlashDatasheet({
    kind: 'ssd',
    name: 'plain',
    title: 'of this size, and nothing more',
    sources: {},
    interface: isSata ? 'sata3' : 'pcie3x4',
    cell: 'tlc',
    capacity_bytes: 480e9,
  });
}

/** The same with all that is fitted drawn at random. */
export function hidden(seed: number): SsdProfile {
  const random = new RandomStream(seed, 'hidden');
  const between = (low: number, high: number): number => low + random.uniform() * (high - low);
  const isSata = random.uniform() < 0.5;
  const drive = structuredClone(plainStart(isSata));
  const { link, controller, array } = drive;
  if (isSata) {
    link.per_command_us = between(3, 15);
    link.per_write_us = between(5, 15);
  } else {
    controller.serial_read_us = between(1, 4);
    controller.serial_write_us = between(1, 4);
  }
  controller.read_us = between(4, 25);
  controller.write_us = between(5, 30);
  const sense = between(40, 90);
  array.read_us = [sense, sense * between(1.1, 1.3), sense * between(1.4, 1.9)];
  array.program_us = [between(1500, 3500)];
  return drive;
}

export const figuresOf = (drive: SsdProfile, workload: LoopWorkload): Target => {
  const names = ['iops', ...(workload.outstanding === 1 && !workload.write ? LONE : ['p50_us'])];
  const all = simulate(drive, { workload, measured: Object.fromEntries(names.map((n) => [n, 1])) });
  return { workload, measured: Object.fromEntries(names.map((name) => [name, all[name]])) };
};

/** Root mean square of the relative errors of what was predicted, before and after tuning. */
export async function predictFlash(
  seed: number,
  fit?: readonly string[],
  workers = 0,
): Promise<{ readonly tuned: number; readonly untuned: number; readonly worst: number }> {
  const drive = hidden(seed);
  const start = plainStart(!drive.link.full_duplex);
  const targets = [false, true].flatMap((write) =>
    SEEN.map((n) => figuresOf(drive, loop(write, n))),
  );
  const { profile } = await tune({
    profile: firstGuess(start, targets),
    measurement: { kind: 'targets', targets, file: `hidden ${seed}` },
    fit,
    workers,
  });
  const others = [
    ...[false, true].flatMap((write) => OTHER.map((n) => figuresOf(drive, loop(write, n)))),
    figuresOf(drive, loop(false, 8, 16)),
  ];
  const offs = (simulated: SsdProfile): number[] =>
    compareTargets(simulated, others).map((c) => c.off);
  const rms = (all: readonly number[]): number =>
    Math.sqrt(all.reduce((sum, off) => sum + off ** 2, 0) / all.length);
  const after = offs(profile);
  return {
    tuned: rms(after),
    untuned: rms(offs(start)),
    worst: Math.max(...after.map((off) => Math.abs(off))),
  };
}

if (process.argv[1] === import.meta.filename) {
  const [from, to] = process.argv.slice(2).map(Number);
  const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;
  for (let seed = from; seed <= to; seed++) {
    const { tuned, untuned, worst } = await predictFlash(seed, undefined, 2);
    console.log(
      `hidden flash drive ${seed}: ${percent(untuned)} untuned, ${percent(tuned)} tuned, worst ${percent(worst)}`,
    );
  }
}

/** Measured figures, the workload that each was measured under, and how far a profile is off. */

import type { AnyProfile } from '../device/profile.ts';
import type { SsdProfile } from '../device/ssd/profile.ts';
import { mean, percentile, sorted } from '../measure/demerit.ts';
import { SECTOR_BYTES } from '../sim/units.ts';
import { runDirectLoop } from '../workload/bare/direct-loop.ts';
import { runDiskinfo } from '../workload/bare/diskinfo.ts';
import { runRandomLoop, type BareHost } from '../workload/bare/random-loop.ts';
import { runScatteredFlush, runSequential, runWriteAndFlush } from '../workload/bare/sequential.ts';
import { shrunkTo } from './shrunk.ts';
import { programBytes } from './ssd-sizes.ts';

/** What is run on the bare drive. */
export type Workload =
  | {
      readonly run: 'random';
      readonly write: boolean;
      readonly outstanding: number;
      readonly seconds: number;
      readonly host?: BareHost | undefined;
    }
  | {
      readonly run: 'diskinfo';
      readonly sectorBytes?: number | undefined;
      readonly hostNs?: number | undefined;
    }
  | {
      readonly run: 'sequential';
      readonly write: boolean;
      readonly at: number;
      readonly mib: number;
    }
  | { readonly run: 'flush'; readonly writes: number }
  | LoopWorkload
  | { readonly run: 'write-flush'; readonly kib: number };

/** fio's job on the bare device, a given number of requests: what flash drives are measured by. */
export interface LoopWorkload {
  readonly run: 'loop';
  readonly write: boolean;
  readonly outstanding: number;
  readonly kib: number;
  readonly sequential: boolean;
  /** Host time from a completion to the next submission, us. */
  readonly hostUs: number;
  /** On a drive that has been overwritten at random for long. */
  readonly steady: boolean;
}

/**
 * Figures by name. random: `iops`, `mean_ms`, `p1_ms` .. `p99_ms` (any percentile); diskinfo: its
 * lines; sequential: `MBps`; flush: `flush_ms`; loop: `iops`, `MBps`, `mean_us`, `p50_us` and so on;
 * write-flush: `mean_us`.
 */
export type Figures = Readonly<Record<string, number>>;

export interface Target {
  readonly workload: Workload;
  readonly measured: Figures;
}

/** Simulates the figures that were measured. */
export function simulate(profile: AnyProfile, { workload, measured }: Target): Figures {
  switch (workload.run) {
    case 'random':
      return randomFigures(profile, workload, Object.keys(measured));
    case 'diskinfo':
      return { ...runDiskinfo(profile, workload) };
    case 'sequential':
      return { MBps: runSequential(profile, workload) };
    case 'loop':
      return loopFigures(profile, workload, Object.keys(measured));
    case 'write-flush':
      return { mean_us: runWriteAndFlush(profile, workload.kib) };
    default:
      return { flush_ms: runScatteredFlush(profile, workload.writes) };
  }
}

function randomFigures(
  profile: AnyProfile,
  workload: Workload & { run: 'random' },
  names: readonly string[],
): Figures {
  const { iops, latency_ms } = runRandomLoop(profile, workload);
  const ascending = sorted(latency_ms);
  const figures: Record<string, number> = { iops, mean_ms: mean(latency_ms) };
  for (const name of names) {
    const share = /^p([\d.]+)_ms$/.exec(name);
    if (share !== null) figures[name] = percentile(ascending, Number(share[1]) / 100);
  }
  return figures;
}

/**
 * Requests of a loop: its figures are then steady within a percent. Reads in line before dies spread
 * over them as slowly as a random walk: the square of their number, up to a limit.
 */
const LOOP = {
  requests: 4000,
  spread: 8,
  most: 40_000,
  rounds: 12,
  units: 4_000_000,
  steadyRequests: 20_000,
  steadyUnits: 200_000,
} as const;

function loopFigures(profile: AnyProfile, run: LoopWorkload, names: readonly string[]): Figures {
  const { write, outstanding, kib, sequential, hostUs, steady } = run;
  const sectors = (kib * 1024) / SECTOR_BYTES;
  const drive = profile.kind === 'ssd' ? small(profile as SsdProfile, steady) : profile;
  const bufferBytes = drive.kind === 'ssd' ? (drive as SsdProfile).buffer.bytes : 0;
  // What fills the buffer goes faster than what waits for it to be emptied.
  const filling = write ? 3 * Math.ceil(bufferBytes / (kib * 1024)) : 0;
  const spread = write ? 8 * outstanding : Math.min(LOOP.most, LOOP.spread * outstanding ** 2);
  const few = Math.ceil((LOOP.requests * 4) / Math.max(4, kib)) + spread;
  const requests = steady
    ? LOOP.steadyRequests
    : Math.ceil(Math.max(few, write ? programRounds(drive, kib) : 0));
  const { iops, mean_us, latency_us } = runDirectLoop(drive, {
    write,
    outstanding,
    sectors,
    sequential,
    hostUs,
    requests,
    warmup: Math.ceil(outstanding + spread / 2 + (steady ? requests / 2 : filling)),
  });
  const figures: Record<string, number> = { iops, mean_us };
  figures.MBps = (iops * kib * 1024) / 1e6;
  for (const name of names) {
    const share = /^p([\d.]+)_us$/.exec(name);
    if (share !== null) figures[name] = percentile(latency_us, Number(share[1]) / 100);
  }
  return figures;
}

/** Requests that all dies program in so many rounds: they go in step, so a few are too few. */
function programRounds(profile: AnyProfile, kib: number): number {
  if (profile.kind !== 'ssd') return 0;
  return Math.min(20_000, (LOOP.rounds * programBytes(profile as SsdProfile)) / (kib * 1024));
}

/**
 * The drive with a buffer no larger than it takes to keep its dies busy, so that it is soon full, and
 * fewer and shorter blocks: rates and latencies depend on neither, and a small map is soon made. Not
 * so where what is cached is a share of the drive.
 */
function small(profile: SsdProfile, steady: boolean): SsdProfile {
  const { buffer, ftl } = profile;
  const bytes = Math.min(buffer.bytes, 2 * programBytes(profile));
  const drive = { ...profile, buffer: { ...buffer, bytes } };
  if (!steady) {
    const isWhole = ftl.cached_map !== undefined || profile.slc !== undefined;
    return isWhole ? drive : shrunkTo(drive, LOOP.units);
  }
  return shrunkTo({ ...drive, ftl: { ...ftl, initial_fill: 'steady' } }, LOOP.steadyUnits);
}

/** One figure, measured and simulated. */
export interface Comparison {
  readonly workload: Workload;
  readonly figure: string;
  readonly measured: number;
  readonly simulated: number;
  /** simulated / measured - 1. */
  readonly off: number;
}

export function compareTargets(profile: AnyProfile, targets: readonly Target[]): Comparison[] {
  return targets.flatMap((target) => {
    const figures = simulate(profile, target);
    return Object.entries(target.measured).map(([figure, measured]) => {
      const simulated = figures[figure] ?? NaN;
      return {
        workload: target.workload,
        figure,
        measured,
        simulated,
        off: simulated / measured - 1,
      };
    });
  });
}

/**
 * The logarithms of simulated over measured, one a figure, weighed so that the root of their squares'
 * sum is a root mean square: 0.05 is about 5 % off.
 */
export function targetResiduals(profile: AnyProfile, targets: readonly Target[]): number[] {
  const weights = targets.flatMap(weightsOf);
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  return compareTargets(profile, targets).map(
    (c, i) => Math.log(c.simulated / c.measured) * Math.sqrt(weights[i] / total),
  );
}

export function targetLoss(profile: AnyProfile, targets: readonly Target[]): number {
  const loss = Math.hypot(...targetResiduals(profile, targets));
  return Number.isFinite(loss) ? loss : 1e3;
}

/** A loop's percentiles count as one figure: there may be one of them, or a dozen. */
function weightsOf({ workload, measured }: Target): number[] {
  const names = Object.keys(measured);
  const isShare = (name: string): boolean => /^p[\d.]+_us$/.test(name);
  const shares = names.filter(isShare).length;
  return names.map((name) => (workload.run === 'loop' && isShare(name) ? 1 / shares : 1));
}

/** In words: what was run. */
export function describeWorkload(workload: Workload): string {
  switch (workload.run) {
    case 'random':
      return `4 KiB random ${workload.write ? 'write' : 'read'}, ${workload.outstanding} outstanding`;
    case 'diskinfo':
      return 'diskinfo -t';
    case 'sequential':
      return `sequential ${workload.write ? 'write' : 'read'} at ${workload.at}`;
    case 'loop': {
      const { kib, sequential, write, outstanding, steady } = workload;
      return (
        `${kib} KiB ${sequential ? 'sequential' : 'random'} ${write ? 'write' : 'read'}, ` +
        `${outstanding} outstanding${steady ? ', steady state' : ''}`
      );
    }
    case 'write-flush':
      return `write of ${workload.kib} KiB and flush`;
    default:
      return `flush after ${workload.writes} writes`;
  }
}

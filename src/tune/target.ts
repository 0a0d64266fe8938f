/** Measured figures, the workload that each was measured under, and how far a profile is off. */

import type { AnyProfile } from '../device/profile.ts';
import { mean, percentile, sorted } from '../measure/demerit.ts';
import { runDiskinfo } from '../workload/bare/diskinfo.ts';
import { runRandomLoop, type BareHost } from '../workload/bare/random-loop.ts';
import { runScatteredFlush, runSequential } from '../workload/bare/sequential.ts';

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
  | { readonly run: 'flush'; readonly writes: number };

/**
 * Figures by name. random: `iops`, `mean_ms`, `p1_ms` .. `p99_ms` (any percentile); diskinfo: its
 * lines; sequential: `MBps`; flush: `flush_ms`.
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

/** Root mean square of the logarithms of simulated over measured: 0.05 is about 5 % off. */
export function targetLoss(profile: AnyProfile, targets: readonly Target[]): number {
  const comparisons = compareTargets(profile, targets);
  const squares = comparisons.reduce((sum, c) => sum + Math.log(c.simulated / c.measured) ** 2, 0);
  const loss = Math.sqrt(squares / comparisons.length);
  return Number.isFinite(loss) ? loss : 1e3;
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
    default:
      return `flush after ${workload.writes} writes`;
  }
}

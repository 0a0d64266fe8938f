/** Losses of many points: on this thread, or on several. */

import type { HddProfile } from '../device/hdd/profile.ts';
import { WorkerPool } from '../sim/worker-pool.ts';
import { lossOf, type Measurement } from './measurement.ts';
import { profileAt, type Parameter } from './parameters.ts';

/** Plain data: what a point's loss is a function of. */
export interface Problem {
  readonly profile: HddProfile;
  readonly parameters: readonly Parameter[];
  readonly measurement: Measurement;
}

export interface Evaluator {
  /** @returns the points' losses, in their order, whoever computed them */
  losses(points: readonly (readonly number[])[]): Promise<number[]>;
  close(): Promise<void>;
}

/** Of a drive that no request list fits on, or that is none: far off, but a number. */
const HOPELESS = 1e6;

export function pointLoss(problem: Problem, point: readonly number[]): number {
  const loss = lossOf(profileAt(problem.profile, problem.parameters, point), problem.measurement);
  return Number.isFinite(loss) ? loss : HOPELESS;
}

export function onThisThread(problem: Problem): Evaluator {
  return {
    losses: (points) => Promise.resolve(points.map((point) => pointLoss(problem, point))),
    close: () => Promise.resolve(),
  };
}

/** Points are handed to whichever worker is idle; their losses do not depend on which. */
export function onWorkers(problem: Problem, count: number): Evaluator {
  const pool = new WorkerPool<readonly number[], number>(
    './worker',
    import.meta.url,
    count,
    problem,
  );
  return { losses: (points) => pool.run(points), close: () => pool.close() };
}

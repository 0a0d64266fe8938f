/** Residuals of many points: on this thread, or on several. */

import type { AnyProfile } from '../device/profile.ts';
import { WorkerPool } from '../sim/worker-pool.ts';
import { lossOfResiduals } from './least-squares.ts';
import { residualsOf, type Measurement } from './measurement.ts';
import type { Parameter } from './space.ts';
import { spaceOf } from './spaces.ts';

/** Plain data: what a point's loss is a function of. */
export interface Problem {
  readonly profile: AnyProfile;
  readonly parameters: readonly Parameter[];
  readonly measurement: Measurement;
}

export interface Evaluator {
  /** @returns the points' residuals, in their order, whoever computed them */
  residuals(points: readonly (readonly number[])[]): Promise<number[][]>;
  close(): Promise<void>;
}

/** Of a drive that no request list fits on, or that is none: far off, but a number. */
const HOPELESS = 1e6;

export function pointResiduals(problem: Problem, point: readonly number[]): number[] {
  const { profile, parameters, measurement } = problem;
  const drive = spaceOf(profile).profileAt(profile, parameters, point);
  const residuals = residualsOf(drive, measurement);
  return residuals.map((r) => (Number.isFinite(r) ? r : HOPELESS));
}

/** The loss of each point: how far off all of its figures are as one number. */
export async function lossesOf(
  evaluator: Evaluator,
  points: readonly (readonly number[])[],
): Promise<number[]> {
  return (await evaluator.residuals(points)).map(lossOfResiduals);
}

export function onThisThread(problem: Problem): Evaluator {
  return {
    residuals: (points) => Promise.resolve(points.map((point) => pointResiduals(problem, point))),
    close: () => Promise.resolve(),
  };
}

/** Points are handed to whichever worker is idle; their residuals do not depend on which. */
export function onWorkers(problem: Problem, count: number): Evaluator {
  const pool = new WorkerPool<readonly number[], number[]>(
    './worker',
    import.meta.url,
    count,
    problem,
  );
  return { residuals: (points) => pool.run(points), close: () => pool.close() };
}

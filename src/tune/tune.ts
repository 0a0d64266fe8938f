/**
 * Fitting a profile to a measurement by search over the simulator itself.
 *
 * First each parameter is moved alone: those that change nothing under this measurement are left as
 * they are and named, so that no number is called fitted that was not. Then CMA-ES, begun anew from
 * the best point with a larger generation whenever it has settled, until the evaluations are spent.
 */

import type { HddProfile } from '../device/hdd/profile.ts';
import { RandomStream } from '../sim/random.ts';
import { Cma } from './cma.ts';
import { onThisThread, onWorkers, type Evaluator, type Problem } from './evaluator.ts';
import { describeMeasurement, type Measurement } from './measurement.ts';
import { fittedProfile, parametersOf, startOf, type Parameter } from './parameters.ts';

export interface TuneOptions {
  readonly profile: HddProfile;
  readonly measurement: Measurement;
  /** Groups or dotted paths. */
  readonly fit: readonly string[];
  /** How many simulations; the result depends on nothing else. */
  readonly evaluations: number;
  readonly seed?: number;
  /** Worker threads; 0, the default, for none. */
  readonly workers?: number;
  /** Called after each generation; false ends the search (and with it, determinism). */
  readonly onProgress?: (done: number, bestLoss: number) => boolean;
}

export interface Tuned {
  readonly profile: HddProfile;
  readonly fitted: readonly Parameter[];
  /** Parameters that the measurement says nothing of. */
  readonly idle: readonly string[];
  readonly startLoss: number;
  readonly loss: number;
  readonly evaluations: number;
}

const FIRST_SPREAD = 0.15;
const SETTLED = 2e-4;

export async function tune(options: TuneOptions): Promise<Tuned> {
  const { profile, measurement, evaluations, seed = 1, workers = 0 } = options;
  const parameters = parametersOf(profile, options.fit);
  const problem: Problem = { profile, parameters, measurement };
  const evaluator = workers > 0 ? onWorkers(problem, workers) : onThisThread(problem);
  try {
    return await search(options, problem, evaluator, new RandomStream(seed, 'tune'), evaluations);
  } finally {
    await evaluator.close();
  }
}

async function search(
  { profile, measurement, onProgress }: TuneOptions,
  { parameters }: Problem,
  evaluator: Evaluator,
  random: RandomStream,
  evaluations: number,
): Promise<Tuned> {
  const start = parameters.map(startOf);
  const moved = start.flatMap((_, i) =>
    [-0.25, 0.25].map((by) =>
      start.map((x, j) => (i === j ? Math.min(1, Math.max(0, x + by)) : x)),
    ),
  );
  const [startLoss, ...movedLosses] = await evaluator.losses([start, ...moved]);
  let done = 1 + moved.length;
  const matters = parameters.map(
    (_, i) => movedLosses[2 * i] !== startLoss || movedLosses[2 * i + 1] !== startLoss,
  );
  const active = parameters.flatMap((_, i) => (matters[i] ? [i] : []));
  let best = start;
  let bestLoss = startLoss;
  movedLosses.forEach((loss, k) => {
    if (loss < bestLoss) [best, bestLoss] = [moved[k], loss];
  });
  const whole = (part: readonly number[]): number[] => {
    const point = [...start];
    active.forEach((i, k) => (point[i] = part[k]));
    return point;
  };
  let goesOn = active.length > 0 && (onProgress?.(done, bestLoss) ?? true);
  for (let round = 0; goesOn && done < evaluations; round++) {
    const first = new Cma(
      active.map((i) => best[i]),
      FIRST_SPREAD,
      random,
    );
    const cma =
      round === 0
        ? first
        : new Cma(first.bestPoint, FIRST_SPREAD, random, first.lambda << Math.min(round, 2));
    while (goesOn && done < evaluations && cma.spread > SETTLED) {
      const points = cma.ask();
      const losses = await evaluator.losses(points.map(whole));
      cma.tell(losses);
      done += points.length;
      if (cma.bestLoss < bestLoss) [best, bestLoss] = [whole(cma.bestPoint), cma.bestLoss];
      goesOn = onProgress?.(done, bestLoss) ?? true;
    }
  }
  const fitted = active.map((i) => parameters[i]);
  return {
    profile: fittedProfile(
      profile,
      fitted,
      active.map((i) => best[i]),
      `disktime tune, ${describeMeasurement(measurement)}`,
    ),
    fitted,
    idle: parameters.filter((_, i) => !matters[i]).map(({ name }) => name),
    startLoss,
    loss: bestLoss,
    evaluations: done,
  };
}

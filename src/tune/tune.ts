/**
 * Fitting a profile to a measurement by search over the simulator itself.
 *
 * Where figures follow smoothly from the parameters (flash), down the slope. Elsewhere first each
 * parameter is moved alone: those that change nothing under this measurement are left as they are and
 * named, so that no number is called fitted that was not. Then CMA-ES, begun anew from the best point
 * with a larger generation whenever it has settled, until the evaluations are spent.
 */

import type { AnyProfile } from '../device/profile.ts';
import { RandomStream } from '../sim/random.ts';
import { Cma } from './cma.ts';
import { lossesOf, onThisThread, onWorkers, type Evaluator, type Problem } from './evaluator.ts';
import { leastSquares } from './least-squares.ts';
import { describeMeasurement, type Measurement } from './measurement.ts';
import { parametersOf, startOf, type Parameter } from './space.ts';
import { spaceOf } from './spaces.ts';

export interface TuneOptions<P extends AnyProfile = AnyProfile> {
  readonly profile: P;
  readonly measurement: Measurement;
  /** Groups or dotted paths; those of the drive's kind by default. */
  readonly fit?: readonly string[] | undefined;
  /** How many simulations, by default those of the kind; the result depends on nothing else. */
  readonly evaluations?: number | undefined;
  readonly seed?: number;
  /** Worker threads; 0, the default, for none. */
  readonly workers?: number;
  /** Called after each generation; false ends the search (and with it, determinism). */
  readonly onProgress?: (done: number, bestLoss: number) => boolean;
}

export interface Tuned<P extends AnyProfile = AnyProfile> {
  readonly profile: P;
  readonly fitted: readonly Parameter[];
  /** Parameters that the measurement says nothing of. */
  readonly idle: readonly string[];
  readonly startLoss: number;
  readonly loss: number;
  readonly evaluations: number;
}

const FIRST_SPREAD = 0.15;
const SETTLED = 2e-4;

export async function tune<P extends AnyProfile>(options: TuneOptions<P>): Promise<Tuned<P>> {
  const space = spaceOf(options.profile);
  // What is asked for by name is fitted and nothing else.
  const others = options.fit === undefined ? (space.alternatives?.(options.profile) ?? []) : [];
  const starts = [options.profile, ...(others as P[])];
  const { evaluations = space.evaluations } = options;
  let best: Tuned<P> | undefined;
  let spent = 0;
  let goesOn = true;
  for (const profile of starts) {
    if (!goesOn) break;
    const tuned = await tuneFrom({
      ...options,
      profile,
      evaluations: evaluations / starts.length,
      onProgress: (done, loss) => {
        goesOn = options.onProgress?.(spent + done, Math.min(loss, best?.loss ?? Infinity)) ?? true;
        return goesOn;
      },
    });
    spent += tuned.evaluations;
    if (best === undefined || tuned.loss < (1 - WORTH) * best.loss) best = tuned;
  }
  return { ...best!, evaluations: spent };
}

/** What another start must gain of the loss to be taken. */
const WORTH = 0.05;

async function tuneFrom<P extends AnyProfile>(options: TuneOptions<P>): Promise<Tuned<P>> {
  const { profile, measurement, seed = 1, workers = 0 } = options;
  const space = spaceOf(profile);
  const { evaluations = space.evaluations } = options;
  const fit = options.fit ?? space.defaultFit(profile, measurement);
  const parameters = parametersOf(space, profile, fit);
  const problem: Problem = { profile, parameters, measurement };
  const evaluator = workers > 0 ? onWorkers(problem, workers) : onThisThread(problem);
  try {
    if (space.isSmooth) return await descend(options, problem, evaluator, evaluations);
    return await search(options, problem, evaluator, new RandomStream(seed, 'tune'), evaluations);
  } finally {
    await evaluator.close();
  }
}

async function search<P extends AnyProfile>(
  options: TuneOptions<P>,
  { parameters }: Problem,
  evaluator: Evaluator,
  random: RandomStream,
  evaluations: number,
): Promise<Tuned<P>> {
  const start = parameters.map(startOf);
  const moved = start.flatMap((_, i) =>
    [-0.25, 0.25].map((by) =>
      start.map((x, j) => (i === j ? Math.min(1, Math.max(0, x + by)) : x)),
    ),
  );
  const [startLoss, ...movedLosses] = await lossesOf(evaluator, [start, ...moved]);
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
  let goesOn = active.length > 0 && (options.onProgress?.(done, bestLoss) ?? true);
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
      const losses = await lossesOf(evaluator, points.map(whole));
      cma.tell(losses);
      done += points.length;
      if (cma.bestLoss < bestLoss) [best, bestLoss] = [whole(cma.bestPoint), cma.bestLoss];
      goesOn = options.onProgress?.(done, bestLoss) ?? true;
    }
  }
  return tunedTo(options, parameters, matters, best, {
    startLoss,
    loss: bestLoss,
    evaluations: done,
  });
}

/** From the start down the slope. */
async function descend<P extends AnyProfile>(
  options: TuneOptions<P>,
  { parameters }: Problem,
  evaluator: Evaluator,
  most: number,
): Promise<Tuned<P>> {
  const start = parameters.map(startOf);
  const [startLoss] = await lossesOf(evaluator, [start]);
  const { point, loss, matters, evaluations } = await leastSquares(
    start,
    (points) => evaluator.residuals(points),
    most - 1,
    (done, best) => options.onProgress?.(done, best) ?? true,
  );
  return tunedTo(options, parameters, matters, point, { startLoss, loss, evaluations });
}

function tunedTo<P extends AnyProfile>(
  { profile, measurement }: TuneOptions<P>,
  parameters: readonly Parameter[],
  matters: readonly boolean[],
  point: readonly number[],
  figures: { startLoss: number; loss: number; evaluations: number },
): Tuned<P> {
  const active = parameters.flatMap((_, i) => (matters[i] ? [i] : []));
  const fitted = active.map((i) => parameters[i]);
  return {
    profile: spaceOf(profile).fittedProfile(
      profile,
      fitted,
      active.map((i) => point[i]),
      `disktime tune, ${describeMeasurement(measurement)}`,
    ) as P,
    fitted,
    idle: parameters.filter((_, i) => !matters[i]).map(({ name }) => name),
    ...figures,
  };
}

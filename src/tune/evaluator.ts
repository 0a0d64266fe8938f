/** Losses of many points: on this thread, or on several. */

import { Worker } from 'node:worker_threads';
import type { HddProfile } from '../device/hdd/profile.ts';
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

/**
 * What a worker starts with. From sources it first has to learn to read them: tsx teaches only the
 * main thread by itself.
 */
function entry(): URL {
  if (!import.meta.url.endsWith('.ts')) return new URL('./worker.js', import.meta.url);
  const worker = JSON.stringify(new URL('./worker.ts', import.meta.url));
  const tsx = JSON.stringify(import.meta.resolve('tsx/esm/api'));
  const lines = `import { register } from ${tsx}; register(); await import(${worker});`;
  return new URL(`data:text/javascript,${encodeURIComponent(lines)}`);
}

interface Answer {
  readonly job: number;
  readonly loss: number;
}

/** Points are handed to whichever worker is idle; their losses do not depend on which. */
export function onWorkers(problem: Problem, count: number): Evaluator {
  const workers = Array.from({ length: count }, () => {
    return new Worker(entry(), { workerData: problem });
  });
  return {
    losses: (points) =>
      new Promise((resolve, reject) => {
        const losses = points.map(() => NaN);
        let next = 0;
        let missing = points.length;
        const give = (worker: Worker): void => {
          // oxlint-disable-next-line unicorn/require-post-message-target-origin -- threads have none
          if (next < points.length) worker.postMessage({ job: next, point: points[next++] });
        };
        for (const worker of workers) {
          worker.removeAllListeners();
          worker.on('error', reject);
          worker.on('message', ({ job, loss }: Answer) => {
            losses[job] = loss;
            if (--missing === 0) resolve(losses);
            else give(worker);
          });
          give(worker);
        }
      }),
    close: async () => {
      await Promise.all(workers.map((worker) => worker.terminate()));
    },
  };
}

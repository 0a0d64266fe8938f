/** A worker thread of tune: points in, residuals out. */

import { parentPort, workerData } from 'node:worker_threads';
import { pointResiduals, type Problem } from './evaluator.ts';

const problem = workerData as Problem;

parentPort?.on('message', ({ job, input }: { job: number; input: readonly number[] }) => {
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- threads have none
  parentPort?.postMessage({ job, answer: pointResiduals(problem, input) });
});

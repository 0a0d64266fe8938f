/** A worker thread of the published tables: columns in, runs out. */

import { parentPort } from 'node:worker_threads';
import type { RunResult } from '../../measure/run-result.ts';
import type { WorkerMessage } from '../../sim/worker-pool.ts';
import { type ColumnJob, runColumn } from './job.ts';

function send(message: WorkerMessage<RunResult>): void {
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- threads have none
  parentPort?.postMessage(message);
}

parentPort?.on('message', ({ job, input }: { job: number; input: ColumnJob }) => {
  const what = `${input.scenario.name} ${input.way}`;
  const answer = runColumn(input, (nowNs) => {
    send({ job, progress: `${what}, ${(nowNs / 1e9).toFixed(0)} s simulated` });
  });
  send({ job, answer });
});

/** Runs of many columns side by side, until all are done or a person interrupts them. */

import type { RunResult } from '../../measure/run-result.ts';
import { WorkerPool } from '../../sim/worker-pool.ts';
import type { ColumnJob } from './job.ts';

/**
 * @param onRun told of each run as it ends
 * @param onProgress told how many are done, and what is under way
 * @returns false when SIGINT ended it early
 */
export async function runColumnsOnWorkers(
  jobs: ReadonlyMap<string, ColumnJob>,
  threads: number,
  onRun: (key: string, run: RunResult) => void,
  onProgress: (done: number, what: string) => void,
): Promise<boolean> {
  const keys = [...jobs.keys()];
  const count = Math.min(threads, jobs.size);
  const pool = new WorkerPool<ColumnJob, RunResult>('./worker', import.meta.url, count);
  let interrupt = () => {};
  const interrupted = new Promise<false>((resolve) => {
    interrupt = () => resolve(false);
  });
  process.once('SIGINT', interrupt);
  let done = 0;
  const all = pool.run([...jobs.values()], (message) => {
    if ('answer' in message) {
      done++;
      onRun(keys[message.job], message.answer);
    } else {
      onProgress(done, message.progress);
    }
  });
  try {
    return await Promise.race([all.then(() => true as const), interrupted]);
  } finally {
    process.removeListener('SIGINT', interrupt);
    await pool.close();
  }
}

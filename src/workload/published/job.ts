/** One column of a published table, run: plain data in, what was measured out. */

import type { RunResult } from '../../measure/run-result.ts';
import { findWay } from '../../mm/pageout/registry.ts';
import { parseDrives } from '../drives.ts';
import { runScenario } from '../run-scenario.ts';
import type { Scenario } from '../scenario.ts';

export interface ColumnJob {
  readonly scenario: Scenario;
  readonly device: string;
  readonly generation: string;
  readonly scheduler: string;
  readonly way: string;
  readonly seed: number;
}

/** @param onStep called now and then with the simulated time */
export function runColumn(job: ColumnJob, onStep: (nowNs: number) => void): RunResult {
  const { scenario, generation, scheduler, seed } = job;
  const { name: deviceName, profile, stack } = parseDrives(job.device);
  const way = findWay(job.way);
  return runScenario(scenario, {
    profile,
    deviceName,
    stack,
    generation,
    scheduler,
    way,
    seed,
    onStep,
  });
}

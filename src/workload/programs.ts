/** The programs of a scenario: from fio job files, recorded traces, or plain memory takers. */

import { resolve } from 'node:path';
import type { Program } from '../mm/file-calls.ts';
import { readJobFile } from './fio/job-file.ts';
import type { Scenario } from './scenario.ts';
import { readTrace, splitTraceName } from './trace/registry.ts';
import { replayPrograms } from './trace/replay.ts';

type ProgramSpec = Scenario['programs'][number];

/**
 * The programs, phase by phase: those of one phase run side by side, and the next begins when all
 * of them have ended. Every entry of the scenario begins in the first; only job files have more.
 * @param seed for job files that give none
 * @throws InputError naming file and line
 */
export function phasesOf(scenario: Scenario, seed: number): Program[][] {
  const phases: Program[][] = [[]];
  for (const spec of scenario.programs) {
    for (const [i, programs] of phasesOfSpec(spec, scenario.folder, seed).entries()) {
      (phases[i] ??= []).push(...programs);
    }
  }
  return phases;
}

function phasesOfSpec(spec: ProgramSpec, folder: string, seed: number): Program[][] {
  switch (spec.kind) {
    case 'fio':
      return readJobFile(resolve(folder, spec.file), { seed }).phases;
    case 'trace': {
      const { format, path } = splitTraceName(spec.file);
      const prefix = format === undefined ? '' : `${format.name}:`;
      return [replayPrograms(readTrace(prefix + resolve(folder, path)))];
    }
    default: {
      const { size, order } = spec;
      return [[{ name: 'allocate', run: (calls) => calls.allocate(size, order) }]];
    }
  }
}

/** The jobs of a fio job file. */

import { resolve } from 'node:path';
import * as z from 'zod';
import type { Program } from '../../mm/file-calls.ts';
import { SECOND } from '../../sim/units.ts';
import { readJobFile } from '../fio/job-file.ts';
import { programKind } from './kind.ts';
import type { Scores } from './scores.ts';

export const fio = programKind(
  z.strictObject({
    kind: z.literal('fio'),
    file: z.string().meta({ description: 'A fio job file, relative to the scenario.' }),
    scores: z.boolean().default(false).meta({
      description: 'Whether how long each job took is a score: JOB.s.',
    }),
  }),
  (spec, { folder, seed, scores }) => {
    const { phases } = readJobFile(resolve(folder, spec.file), { seed });
    if (!spec.scores) return phases;
    return phases.map((programs) => programs.map((program) => timed(program, scores)));
  },
);

function timed(program: Program, scores: Scores): Program {
  return {
    name: program.name,
    *run(calls) {
      const startedNs = calls.nowNs();
      yield* program.run(calls);
      scores.add(`${program.name}.s`, (calls.nowNs() - startedNs) / SECOND);
    },
  };
}

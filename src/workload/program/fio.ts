/** The jobs of a fio job file. */

import { resolve } from 'node:path';
import * as z from 'zod';
import { readJobFile } from '../fio/job-file.ts';
import { programKind } from './kind.ts';

export const fio = programKind(
  z.strictObject({
    kind: z.literal('fio'),
    file: z.string().meta({ description: 'A fio job file, relative to the scenario.' }),
  }),
  (spec, { folder, seed }) => readJobFile(resolve(folder, spec.file), { seed }).phases,
);

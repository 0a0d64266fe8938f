/** The programs of a recorded trace, replayed. */

import { resolve } from 'node:path';
import * as z from 'zod';
import { readTrace, splitTraceName } from '../trace/registry.ts';
import { replayPrograms } from '../trace/replay.ts';
import { programKind } from './kind.ts';

export const trace = programKind(
  z.strictObject({
    kind: z.literal('trace'),
    file: z.string().meta({ description: 'A recorded trace, relative to the scenario.' }),
  }),
  (spec, { folder }) => {
    const { format, path } = splitTraceName(spec.file);
    const prefix = format === undefined ? '' : `${format.name}:`;
    return [replayPrograms(readTrace(prefix + resolve(folder, path)))];
  },
);

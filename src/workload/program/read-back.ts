/** Reads a file from its beginning to its end when all programs are done and everything is on the disk. */

import * as z from 'zod';
import { MIB, SECOND } from '../../sim/units.ts';
import { programKind, size } from './kind.ts';

/** What cat and cp read at a time. */
const BLOCK_BYTES = 64 << 10;

export const readBack = programKind(
  z.strictObject({
    kind: z.literal('read-back'),
    file: z.string(),
    size,
  }),
  (spec, { scores }) => [
    [],
    [
      {
        name: 'read-back',
        *run(calls) {
          yield* calls.sync();
          const startedNs = calls.nowNs();
          const file = calls.open(spec.file, spec.size);
          for (let at = 0; at < spec.size; at += BLOCK_BYTES) {
            yield* calls.read(file, at, Math.min(BLOCK_BYTES, spec.size - at));
          }
          yield* calls.close(file);
          const seconds = (calls.nowNs() - startedNs) / SECOND;
          scores.add('read-back.mib_per_s', spec.size / MIB / seconds);
        },
      },
    ],
  ],
);

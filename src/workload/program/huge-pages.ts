/**
 * stress-highalloc (Gorman, MMTests): while other programs run, asks for the whole of memory in
 * huge pages, one after another, and keeps what it gets. Its score is the share of tries that
 * succeeded. Published runs did it twice beside builds and once at rest.
 */

import * as z from 'zod';
import { PAGE_BYTES } from '../../sim/units.ts';
import { programKind } from './kind.ts';

const MS = 1_000_000;

export const hugePages = programKind(
  z.strictObject({
    kind: z.literal('huge-pages'),
    order: z.number().int().min(1).max(10).default(9),
    share: z.number().min(0).max(1).default(1).meta({ description: 'Of memory, in tries.' }),
    start_s: z.number().min(0).default(0).meta({ description: 'When it begins.' }),
    pause_ms: z.number().min(0).default(0).meta({ description: 'Between two tries.' }),
  }),
  (spec, { memoryBytes, scores }) => [
    [
      {
        name: 'huge-pages',
        *run(calls) {
          yield* calls.sleepNs(spec.start_s * 1000 * MS);
          const blockBytes = PAGE_BYTES * 2 ** spec.order;
          const tries = Math.floor((memoryBytes * spec.share) / blockBytes);
          let got = 0;
          for (let i = 0; i < tries; i++) {
            const startedNs = calls.nowNs();
            if (yield* calls.tryAllocate(spec.order)) got++;
            scores.add('huge-pages.latency_ms', (calls.nowNs() - startedNs) / MS);
            if (spec.pause_ms > 0) yield* calls.sleepNs(spec.pause_ms * MS);
          }
          scores.add('huge-pages.success_percent', (100 * got) / tries);
        },
      },
    ],
  ],
);

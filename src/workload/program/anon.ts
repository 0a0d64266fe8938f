/**
 * Programs that write memory of their own, round after round, without touching a file: in order, or
 * at random places. What does not fit goes to swap.
 */

import * as z from 'zod';
import type { Program } from '../../mm/file-calls.ts';
import { RandomStream } from '../../sim/random.ts';
import { PAGE_BYTES } from '../../sim/units.ts';
import { programKind, size, threads } from './kind.ts';

export const anon = programKind(
  z.strictObject({
    kind: z.literal('anon'),
    threads: threads.default(1),
    size: size.meta({ description: 'Of each program.' }),
    rounds: z.number().int().min(1).default(1).meta({
      description: 'How often every page is written, or as many writes at random places.',
    }),
    pattern: z.enum(['sequential', 'random']).default('sequential'),
    think_us: z.number().min(0).default(0).meta({ description: 'Between two pages.' }),
  }),
  (spec, { seed }) => [
    Array.from({ length: spec.threads }, (_, thread): Program => {
      const pages = Math.ceil(spec.size / PAGE_BYTES);
      return {
        name: `anon.${thread}`,
        *run(calls) {
          const stream = new RandomStream(seed, `anon.${thread}`);
          const region = calls.mapAnon(spec.size);
          for (let n = 0; n < spec.rounds * pages; n++) {
            const page = spec.pattern === 'random' ? stream.below(pages) : n % pages;
            yield* calls.touchAnon(region, page * PAGE_BYTES, PAGE_BYTES, true);
            if (spec.think_us > 0) yield* calls.sleepNs(spec.think_us * 1000);
          }
          calls.unmapAnon(region);
        },
      };
    }),
  ],
);

/** A program that takes memory and keeps it. */

import * as z from 'zod';
import { programKind, size } from './kind.ts';

export const allocate = programKind(
  z.strictObject({
    kind: z.literal('allocate'),
    size: size.meta({ description: 'Memory the program takes.' }),
    order: z.number().int().min(0).max(10).default(0),
    lowmem: z.boolean().default(false).meta({
      description: "Not from high memory, as the kernel's own (i386 with more than 896 MiB).",
    }),
  }),
  (spec) => [
    [{ name: 'allocate', run: (calls) => calls.allocate(spec.size, spec.order, spec.lowmem) }],
  ],
);

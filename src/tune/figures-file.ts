/** Figures gathered by hand - a review's, a forum's, diskinfo's - as a JSON file of targets. */

import * as z from 'zod';
import { checkJson, readJsonText } from '../sim/json-file.ts';
import type { Target } from './target.ts';

const host = z
  .strictObject({ generation: z.string(), elevator: z.string(), queueDepth: z.int().min(1) })
  .partial()
  .optional();

const workload = z.discriminatedUnion('run', [
  z.strictObject({
    run: z.literal('random'),
    write: z.boolean().default(false),
    outstanding: z.int().min(1),
    seconds: z.number().positive().default(60),
    host,
  }),
  z.strictObject({
    run: z.literal('diskinfo'),
    sectorBytes: z.int().min(512).optional(),
    hostNs: z.number().min(0).optional(),
  }),
  z.strictObject({
    run: z.literal('sequential'),
    write: z.boolean().default(false),
    at: z.number().min(0).max(1).default(0),
    mib: z.number().positive().default(256),
  }),
  z.strictObject({ run: z.literal('flush'), writes: z.int().min(1) }),
  z.strictObject({
    run: z.literal('loop'),
    write: z.boolean().default(false),
    outstanding: z.int().min(1),
    kib: z.number().positive().multipleOf(0.5).default(4),
    sequential: z.boolean().default(false),
    hostUs: z.number().min(0).default(0),
    steady: z.boolean().default(false),
  }),
  z.strictObject({ run: z.literal('write-flush'), kib: z.number().min(0.5).multipleOf(0.5) }),
]);

/** The file: what was run, what was measured, and who says so. */
export const figuresSchema = z.strictObject({
  $schema: z.string().optional(),
  source: z.string(),
  targets: z
    .array(
      z.strictObject({
        workload,
        measured: z.record(
          z.string().regex(/^(iops|mean_[mu]s|p[\d.]+_[mu]s|MBps|flush_ms|\w+_ms|\w+_kBps)$/),
          z.number().positive(),
        ),
      }),
    )
    .min(1),
});

/** @throws InputError naming file, line and field */
export function readFigures(file: string): Target[] {
  return checkJson(readJsonText(file), figuresSchema).targets;
}

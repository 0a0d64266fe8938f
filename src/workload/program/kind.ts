/** What a kind of program is: how a scenario names it, and the programs it stands for. */

import * as z from 'zod';
import type { Program } from '../../mm/file-calls.ts';
import { InputError } from '../../sim/input-error.ts';
import { parseSize } from '../../sim/units.ts';
import type { Scores } from './scores.ts';

/** What programs are made for. */
export interface ProgramContext {
  /** Folder that file names are relative to. */
  readonly folder: string;
  /** For random streams; a job file may give its own. */
  readonly seed: number;
  /** RAM of the machine, bytes. */
  readonly memoryBytes: number;
  /** Where a program says how fast it got on. */
  readonly scores: Scores;
}

export interface ProgramKind<Schema extends z.ZodType> {
  /** An entry of a scenario's `programs`; its literal `kind` is the kind's name. */
  readonly schema: Schema;
  /** Phase by phase: the programs of one run side by side, the next begins when all have ended. */
  phases(spec: z.output<Schema>, context: ProgramContext): Program[][];
}

/** Ties a schema to what reads it. */
export function programKind<Schema extends z.ZodType>(
  schema: Schema,
  phases: (spec: z.output<Schema>, context: ProgramContext) => Program[][],
): ProgramKind<Schema> {
  return { schema, phases };
}

/** A size with a suffix, as "64m", to bytes. */
export const size = z.string().transform((text, ctx) => {
  try {
    return parseSize(text, 'size');
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    ctx.addIssue({ code: 'custom', message: error.message.replace(/^size: /, '') });
    return z.NEVER;
  }
});

/** How many programs of one sort run side by side. */
export const threads = z.number().int().min(1).max(10_000);

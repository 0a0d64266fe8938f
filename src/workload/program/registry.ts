/** Every kind of program. A new one is a file and one line here. */

import * as z from 'zod';
import type { Program } from '../../mm/file-calls.ts';
import { allocate } from './allocate.ts';
import { anon } from './anon.ts';
import { compile } from './compile.ts';
import { fio } from './fio.ts';
import { fsmark } from './fsmark.ts';
import { hugePages } from './huge-pages.ts';
import type { ProgramContext, ProgramKind } from './kind.ts';
import { mmapStream } from './mmap-stream.ts';
import { oltp } from './oltp.ts';
import { readBack } from './read-back.ts';
import { trace } from './trace.ts';

const kinds = [
  allocate,
  anon,
  compile,
  fio,
  fsmark,
  hugePages,
  mmapStream,
  oltp,
  readBack,
  trace,
] as const;

type Schema = (typeof kinds)[number]['schema'];

/** An entry of a scenario's `programs`. */
export const programSchema = z.discriminatedUnion(
  'kind',
  kinds.map(({ schema }) => schema) as [Schema, ...Schema[]],
);

export type ProgramSpec = z.output<typeof programSchema>;

/**
 * The programs, phase by phase. Every entry begins in the first phase; some have more.
 * @throws InputError naming file and line
 */
export function phasesOf(specs: readonly ProgramSpec[], context: ProgramContext): Program[][] {
  const phases: Program[][] = [[]];
  for (const spec of specs) {
    for (const [i, programs] of kindOf(spec).phases(spec, context).entries()) {
      (phases[i] ??= []).push(...programs);
    }
  }
  return phases;
}

function kindOf(spec: ProgramSpec): ProgramKind<z.ZodType<ProgramSpec>> {
  const kind = kinds.find(({ schema }) => schema.shape.kind.value === spec.kind);
  return kind as unknown as ProgramKind<z.ZodType<ProgramSpec>>;
}

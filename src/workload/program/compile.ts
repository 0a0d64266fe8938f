/**
 * kernbench: `make -j` over a source tree. Each job takes the next file, reads it and headers that
 * all share, works in memory of its own for a while, and writes an object file; in the end one
 * program reads the objects and links them. Sizes are of a kernel tree of 2010, a default build on
 * x86-64: about 1,200 objects of 60 KiB from sources of 20 KiB, and 30 MiB of compiler a job.
 * Assumptions, all of them: no trace of such a build is at hand.
 */

import * as z from 'zod';
import type { FileCalls, Program } from '../../mm/file-calls.ts';
import { RandomStream } from '../../sim/random.ts';
import type { Sleeping } from '../../sim/task.ts';
import { programKind, size, threads } from './kind.ts';

const MS = 1_000_000;
/** A compiler touches its memory in steps of this size, with a share of its thinking between. */
const STEP_BYTES = 1 << 20;

const schema = z.strictObject({
  kind: z.literal('compile'),
  threads: threads.default(4).meta({ description: 'make -j.' }),
  trees: z.number().int().min(1).default(1).meta({ description: 'Builds side by side.' }),
  builds: z.number().int().min(1).default(1).meta({ description: 'Builds one after the other.' }),
  objects: z.number().int().min(1).default(1200),
  source: size.default(20 << 10),
  object: size.default(60 << 10),
  headers: size.default(12 << 20).meta({ description: 'All headers together.' }),
  headers_read: size.default(600 << 10).meta({ description: 'Of them, by each job.' }),
  compiler: size.default(30 << 20).meta({ description: 'Memory that a job works in.' }),
  cpu_ms: z.number().min(0).default(300).meta({ description: 'Of a job.' }),
});

type Spec = z.output<typeof schema>;

export const compile = programKind(schema, (spec, { seed, scores }) =>
  Array.from({ length: spec.builds }, (_build, build) =>
    Array.from({ length: spec.trees }, (_tree, tree) => {
      const shared = { next: 0, running: 0, startedNs: 0 };
      const name = `compile.${tree}`;
      return Array.from({ length: spec.threads }, (_thread, thread): Program => ({
        name: `${name}.${thread}`,
        *run(calls) {
          if (shared.running++ === 0) shared.startedNs = calls.nowNs();
          const stream = new RandomStream(seed, `${name}.${thread}.${build}`);
          while (shared.next < spec.objects) {
            yield* compileOne(calls, spec, name, shared.next++, stream);
          }
          if (--shared.running > 0) return;
          yield* link(calls, spec, name);
          scores.add('compile.build_s', (calls.nowNs() - shared.startedNs) / 1e9);
        },
      }));
    }).flat(),
  ),
);

function* compileOne(
  calls: FileCalls,
  spec: Spec,
  tree: string,
  n: number,
  stream: RandomStream,
): Sleeping<void> {
  yield* readWhole(calls, `${tree}/source.${n}`, 0, spec.source);
  const headers = calls.open(`${tree}/headers`, spec.headers);
  const CHUNK = 16 << 10;
  for (let read = 0; read < spec.headers_read; read += CHUNK) {
    const at = stream.below(Math.max(1, Math.floor(spec.headers / CHUNK))) * CHUNK;
    yield* calls.read(headers, at, CHUNK);
  }
  yield* calls.close(headers);
  const memory = calls.mapAnon(spec.compiler);
  const steps = Math.max(1, Math.ceil(spec.compiler / STEP_BYTES));
  for (let step = 0; step < steps; step++) {
    yield* calls.touchAnon(memory, step * STEP_BYTES, STEP_BYTES, true);
    yield* calls.sleepNs((spec.cpu_ms * MS) / steps);
  }
  const object = calls.open(`${tree}/object.${n}`, 0);
  yield* calls.write(object, 0, spec.object);
  yield* calls.close(object);
  calls.unmapAnon(memory);
}

function* link(calls: FileCalls, spec: Spec, tree: string): Sleeping<void> {
  for (let n = 0; n < spec.objects; n++) {
    yield* readWhole(calls, `${tree}/object.${n}`, 0, spec.object);
  }
  const image = calls.open(`${tree}/image`, 0);
  yield* calls.write(image, 0, spec.objects * spec.object);
  yield* calls.close(image);
}

function* readWhole(calls: FileCalls, name: string, at: number, bytes: number): Sleeping<void> {
  const file = calls.open(name, at + bytes);
  yield* calls.read(file, at, bytes);
  yield* calls.close(file);
}

/**
 * fs_mark (Ric Wheeler): each loop, every thread creates its files one after another, writes each
 * from beginning to end and closes it; how many files a second a loop got done is its score. As
 * `-S0`: nothing is synced. Directories and metadata are not modelled.
 */

import * as z from 'zod';
import type { FileCalls, Program } from '../../mm/file-calls.ts';
import type { Sleeping } from '../../sim/task.ts';
import { SECOND } from '../../sim/units.ts';
import { programKind, size, threads } from './kind.ts';

export const fsmark = programKind(
  z.strictObject({
    kind: z.literal('fsmark'),
    threads: threads.default(1).meta({ description: 'fs_mark -t.' }),
    files: z.number().int().min(1).meta({ description: 'fs_mark -n: a thread and loop.' }),
    loops: z.number().int().min(1).default(1).meta({ description: 'fs_mark -L.' }),
    size: size.meta({ description: 'fs_mark -s: of each file.' }),
    directories: z.number().int().min(1).default(1).meta({ description: 'fs_mark -D.' }),
    files_per_directory: z.number().int().min(1).default(150).meta({
      description: 'fs_mark -N: files of a thread before it goes on to the next directory.',
    }),
    write: size.default(16384).meta({ description: 'fs_mark -w: bytes a write(2).' }),
  }),
  (spec, { scores }) =>
    Array.from({ length: spec.loops }, (_, loop) => {
      let running = 0;
      let startNs = 0;
      const done = (calls: FileCalls) => {
        if (--running > 0) return;
        const files = spec.threads * spec.files;
        scores.add('fsmark.files_per_s', (files * SECOND) / (calls.nowNs() - startNs));
      };
      return Array.from({ length: spec.threads }, (_thread, thread): Program => ({
        name: `fsmark.${thread}`,
        *run(calls) {
          if (running++ === 0) startNs = calls.nowNs();
          for (let n = 0; n < spec.files; n++) {
            const made = loop * spec.files + n;
            const directory = Math.floor(made / spec.files_per_directory) % spec.directories;
            const name = `fsmark/${directory}/${thread}.${loop}.${n}`;
            yield* makeFile(calls, name, spec.size, spec.write);
          }
          done(calls);
        },
      }));
    }),
);

function* makeFile(calls: FileCalls, name: string, bytes: number, write: number): Sleeping<void> {
  const file = calls.open(name, 0);
  for (let at = 0; at < bytes; at += write) {
    yield* calls.write(file, at, Math.min(write, bytes - at));
  }
  yield* calls.close(file);
}

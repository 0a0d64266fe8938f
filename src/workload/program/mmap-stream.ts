/**
 * MMTests' micro: programs that store through a mapping into a file from its beginning to its end,
 * and then do so into memory of their own and another file by turns. Both files are made by truncate,
 * so that nothing of them is read. That the second stage has a file of its own is an assumption: what
 * was published of it is its title.
 */

import * as z from 'zod';
import type { Program } from '../../mm/file-calls.ts';
import { PAGE_BYTES } from '../../sim/units.ts';
import { programKind, size, threads } from './kind.ts';

export const mmapStream = programKind(
  z.strictObject({
    kind: z.literal('mmap-stream'),
    threads: threads.default(1),
    file: size.meta({ description: 'Bytes stored into the file, by all threads together.' }),
    anon: size.default(0).meta({ description: 'Memory of their own, by all threads together.' }),
    mix: size.default(0).meta({
      description: 'Bytes stored into a second file, by turns with that memory.',
    }),
    page_us: z.number().min(0).default(2).meta({ description: 'Processor time a page.' }),
  }),
  (spec) => [
    Array.from({ length: spec.threads }, (_, thread): Program => {
      const pages = Math.floor(spec.file / spec.threads / PAGE_BYTES);
      const mixPages = Math.floor(spec.mix / spec.threads / PAGE_BYTES);
      const anonPages = Math.floor(spec.anon / spec.threads / PAGE_BYTES);
      return {
        name: `mmap-stream.${thread}`,
        *run(calls) {
          const file = calls.open(`mmap-stream.${thread}`, 0);
          yield* calls.truncate(file, pages * PAGE_BYTES);
          for (let page = 0; page < pages; page++) {
            yield* calls.touch(file, page * PAGE_BYTES, PAGE_BYTES);
            yield* calls.sleepNs(spec.page_us * 1000);
          }
          yield* calls.close(file);
          const mix = calls.open(`mmap-stream.${thread}.mix`, 0);
          yield* calls.truncate(mix, mixPages * PAGE_BYTES);
          const region = calls.mapAnon(Math.max(1, anonPages) * PAGE_BYTES);
          for (let page = 0; page < mixPages; page++) {
            if (anonPages > 0) {
              yield* calls.touchAnon(region, (page % anonPages) * PAGE_BYTES, PAGE_BYTES, true);
            }
            yield* calls.touch(mix, page * PAGE_BYTES, PAGE_BYTES);
            yield* calls.sleepNs(spec.page_us * 1000);
          }
          calls.unmapAnon(region);
          yield* calls.close(mix);
        },
      };
    }),
  ],
);
